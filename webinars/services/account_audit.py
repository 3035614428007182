"""Sign-ins and accounts of those who organize, in the audit log (spec 13): one entry in each tenant that the person
belongs to, and one in none for a super admin. What attendees do with their accounts is nobody's business."""

import hashlib
import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from eventflow import once
from webinars.models import AgencyMember, ClientMember, User, folded_email
from webinars.services import audit
from webinars.services.people import known_person

# However often somebody fails, so many seconds go by between two entries.
FAILURES_APART_SECONDS = 600


@transaction.atomic
def record_account_act(
    action: str,
    *,
    user: User,
    actor_id: uuid.UUID | None,
    now: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Two queries, and one for each tenant. Nothing is written for a person who organizes nothing."""
    for agency_id, client_id in tenants_of(user):
        audit.record_in(
            action,
            agency_id=agency_id,
            client_id=client_id,
            actor_id=actor_id,
            now=now,
            subject_type="person",
            subject_id=user.pk,
            details=dict(details or {}),
        )


def record_failed_sign_in(*, user: User, method: str, now: datetime) -> None:
    """Of a person who got as far as a code. Nobody is the actor: who tried is not known."""
    if once.claim(f"sign-in-failed:{method}:{user.pk}", seconds=FAILURES_APART_SECONDS):
        record_account_act("sign_in.failed", user=user, actor_id=None, now=now, details={"method": method})


def record_wrong_password(*, address: str, now: datetime) -> None:
    """Of whoever's address it is, as signing in looks for it. Most calls end before anybody is looked for, whether
    there is such a person or not, so that the time they take tells nothing."""
    wanted = folded_email(address.replace("\x00", ""))
    known_as = hashlib.sha256(wanted.encode(errors="replace")).hexdigest()
    if not once.claim(f"sign-in-failed:password:{known_as}", seconds=FAILURES_APART_SECONDS):
        return
    user = known_person(wanted)
    if user is not None and user.is_active:
        record_account_act("sign_in.failed", user=user, actor_id=None, now=now, details={"method": "password"})


def tenants_of(user: User) -> list[tuple[uuid.UUID | None, uuid.UUID | None]]:
    """Each agency, and each client with its agency; (None, None) for a super admin."""
    found: list[tuple[uuid.UUID | None, uuid.UUID | None]] = [(None, None)] if user.is_superuser else []
    agencies = AgencyMember.objects.filter(user=user).values_list("agency_id", flat=True)
    found += [(agency_id, None) for agency_id in agencies]
    found += ClientMember.objects.filter(user=user).values_list("client__agency_id", "client_id")
    return found
