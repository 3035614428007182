"""What a membership allows: the table of spec 1, in one place."""

from collections.abc import Iterable
from typing import Literal

from webinars.models import Agency, Client, Role, User, Webinar

Verb = Literal["manage_members", "run", "see_statistics", "see_personal"]

ROLES: dict[Verb, tuple[Role, ...]] = {
    "manage_members": (Role.OWNER, Role.ADMIN),
    "run": (Role.OWNER, Role.ADMIN, Role.OPERATOR),
    "see_personal": (Role.OWNER, Role.ADMIN, Role.OPERATOR, Role.ANALYST),
    "see_statistics": tuple(Role),
}


def roles_for(verb: Verb) -> tuple[Role, ...]:
    return ROLES[verb]


def rank(role: str) -> int:
    """The higher, the more it allows. Owners and admins may do the same, save that nobody gives what they have not."""
    return len(Role.values) - Role.values.index(role)


def may_give(held: Iterable[str], role: str) -> bool:
    """Whether somebody with these roles in a tenant may give, change or take away `role` there: who manages members,
    up to their own role. So admins make admins, and only owners deal with owners (docs/organisations.md)."""
    return any(one in roles_for("manage_members") and rank(one) >= rank(role) for one in held)


def may(user: User, verb: Verb, thing: Webinar | Client | Agency) -> bool:
    """Whether the person's memberships allow `verb` on `thing`. One query; none for a super admin."""
    if not user.is_authenticated or not user.is_active:
        return False
    if user.is_superuser:
        return True
    roles = roles_for(verb)
    match thing:
        case Agency():
            return user.agency_memberships.in_force().filter(agency=thing, role__in=roles).exists()
        case Client():
            agency_id, client_id = thing.agency_id, thing.id
        case Webinar():
            agency_id, client_id = thing.agency_id, thing.client_id
    in_agency = user.agency_memberships.in_force().filter(agency_id=agency_id, role__in=roles).values("role")
    in_client = user.client_memberships.in_force().filter(client_id=client_id, role__in=roles).values("role")
    return in_agency.union(in_client).exists()
