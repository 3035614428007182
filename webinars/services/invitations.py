"""Asking people by email to join an agency or a client (spec 13): sent, sent again, taken back, accepted once."""

import enum
import hashlib
import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from eventflow import redis
from eventflow.rate_limit import wait_seconds
from webinars.models import Agency, Client, Invitation, Role, User, folded_email
from webinars.selectors.invitations import (
    InvitationState,
    has_proven,
    invitation_with_names,
    may_give_in,
    proven_owner,
    state_of,
    still_holds,
)
from webinars.selectors.permissions import rank
from webinars.selectors.standing import Standing, standing
from webinars.services import audit
from webinars.services.invitation_mail import Letter, send_letters
from webinars.services.memberships import keep_console_flag
from webinars.sql import invitations as statements

HOUR = 3600

# The whole address of an invitation's link.
LinkOf = Callable[[uuid.UUID], str]


class Outcome(enum.StrEnum):
    """What became of one address."""

    SENT = "sent"
    SENT_AGAIN = "sent_again"
    NOT_MAILED = "not_mailed"
    MEMBER = "member"
    OWNERS_ONLY = "owners_only"
    LIMITED = "limited"
    CLOSED = "closed"


@dataclass(frozen=True)
class Invited:
    email: str
    outcome: Outcome
    invitation: Invitation | None = None
    wait_seconds: int = 0


class CannotCount(Exception):
    """Redis is away: nobody is invited uncounted (spec 18)."""


class Obstacle(enum.StrEnum):
    """Why an invitation cannot be accepted."""

    GONE = "gone"
    ACCEPTED = "accepted"
    REVOKED = "revoked"
    EXPIRED = "expired"
    VOID = "void"
    NOT_PROVEN = "not_proven"


class CannotAccept(Exception):
    def __init__(self, obstacle: Obstacle) -> None:
        super().__init__(obstacle)
        self.obstacle = obstacle


@dataclass(frozen=True)
class Joined:
    """`changed` is false for who held that role already, or a higher one: an invitation never lowers."""

    tenant: Agency | Client
    role: str
    changed: bool


def invite(
    *,
    tenant: Agency | Client,
    emails: Iterable[str],
    role: str,
    inviter: User,
    language: str,
    link_of: LinkOf,
    now: datetime,
) -> list[Invited]:
    """Invite these addresses, each of which the caller has checked; answers what became of each, in order. Called
    outside of transactions: what could not be mailed is known, and stays open to be sent again.

    Raises PermissionDenied for who may not give that role there, and CannotCount.
    """  # fmt: skip
    who = standing(inviter)
    if not may_give_in(who, role, tenant):
        raise PermissionDenied
    if not redis.answers():
        raise CannotCount
    prepared = [_prepare(tenant, folded_email(email), role, who, inviter, now) for email in emails]
    letters = [Letter(one.invitation, link_of(one.invitation.pk)) for one in prepared if one.invitation is not None]
    mailed = send_letters(letters, language=language)
    return [
        one if one.invitation is None or one.invitation.pk in mailed
        else Invited(one.email, Outcome.NOT_MAILED, one.invitation)
        for one in prepared
    ]  # fmt: skip


def resend(*, invitation: Invitation, inviter: User, language: str, link_of: LinkOf, now: datetime) -> Invited:
    """The same link once more, valid anew, answered for by whoever sends it now. Raises as `invite`."""
    if state_of(invitation, now=now) not in (InvitationState.OPEN, InvitationState.EXPIRED):
        return Invited(invitation.email, Outcome.CLOSED)
    return invite(
        tenant=invitation.tenant, emails=[invitation.email], role=invitation.role, inviter=inviter, language=language,
        link_of=link_of, now=now,
    )[0]  # fmt: skip


def revoke(*, invitation: Invitation, actor: User, now: datetime) -> bool:
    """Whether it was still to be accepted. Raises PermissionDenied for who may not give that role there."""
    if not may_give_in(standing(actor), invitation.role, invitation.tenant):
        raise PermissionDenied
    with transaction.atomic():
        return _revoke(invitation, actor, now)


def accept(*, invitation_id: uuid.UUID, user: User, now: datetime) -> Joined:
    """Make the person a member, once: of two who come at once, one joins. Raises CannotAccept, and then nothing has
    changed."""
    with transaction.atomic():
        active = User.objects.select_for_update(no_key=True).filter(pk=user.pk, is_active=True)
        if not active.values_list("pk").first():  # is being erased, or was closed
            raise CannotAccept(Obstacle.NOT_PROVEN)
        claimed = statements.claim(invitation_id=invitation_id, user_id=user.pk, now=now)
        invitation = invitation_with_names(invitation_id)
        if invitation is None:
            raise CannotAccept(Obstacle.GONE)
        if claimed is None:
            raise CannotAccept(Obstacle(state_of(invitation, now=now).value))
        if not has_proven(user, invitation.email):
            raise CannotAccept(Obstacle.NOT_PROVEN)
        if not still_holds(invitation):
            raise CannotAccept(Obstacle.VOID)
        joined = _join(user, invitation, now)
        keep_console_flag([user.pk])
        _record("invitation.accepted", invitation, user, now)
    return joined


def _join(user: User, invitation: Invitation, now: datetime) -> Joined:
    tenant = invitation.tenant
    member, is_new = tenant.members.get_or_create(user=user, defaults={"role": invitation.role})
    if is_new:
        return Joined(tenant, member.role, changed=True)
    lower = [role for role in Role.values if rank(role) < rank(invitation.role)]
    # The condition stands in the statement: somebody may be changing the role at this very instant.
    raised = tenant.members.filter(pk=member.pk, role__in=lower).update(role=invitation.role, updated_at=now)
    return Joined(tenant, invitation.role if raised else member.role, changed=bool(raised))


def _prepare(tenant: Agency | Client, email: str, role: str, who: Standing, inviter: User, now: datetime) -> Invited:
    """Counts the address, and makes or renews its invitation."""
    if wait := _wait(tenant, email, inviter):
        return Invited(email, Outcome.LIMITED, wait_seconds=wait)
    for _attempt in range(2):
        try:
            with transaction.atomic():
                return _make_or_renew(tenant, email, role, who, inviter, now)
        except IntegrityError:  # somebody invited the same address at this very instant, or the tenant is gone
            continue
    raise PermissionDenied


def _make_or_renew(
    tenant: Agency | Client, email: str, role: str, who: Standing, inviter: User, now: datetime
) -> Invited:
    owner = proven_owner(email)
    member = tenant.members.filter(user=owner).first() if owner is not None else None
    if member is not None and rank(member.role) >= rank(role):
        return Invited(email, Outcome.MEMBER)
    place = {"agency": tenant, "client": None} if isinstance(tenant, Agency) else {
        "agency": tenant.agency, "client": tenant,
    }  # fmt: skip
    waiting = Invitation.objects.select_for_update(no_key=True).filter(
        **place, email=email, accepted_at=None, revoked_at=None
    )
    known = waiting.first()
    if known is not None and not may_give_in(who, known.role, tenant):
        return Invited(email, Outcome.OWNERS_ONLY)
    dated = {"invited_by": inviter, "created_at": now, "expires_at": now + timedelta(days=settings.INVITATION_DAYS)}
    if known is not None and known.role == role:
        for name, value in dated.items():
            setattr(known, name, value)
        known.save(update_fields=[*dated])
        _record("invitation.sent", known, inviter, now)
        return Invited(email, Outcome.SENT_AGAIN, known)
    if known is not None:  # its mail names another role
        _revoke(known, inviter, now)
    invitation = Invitation.objects.create(**place, **dated, email=email, role=role)
    _record("invitation.sent", invitation, inviter, now)
    return Invited(email, Outcome.SENT, invitation)


def _wait(tenant: Agency | Client, email: str, inviter: User) -> int:
    """Seconds until this one more may be invited. Addresses are counted by a hash, and in all tenants together: a
    mailbox is nobody's to fill."""
    agency_id = tenant.pk if isinstance(tenant, Agency) else tenant.agency_id
    address = hashlib.sha256(email.encode()).hexdigest()[:32]
    limits = (
        (f"invite:person:{inviter.pk}", settings.INVITATIONS_PER_PERSON_HOUR),
        (f"invite:agency:{agency_id}", settings.INVITATIONS_PER_AGENCY_HOUR),
        (f"invite:address:{address}", settings.INVITATIONS_PER_ADDRESS_HOUR),
    )
    for key, limit in limits:
        if wait := wait_seconds(key, limit=limit, seconds=HOUR):
            return wait
    return 0


def _revoke(invitation: Invitation, actor: User, now: datetime) -> bool:
    open_still = Invitation.objects.filter(pk=invitation.pk, accepted_at=None, revoked_at=None)
    if not open_still.update(revoked_at=now):
        return False
    _record("invitation.revoked", invitation, actor, now)
    return True


def _record(action: str, invitation: Invitation, actor: User, now: datetime) -> None:
    audit.record_in(
        action,
        agency_id=invitation.agency_id,
        client_id=invitation.client_id,
        actor_id=actor.pk,
        now=now,
        subject_type="invitation",
        subject_id=invitation.pk,
        details={"role": invitation.role},
    )
