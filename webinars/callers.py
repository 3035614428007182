"""Whom a browser stands for in one webinar, by its cookies: somebody signed in, somebody who typed an address, or a
guest (spec 3)."""

import uuid
from dataclasses import dataclass

from django.http import HttpRequest

from webinars.guests import guest_id_of
from webinars.models import User, Webinar
from webinars.unproven import remembers_any, unproven_user_id


@dataclass(frozen=True)
class Caller:
    """`proven` is false for who only typed an address."""

    user_id: uuid.UUID | None = None
    guest_id: str | None = None
    proven: bool = True


def caller_of(request: HttpRequest, w: str) -> Caller:
    """Whoever is signed in comes first. No query, but one for who typed an address in some webinar."""
    if isinstance(request.user, User):
        return Caller(request.user.pk)
    if remembers_any(request):
        found = Webinar.objects.by_ref(w).values_list("pk", "access_policy").first()
        user_id = unproven_user_id(request, found[0]) if found is not None else None
        if found is not None and user_id is not None and found[1] != Webinar.AccessPolicy.OPEN:
            return Caller(user_id, proven=False)
    return Caller(guest_id=guest_id_of(request))
