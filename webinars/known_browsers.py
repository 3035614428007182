"""Browsers in which somebody has signed in before.

Limits that are counted by person would let a stranger, by guessing wrong on purpose, shut that person out. So a
browser that has been theirs carries a signed cookie, and what is tried in it is counted apart. It opens nothing by
itself.
"""

import secrets
from typing import Any

from django.conf import settings
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.crypto import salted_hmac

SALT = "webinars.known_browsers"
LIFE_SECONDS = 365 * 24 * 3600
MOST_PEOPLE = 5


def cookie_name() -> str:
    return ("__Host-" if settings.SESSION_COOKIE_SECURE else "") + "eventflow_browser"


def remember_browser(request: HttpRequest, response: HttpResponseBase, address: str) -> None:
    """After `address` signed in. Kept as a fingerprint, so that the cookie names nobody."""
    number, people = _read(request)
    mark = _mark(address)
    kept = [mark, *(one for one in people if one != mark)][:MOST_PEOPLE]
    response.set_cookie(
        cookie_name(),
        signing.dumps([number or secrets.token_hex(8), kept], salt=SALT),
        max_age=LIFE_SECONDS,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def known_browser(request: HttpRequest, address: str) -> str:
    """What this browser is counted by when it has been that person's, else nothing."""
    number, people = _read(request)
    return number if _mark(address) in people else ""


def _read(request: HttpRequest) -> tuple[str, list[str]]:
    try:
        number, people = signing.loads(request.COOKIES.get(cookie_name(), ""), salt=SALT, max_age=LIFE_SECONDS)
    except (signing.BadSignature, ValueError, TypeError):
        return "", []
    return str(number), list(people)


def _mark(address: str) -> Any:
    return salted_hmac(SALT, address.strip().lower()).hexdigest()[:16]
