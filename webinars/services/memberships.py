"""Memberships open and close the console for a person, and a tenant keeps an owner (spec 1)."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from webinars.models import Agency, AgencyMember, Client, ClientMember, Role, User

LAST_OF_AGENCY = _("An agency keeps at least one owner. Make somebody else an owner first.")
LAST_OF_CLIENT = _("Neither this client nor its agency would have an owner. Make somebody else an owner first.")


def keep_console_flag(user_ids: Iterable[uuid.UUID]) -> None:
    """Have `is_staff` say whether these people are members of anything (or super admins). One statement."""
    User.objects.filter(pk__in=list(user_ids)).update(
        is_staff=Q(is_superuser=True)
        | Q(Exists(AgencyMember.objects.filter(user=OuterRef("pk"))))
        | Q(Exists(ClientMember.objects.filter(user=OuterRef("pk"))))
    )


def keeps_an_owner(tenant: Agency | Client, *, without: Iterable[AgencyMember | ClientMember]) -> bool:
    """Whether somebody owns it once these memberships are gone or have another role. Agencies' owners own clients.

    Needs a transaction: the tenant's row is locked, so that two owners cannot remove each other at once.
    """
    type(tenant)._default_manager.select_for_update(no_key=True).get(pk=tenant.pk)
    owns = Q(role=Role.OWNER, user__is_active=True)
    gone = [member.pk for member in without]
    owners: QuerySet[Any] = tenant.members.filter(owns)
    if not owners.filter(pk__in=gone).exists() or owners.exclude(pk__in=gone).exists():
        return True  # none of them owned it, or somebody else does
    return isinstance(tenant, Client) and tenant.agency.members.filter(owns).exists()


def last_owner_problem(members: Iterable[Any]) -> Any | None:
    """Why these memberships cannot all be taken away, or None. Needs a transaction."""
    by_tenant: dict[Any, list[Any]] = {}
    for member in members:
        by_tenant.setdefault(tenant_of(member), []).append(member)
    for tenant, gone in by_tenant.items():
        if not keeps_an_owner(tenant, without=gone):
            return LAST_OF_AGENCY if isinstance(tenant, Agency) else LAST_OF_CLIENT
    return None


def memberships_of(people: Iterable[User]) -> list[AgencyMember | ClientMember]:
    people = list(people)
    return [
        *AgencyMember.objects.filter(user__in=people).select_related("agency"),
        *ClientMember.objects.filter(user__in=people).select_related("client__agency"),
    ]


def tenant_of(member: AgencyMember | ClientMember) -> Agency | Client:
    return member.agency if isinstance(member, AgencyMember) else member.client
