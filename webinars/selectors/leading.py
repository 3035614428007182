"""Who leads a room (spec 1, 9, 10), and what a page may offer whom."""

import enum
from dataclasses import dataclass

from webinars.selectors.access import Access, Person, RoomRole


class Lead(enum.StrEnum):
    """What leading takes: moderators keep order, presenters answer questions too."""

    MODERATE = "moderate"
    ANSWER = "answer"


ROLES = {
    Lead.MODERATE: frozenset({RoomRole.MODERATOR}),
    Lead.ANSWER: frozenset({RoomRole.MODERATOR, RoomRole.PRESENTER}),
}


def may_lead(lead: Lead, *, role: RoomRole, verbs: frozenset[str]) -> bool:
    """By what a pass or a decision says: the room's roles, and members who may run webinars."""
    return role in ROLES[lead] or (role is RoomRole.MANAGER and "run" in verbs)


@dataclass(frozen=True)
class Powers:
    """What a page offers somebody. Every act asks again whether it is allowed; switches of the room, such as the chat
    being off, are not in here, since they change while the page is open."""

    write: bool
    moderate: bool
    answer: bool
    ask: bool
    vote: bool


def powers_of(*, person: Person, access: Access) -> Powers:
    """Members who only read the figures write nothing, and nobody in admin mode is counted as a voter."""
    verbs: frozenset[str] = frozenset(access.verbs)
    known = person.user_id is not None
    writes = known and (not access.admin_mode or "run" in verbs)
    return Powers(
        write=writes,
        moderate=known and may_lead(Lead.MODERATE, role=access.role, verbs=verbs),
        answer=known and may_lead(Lead.ANSWER, role=access.role, verbs=verbs),
        ask=writes,
        vote=known and not access.admin_mode,
    )
