"""Who did what (spec 13): one entry for each act, in the transaction of the act itself."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from eventflow import once
from webinars.models import AuditEntry, Webinar

# Who may manage a tenant's members reads what became of its people and its policies; all else is for who may run it.
OF_PEOPLE = ("sign_in", "sign_out", "account.", "invitation.", "membership.", "consent.")
POLICIES = {
    f"webinars.{model}"
    for model in ("agency", "client", "agencymember", "clientmember", "invitation", "consenttext", "consentversion")
}

VIEWED = "personal.viewed"
HOUR = 3600
# How long a view counts as recorded before its entry is committed: a page that failed is recorded when it is tried
# again.
UNSURE_SECONDS = 30


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
    _entry(
        at=now,
        action=action,
        actor_id=actor_id,
        agency_id=agency_id,
        client_id=client_id,
        webinar_id=webinar_id,
        subject_type=subject_type,
        subject_id=str(subject_id),
        details=details or {},
    ).save(force_insert=True)


def record_in_each(action: str, *, webinars: Iterable[Webinar], now: datetime, details: dict[str, Any]) -> None:
    """The same in several webinars by nobody in person. One statement."""
    AuditEntry.objects.bulk_create(
        _entry(
            at=now,
            action=action,
            agency_id=webinar.agency_id,
            client_id=webinar.client_id,
            webinar_id=webinar.pk,
            details=details,
        )
        for webinar in webinars
    )


def _entry(*, action: str, details: dict[str, Any], **values: Any) -> AuditEntry:
    return AuditEntry(action=action, details=details, managers_only=_is_for_managers(action, details), **values)


def _is_for_managers(action: str, details: Mapping[str, Any]) -> bool:
    return action.startswith(OF_PEOPLE) or (action.startswith("console.") and details.get("model") in POLICIES)


def record_view(
    what: str,
    *,
    actor_id: uuid.UUID,
    now: datetime,
    webinar: Webinar | None = None,
    agency_id: uuid.UUID | None = None,
    client_id: uuid.UUID | None = None,
    webinar_id: uuid.UUID | None = None,
    subject_type: str = "",
    subject_id: object = "",
) -> None:
    """Somebody of the organizing side was shown personal data: in a webinar (itself, or all three ids), in a tenant,
    or, by naming neither, as a super admin. `what` names the page in one word of at most 30 letters.

    Once in an hour of the clock per person, place, subject and kind, whichever process comes first; while Redis is
    away, once per process. Call it before the page is answered: who is not on record is shown nothing.
    """
    if webinar is not None:
        agency_id, client_id, webinar_id = webinar.agency_id, webinar.client_id, webinar.pk
    place = webinar_id or client_id or agency_id or ""
    key = f"viewed:{what}:{actor_id}:{place}:{subject_type}:{subject_id}:{int(now.timestamp()) // HOUR}"
    if not once.claim(key, seconds=UNSURE_SECONDS):
        return
    try:
        record_in(
            VIEWED,
            agency_id=agency_id,
            client_id=client_id,
            webinar_id=webinar_id,
            actor_id=actor_id,
            now=now,
            subject_type=subject_type,
            subject_id=subject_id,
            details={"what": what},
        )
    except BaseException:
        once.release(key)
        raise
    transaction.on_commit(lambda: once.keep(key, seconds=HOUR))
