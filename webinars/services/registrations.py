import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from psycopg.errors import RestrictViolation

from eventflow.api.errors import WebinarClosed
from webinars.models import Registration, User, Webinar
from webinars.realtime.publish import let_in_if_shut_out
from webinars.sql import Admission
from webinars.sql import admit as admit_statement


def register(
    *, webinar: Webinar, user: User, source: str = "", answers: dict[str, Any] | None = None, now: datetime
) -> tuple[Registration, bool]:
    """The person's one registration in the webinar, and whether it is new. Racing calls give one row and no error:
    the loser of the insert reads the winner's (spec 3). Whoever was removed before may come in again. Raises
    WebinarClosed when the attendance was sealed at this very instant."""
    try:
        registration, created = Registration.objects.get_or_create(
            webinar=webinar,
            user=user,
            defaults={
                "client_id": webinar.client_id,
                "agency_id": webinar.agency_id,
                "source": source,
                "answers": answers or {},
                "registered_at": now,
            },
        )
    except IntegrityError as error:
        if isinstance(error.__cause__, RestrictViolation):
            raise WebinarClosed from error
        raise
    if created:
        transaction.on_commit(lambda: let_in_if_shut_out(webinar.pk, user.pk))
    return registration, created


def admit(*, webinar_id: uuid.UUID, user_id: uuid.UUID | None, now: datetime, proven: bool = True) -> Admission | None:
    """Register on entry where the policy says so, and tell how the person stands. None: no such webinar.
    `proven`: whether they are signed in, rather than having typed an address."""
    return admit_statement(webinar_id=webinar_id, user_id=user_id, now=now, proven=proven)
