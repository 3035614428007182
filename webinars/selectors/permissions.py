"""What a membership allows: the table of spec 1, in one place."""

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
