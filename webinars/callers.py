"""Whom a browser stands for in one webinar, by its cookies: somebody signed in, somebody who typed an address, or a
guest (spec 3)."""

import uuid
from dataclasses import dataclass

from django.http import HttpRequest

from webinars.guests import guest_id_of
from webinars.models import User, Webinar
from webinars.selectors.access import admits_by_address
from webinars.unproven import remembers_any, unproven_user_id


@dataclass(frozen=True)
class Caller:
    """`proven` is false for who only typed an address."""

    user_id: uuid.UUID | None = None
    guest_id: str | None = None
    proven: bool = True


def caller_of(request: HttpRequest, w: str) -> Caller:
    """Whoever is signed in comes first; a typed address counts where people enter by address. No query, but one for
    who typed an address in some webinar."""
    if isinstance(request.user, User):
        return Caller(request.user.pk)
    if remembers_any(request):
        webinar = Webinar.objects.by_ref(w).only("access_policy").first()
        if webinar is not None and admits_by_address(webinar) and (user_id := unproven_user_id(request, webinar.pk)):
            return Caller(user_id, proven=False)
    return Caller(guest_id=guest_id_of(request))
