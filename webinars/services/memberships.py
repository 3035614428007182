"""Memberships open and close the console for a person, and a tenant keeps an owner (spec 1)."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet

from webinars.models import Agency, AgencyMember, Client, ClientMember, Role, User


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
