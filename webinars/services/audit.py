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
    """`details` holds no personal data but ids: entries cannot be cleaned when a person is erased."""
    AuditEntry.objects.create(
        at=now,
        action=action,
        actor_id=actor_id,
        agency_id=webinar.agency_id,
        client_id=webinar.client_id,
        webinar_id=webinar.pk,
        subject_type=subject_type,
        subject_id=str(subject_id),
        details=details or {},
    )
