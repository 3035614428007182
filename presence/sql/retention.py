"""What is kept no longer (spec 5, Retention): found, counted and deleted by the same conditions."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings

from eventflow.database import fetch_one

CONTENT_END = "coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time)"

# Presence of webinars that are over: it answers who is here now, and that is nobody. Locked rows are left to the run
# that holds them.
# ORM equivalent: LivePresence.objects.filter(webinar__…end…__lt=now - keep)[:n].delete().
# Index: webinars_pkey. Cost: a scan of the table, which is small because of this; n deletes.
OLD_PRESENCE = f"""
    FROM webinar_live_presence p JOIN webinars w ON w.id = p.webinar_id
    WHERE {CONTENT_END} < %(now)s - %(keep)s"""
COUNT_PRESENCE = f"SELECT count(*) {OLD_PRESENCE}"
DELETE_PRESENCE = f"""
WITH old AS (
    SELECT p.ctid {OLD_PRESENCE} LIMIT %(batch)s FOR UPDATE OF p SKIP LOCKED
), deleted AS (
    DELETE FROM webinar_live_presence p USING old WHERE p.ctid = old.ctid RETURNING 1
)
SELECT count(*) FROM deleted"""

# The sessions of one webinar: a batch begins where its index entries begin. An open session is not raw history yet.
# ORM equivalent: UserSession.objects.filter(webinar=…, exited_at__isnull=False)[:n].delete().
# Index: session_unique. Cost: n deletes.
CLOSED_SESSIONS = """
    FROM webinar_user_sessions s WHERE s.webinar_id = %(webinar_id)s AND s.exited_at IS NOT NULL"""
COUNT_SESSIONS = f"SELECT count(*) {CLOSED_SESSIONS}"
DELETE_SESSIONS = f"""
WITH old AS (
    SELECT s.ctid {CLOSED_SESSIONS} LIMIT %(batch)s FOR UPDATE OF s SKIP LOCKED
), deleted AS (
    DELETE FROM webinar_user_sessions s USING old WHERE s.ctid = old.ctid RETURNING 1
)
SELECT count(*) FROM deleted"""


def count_presence(*, now: datetime) -> int:
    return _count(COUNT_PRESENCE, {"now": now, "keep": _presence_is_kept()})


def delete_presence(*, now: datetime, batch: int) -> int:
    """How many rows this batch deleted."""
    return _count(DELETE_PRESENCE, {"now": now, "keep": _presence_is_kept(), "batch": batch})


def count_sessions(*, webinar_id: uuid.UUID) -> int:
    return _count(COUNT_SESSIONS, {"webinar_id": webinar_id})


def delete_sessions(*, webinar_id: uuid.UUID, batch: int) -> int:
    """How many sessions this batch deleted."""
    return _count(DELETE_SESSIONS, {"webinar_id": webinar_id, "batch": batch})


def _presence_is_kept() -> timedelta:
    return timedelta(days=settings.PRESENCE_RETENTION_DAYS)


def _count(statement: str, params: dict[str, object]) -> int:
    row = fetch_one(statement, params)
    assert row is not None
    return int(row[0])
