"""Leaving an agency or a client of one's own will (spec 1)."""

from datetime import datetime

from django.db import transaction

from webinars.models import Agency, AgencyMember, ClientMember
from webinars.services import audit
from webinars.services.memberships import keep_console_flag, last_owner_problem, tenant_of


class CannotLeave(Exception):
    """The tenant would have no owner; `message` says so to the person."""

    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message


@transaction.atomic
def leave(*, membership: AgencyMember | ClientMember, now: datetime) -> bool:
    """Whether the person was still a member. Two owners who leave at once wait for each other, and one of them stays.
    Raises CannotLeave."""
    if problem := last_owner_problem([membership]):
        raise CannotLeave(problem)
    deleted, _by_model = type(membership)._default_manager.filter(pk=membership.pk).delete()
    if not deleted:
        return False
    keep_console_flag([membership.user_id])
    tenant = tenant_of(membership)
    in_agency = isinstance(tenant, Agency)
    audit.record_in(
        "membership.left",
        agency_id=tenant.pk if isinstance(tenant, Agency) else tenant.agency_id,
        client_id=None if in_agency else tenant.pk,
        actor_id=membership.user_id,
        now=now,
        subject_type="person",
        subject_id=membership.user_id,
        details={"role": membership.role},
    )
    return True
