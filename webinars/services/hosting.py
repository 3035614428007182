"""Who may lead a room while it runs (spec 1, 3, 9, 10): asked of the database at each act, since a pass may be older
than a change of role."""

import enum
from dataclasses import dataclass
from datetime import datetime

from rest_framework import exceptions

from eventflow.api.errors import NotFound
from webinars.models import Webinar
from webinars.selectors.access import Access, Person, RoomRole, decide_access, webinar_and_person
from webinars.services.live_pass import LivePass


class Lead(enum.StrEnum):
    """What leading takes: moderators keep order, presenters answer questions too."""

    MODERATE = "moderate"
    ANSWER = "answer"


ROLES = {
    Lead.MODERATE: frozenset({RoomRole.MODERATOR}),
    Lead.ANSWER: frozenset({RoomRole.MODERATOR, RoomRole.PRESENTER}),
}


@dataclass(frozen=True)
class Host:
    """Somebody who may lead this webinar now."""

    webinar: Webinar
    person: Person
    access: Access

    @property
    def outranks_hosts(self) -> bool:
        """Whether presenters and moderators are theirs to silence, too."""
        return self.access.admin_mode


def may_lead(lead: Lead, *, role: RoomRole, verbs: frozenset[str]) -> bool:
    """By what a pass or a decision says: the room's roles, and members who may run webinars."""
    return role in ROLES[lead] or (role is RoomRole.MANAGER and "run" in verbs)


def host_of(live_pass: LivePass, lead: Lead, *, now: datetime) -> Host:
    """The bearer of the pass, as they stand now. One query.

    Raises 403 for who may not (any more), 404 when the webinar is gone.
    """
    if live_pass.user_id is None or not may_lead(lead, role=live_pass.role, verbs=live_pass.verbs):
        raise exceptions.PermissionDenied()
    found = webinar_and_person(str(live_pass.webinar_id), user_id=live_pass.user_id)
    if found is None:
        raise NotFound
    webinar, person = found
    access = decide_access(webinar=webinar, person=person, now=now)
    if not access.allowed or not may_lead(lead, role=access.role, verbs=access.verbs):
        raise exceptions.PermissionDenied()
    return Host(webinar, person, access)
