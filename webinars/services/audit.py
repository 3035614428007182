"""Who did what (spec 13): one entry for each act, in the transaction of the act itself."""

import uuid
from datetime import datetime
from typing import Any

from webinars.models import AuditEntry, Webinar


def record(
    action: str,
    *,
    webinar: Webinar,
    actor_id: uuid.UUID | None,
    now: datetime,
    subject_type: str = "",
    subject_id: object = "",
    details: dict[str, Any] | None = None,
) -> None:
    """An act in a webinar. `details` holds no personal data but ids: entries cannot be cleaned when a person is
    erased."""
    record_in(
        action,
        agency_id=webinar.agency_id,
        client_id=webinar.client_id,
        webinar_id=webinar.pk,
        actor_id=actor_id,
        now=now,
        subject_type=subject_type,
        subject_id=subject_id,
        details=details,
    )


def record_in(
    action: str,
    *,
    agency_id: uuid.UUID | None,
    client_id: uuid.UUID | None = None,
    webinar_id: uuid.UUID | None = None,
    actor_id: uuid.UUID | None,
    now: datetime,
    subject_type: str = "",
    subject_id: object = "",
    details: dict[str, Any] | None = None,
) -> None:
    """An act in a tenant: an agency's, or a client's with its agency. One in no tenant is seen by super admins."""
    AuditEntry.objects.create(
        at=now,
        action=action,
        actor_id=actor_id,
        agency_id=agency_id,
        client_id=client_id,
        webinar_id=webinar_id,
        subject_type=subject_type,
        subject_id=str(subject_id),
        details=details or {},
    )
