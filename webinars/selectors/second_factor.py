"""Who needs a second factor, and has one (`Agency.mfa_required`). Memberships without it are not in force: no rule
about roles sees them (`MembershipQuerySet.in_force`). This is for telling people why."""

from allauth.mfa.models import Authenticator
from django.db.models import Q

from webinars.models import Agency, User

FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)


def has_factor(user: User) -> bool:
    return Authenticator.objects.filter(user=user, type__in=FACTORS).exists()


def agencies_requiring(user: User) -> list[Agency]:
    """The agencies that want a second factor of this person: those where, or in one of whose clients, they are a
    member."""
    member = Q(members__user=user) | Q(clients__members__user=user)
    return list(Agency.objects.filter(member, mfa_required=True).distinct().order_by("name"))


def agencies_waiting_for(user: User) -> list[Agency]:
    """The agencies of which they see nothing until they have set one up. One query where nobody asks, else two."""
    if not user.is_authenticated or not user.is_active or user.is_superuser:
        return []
    requiring = agencies_requiring(user)
    return requiring if requiring and not has_factor(user) else []


def members_without_factor(agency: Agency) -> int:
    """How many people, of the agency and its clients together."""
    member = Q(agency_memberships__agency=agency) | Q(client_memberships__client__agency=agency)
    people = User.objects.filter(member, is_active=True, is_superuser=False).distinct()
    return people.exclude(pk__in=Authenticator.objects.filter(type__in=FACTORS).values("user")).count()
