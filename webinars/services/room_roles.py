"""Who plays which part in a room (spec 3)."""

import uuid
from datetime import datetime

from django.db import transaction

from webinars.models import Registration
from webinars.realtime.publish import turn_out
from webinars.services import audit


@transaction.atomic
def change_role(*, registration: Registration, role: str, actor_id: uuid.UUID, now: datetime) -> bool:
    """Whether it changed. The open pages of somebody who hosts no more leave within seconds; others learn of it when
    they renew their pass or load again."""
    row = Registration.objects.select_for_update(no_key=True).select_related("webinar").get(pk=registration.pk)
    if row.role == role:
        return False
    details = {"from": row.role, "to": role}
    row.role, row.updated_at = role, now
    row.save(update_fields=["role", "updated_at"])
    audit.record(
        "member.role_changed",
        webinar=row.webinar,
        actor_id=actor_id,
        now=now,
        subject_type="person",
        subject_id=row.user_id,
        details=details,
    )
    if role == Registration.RoomRole.ATTENDEE:
        turn_out([row.webinar_id], row.user_id)
    return True
