"""Invitations as people see them (spec 13): how they stand, and whether they still hold."""

import enum
import uuid
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db.models import QuerySet
from django.utils.translation import pgettext_lazy

from webinars.models import Agency, Client, Invitation, User, folded_email
from webinars.selectors.permissions import roles_for
from webinars.selectors.standing import Standing, standing


class InvitationState(enum.StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"

    @property
    def label(self) -> str:
        return str(LABELS[self])


LABELS = {
    InvitationState.OPEN: pgettext_lazy("invitation", "Open"),
    InvitationState.ACCEPTED: pgettext_lazy("invitation", "Accepted"),
    InvitationState.REVOKED: pgettext_lazy("invitation", "Taken back"),
    InvitationState.EXPIRED: pgettext_lazy("invitation", "Expired"),
}


def state_of(invitation: Invitation, *, now: datetime) -> InvitationState:
    if invitation.accepted_at is not None:
        return InvitationState.ACCEPTED
    if invitation.revoked_at is not None:
        return InvitationState.REVOKED
    return InvitationState.EXPIRED if invitation.expires_at <= now else InvitationState.OPEN


def in_state(invitations: QuerySet[Invitation], state: InvitationState, *, now: datetime) -> QuerySet[Invitation]:
    """The same rule as `state_of`, for lists."""
    match state:
        case InvitationState.ACCEPTED:
            return invitations.filter(accepted_at__isnull=False)
        case InvitationState.REVOKED:
            return invitations.filter(revoked_at__isnull=False)
        case InvitationState.EXPIRED:
            return invitations.filter(accepted_at=None, revoked_at=None, expires_at__lte=now)
        case InvitationState.OPEN:
            return invitations.filter(accepted_at=None, revoked_at=None, expires_at__gt=now)


def invitations_of(user: User) -> QuerySet[Invitation]:
    """Those into the tenants whose members the person manages."""
    return Invitation.objects.visible_to(user, *roles_for("manage_members"))


def invitation_with_names(invitation_id: uuid.UUID) -> Invitation | None:
    return Invitation.objects.select_related("agency", "client", "invited_by").filter(pk=invitation_id).first()


def still_holds(invitation: Invitation) -> bool:
    """Whether who sent it could send it today. One who left, or holds less now, brings nobody in any more."""
    inviter = standing(invitation.invited_by)
    return inviter.may_give(invitation.role, agency_id=invitation.agency_id, client_id=invitation.client_id)


def may_give_in(who: Standing, role: str, tenant: Agency | Client) -> bool:
    if isinstance(tenant, Agency):
        return who.may_give(role, agency_id=tenant.pk)
    return who.may_give(role, agency_id=tenant.agency_id, client_id=tenant.pk)


def has_proven(user: User, email: str) -> bool:
    """Whether the person received a code at this address once (or their provider vouched for it)."""
    return EmailAddress.objects.filter(user=user, email=folded_email(email), verified=True).exists()


def proven_owner(email: str) -> User | None:
    """Whose address it is, when somebody who can sign in has proved so."""
    known = EmailAddress.objects.filter(email=folded_email(email), verified=True, user__is_active=True)
    found = known.select_related("user").first()
    if found is None:
        return None
    owner: User = found.user
    return owner
