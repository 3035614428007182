"""A person's own memberships, in force or not."""

import uuid
from collections.abc import Sequence
from typing import Literal

from webinars.models import AgencyMember, ClientMember, User

Kind = Literal["agency", "client"]


def own_memberships(user: User) -> Sequence[AgencyMember | ClientMember]:
    """Agencies first, each by name. Two queries."""
    agencies = AgencyMember.objects.filter(user=user).select_related("agency").order_by("agency__name")
    clients = ClientMember.objects.filter(user=user).select_related("client__agency").order_by("client__name")
    return [*agencies, *clients]


def own_membership(user: User, kind: str, tenant_id: uuid.UUID) -> AgencyMember | ClientMember | None:
    if kind == "agency":
        return AgencyMember.objects.select_related("agency").filter(user=user, agency=tenant_id).first()
    if kind == "client":
        return ClientMember.objects.select_related("client__agency").filter(user=user, client=tenant_id).first()
    return None
