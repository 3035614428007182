"""Taking a seat with an address alone (spec 3)."""

import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache

from eventflow.rate_limit import wait_seconds
from webinars.models import AllowedEmail, Registration, User, Webinar, folded_email
from webinars.selectors.access import may_skip_proof
from webinars.selectors.unproven import may_go_unproven
from webinars.services.people import known_person, person_by_address

# Beyond so many seats a minute, or so many addresses from one place that have none, everybody proves their address.
SEATS_PER_MINUTE = 3_000
MISSES, MISSES_SECONDS = 30, 600
REGISTRATIONS, REGISTRATIONS_SECONDS = 30, 60


@dataclass(frozen=True)
class Seats:
    """Those of a webinar, as somebody asks for one: `place` is the address of their network."""

    webinar: Webinar
    place: str
    now: datetime

    @property
    def misses_key(self) -> str:
        return f"seat-misses:{self.webinar.pk}:{self.place}"


def seat_without_proof(seats: Seats, email: str) -> User | None:
    """Who may come in by typing this address alone; None when they have to prove it: where the webinar asks for that,
    when the address has no seat here or opens more than one, and when too many were tried."""
    webinar = seats.webinar
    if not may_skip_proof(webinar) or cache.get(seats.misses_key, 0) >= MISSES:
        return None
    if wait_seconds(f"seats:{webinar.pk}", limit=SEATS_PER_MINUTE, seconds=60):
        return None
    person = _seated(webinar, folded_email(email), seats.now)
    if person is None or not may_go_unproven(person, webinar):
        cache.add(seats.misses_key, 0, MISSES_SECONDS)
        with suppress(ValueError):  # its time was over at this very instant
            cache.incr(seats.misses_key)
        return None
    return person


def _seated(webinar: Webinar, address: str, now: datetime) -> User | None:
    if webinar.access_policy == Webinar.AccessPolicy.EMAIL_AUTH:
        listed = AllowedEmail.objects.filter(webinar=webinar, email=address).exists()
        return person_by_address(address, now=now) if listed else None
    person = known_person(address)
    registered = person is not None and Registration.objects.filter(webinar=webinar, user=person).exists()
    return person if registered else None


def give_name(user: User, name: str) -> None:
    """A name for somebody who has none; nobody's name is changed by this."""
    User.objects.filter(pk=user.pk, display_name="").update(display_name=name.strip())


def limit_registering(user_id: uuid.UUID) -> int:
    """Seconds to wait; 0 when this person may register now."""
    return wait_seconds(f"register:{user_id}", limit=REGISTRATIONS, seconds=REGISTRATIONS_SECONDS)
