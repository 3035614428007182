"""Who entered a webinar by typing an address, where it asks for no proof (spec 3, `verify_email`). Nobody is signed in:
the session remembers whom the person is in that webinar, and in no other."""

import contextlib
import uuid

from django.http import HttpRequest

from webinars.models import Registration, User, Webinar
from webinars.selectors.unproven import people_with_nothing_to_lose

SESSION_KEY = "unproven"
# The oldest are forgotten: a session is no place for a list without an end.
MOST_REMEMBERED = 50


def may_go_unproven(user: User, webinar: Webinar) -> bool:
    """Whether typing this person's address may be enough here: not for accounts that open more than a seat, and not
    for who was banned. One query. Every renewal of a pass asks the same (`selectors.access`)."""
    if webinar.verify_email:
        return False
    closed = Registration.objects.filter(webinar=webinar, user=user).exclude(
        role=Registration.RoomRole.ATTENDEE, banned_at=None
    )
    return people_with_nothing_to_lose().filter(pk=user.pk).exclude(registrations__in=closed).exists()


def remember_unproven(request: HttpRequest, webinar_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """From now on this browser is that person in that webinar. The session gets a new key, so that one which somebody
    else planted before is worth nothing."""
    remembered = _remembered(request)
    remembered.pop(str(webinar_id), None)
    remembered[str(webinar_id)] = str(user_id)
    request.session[SESSION_KEY] = dict(list(remembered.items())[-MOST_REMEMBERED:])
    request.session.cycle_key()


def unproven_user_id(request: HttpRequest, webinar_id: uuid.UUID) -> uuid.UUID | None:
    with contextlib.suppress(ValueError):
        return uuid.UUID(str(_remembered(request).get(str(webinar_id))))
    return None


def remembers_any(request: HttpRequest) -> bool:
    return bool(_remembered(request))


def forget(request: HttpRequest, webinar_id: uuid.UUID) -> None:
    remembered = _remembered(request)
    if remembered.pop(str(webinar_id), None) is not None:
        request.session[SESSION_KEY] = remembered


def _remembered(request: HttpRequest) -> dict[str, str]:
    kept = request.session.get(SESSION_KEY)
    return dict(kept) if isinstance(kept, dict) else {}
