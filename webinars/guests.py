"""Guests of `open` webinars: known by a signed cookie, without an account and without a row (spec 3)."""

import re
import uuid

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from webinars.services.live_pass import GUEST_PREFIX

LIFE_SECONDS = 30 * 24 * 3600
FORM = re.compile(rf"^{GUEST_PREFIX}[0-9a-f]{{32}}$")


def guest_id_of(request: HttpRequest) -> str | None:
    value = request.get_signed_cookie(settings.GUEST_COOKIE_NAME, default=None, max_age=LIFE_SECONDS)
    return value if isinstance(value, str) and FORM.match(value) else None


def new_guest_id() -> str:
    return f"{GUEST_PREFIX}{uuid.uuid4().hex}"


def remember_guest(response: HttpResponse, guest_id: str) -> None:
    response.set_signed_cookie(
        settings.GUEST_COOKIE_NAME,
        guest_id,
        max_age=LIFE_SECONDS,
        httponly=True,
        samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )
