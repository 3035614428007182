"""What is kept no longer of the samples, and what stays of the sessions (spec 5, Retention)."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection

from eventflow.database import fetch_one
from stats.sql.summaries import IMPORTED

# Whole days (UTC), as long histories are gathered by days (stats/sql/summaries.py). Locked rows are left to the run
# that holds them.
# ORM equivalent: AccessLog.objects.filter(time_bucket__lt=…)[:n].delete(), and so with AccessDay.
# Index: none: one scan of each table a night. Cost: 0.1 µs a row; n deletes.
OLDEST_KEPT = "date_trunc('day', %(now)s - make_interval(months => %(months)s), 'UTC')"
OLD_LOGS = f"FROM webinar_access_logs l WHERE l.time_bucket < {OLDEST_KEPT}"
COUNT_LOGS = f"SELECT count(*) {OLD_LOGS}"
DELETE_LOGS = f"""
WITH old AS (
    SELECT l.ctid {OLD_LOGS} LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM webinar_access_logs l USING old WHERE l.ctid = old.ctid RETURNING 1
)
SELECT count(*) FROM deleted"""
DELETE_DAYS = f"""
WITH old AS (
    SELECT d.ctid FROM webinar_access_days d WHERE d.day < {OLDEST_KEPT} LIMIT %(batch)s FOR UPDATE SKIP LOCKED
), deleted AS (
    DELETE FROM webinar_access_days d USING old WHERE d.ctid = old.ctid RETURNING 1
)
SELECT count(*) FROM deleted"""

# Whose raw sessions are due: sealed (without a seal the sessions are all there is), and over long ago, as the newest
# seal has the window; what somebody writes into the webinar's times later makes nothing go earlier.
# ORM equivalent: AttendanceSeal.objects.current().filter(window_end + collect window < now - keep, Exists(sessions…)).
# Index: seal_version_unique, session_unique. Cost: a scan of the webinars, two look-ups each.
SEALED_LONG_AGO = """(
    SELECT seal.window_end + make_interval(mins => w.post_window_minutes) < %(now)s - %(keep)s
    FROM attendance_seals seal WHERE seal.webinar_id = w.id ORDER BY seal.version DESC LIMIT 1)"""
WEBINARS_WITH_OLD_SESSIONS = f"""
SELECT w.id FROM webinars w
WHERE {SEALED_LONG_AGO}
  AND EXISTS (SELECT FROM webinar_user_sessions s WHERE s.webinar_id = w.id AND s.exited_at IS NOT NULL)
ORDER BY w.webinar_start_time, w.id"""

# That a webinar's raw sessions go, written down before the first of them does: from then on they prove nothing,
# however many are left when this is killed and however long sessions are kept by then. How many people and sessions
# there were stays; marked so that the minute's count leaves it alone.
# ORM equivalent: AccessSummary.objects.get_or_create(…), then .filter(sessions_pruned_at=None).update(…).
# Index: webinar_access_summaries_pkey, session_of_person, read alone. Cost: 0.2 µs per session.
RECORD_PRUNING = f"""
INSERT INTO webinar_access_summaries AS k
    (webinar_id, client_id, agency_id, sessions, total_attendees, counted_at, sessions_pruned_at, created_at,
     updated_at)
SELECT w.id, w.client_id, w.agency_id, found.sessions, found.people, %(now)s + %(imported)s, %(now)s, %(now)s, %(now)s
FROM webinars w CROSS JOIN LATERAL (
    SELECT count(*) AS sessions, count(DISTINCT p.user_id) AS people
    FROM webinar_user_sessions p WHERE p.webinar_id = w.id
) AS found
WHERE w.id = %(webinar_id)s AND {SEALED_LONG_AGO}
ON CONFLICT (webinar_id) DO UPDATE SET
    sessions = excluded.sessions, total_attendees = excluded.total_attendees,
    counted_at = greatest(%(now)s, coalesce(k.last_sample_at + %(after)s, k.created_at + %(imported)s)),
    sessions_pruned_at = %(now)s, updated_at = %(now)s
WHERE k.sessions_pruned_at IS NULL"""
IS_RECORDED = f"""
SELECT EXISTS (SELECT FROM webinar_access_summaries k
               WHERE k.webinar_id = %(webinar_id)s AND k.sessions_pruned_at IS NOT NULL)
   AND EXISTS (SELECT FROM webinars w WHERE w.id = %(webinar_id)s AND {SEALED_LONG_AGO})"""


def count_logs(*, now: datetime) -> int:
    return _count(COUNT_LOGS, {"now": now, "months": settings.ACCESS_LOG_RETENTION_MONTHS})


def delete_logs(*, now: datetime, batch: int) -> int:
    """How many buckets this batch deleted."""
    return _count(DELETE_LOGS, {"now": now, "months": settings.ACCESS_LOG_RETENTION_MONTHS, "batch": batch})


def delete_days(*, now: datetime, batch: int) -> int:
    """How many gathered days this batch deleted."""
    return _count(DELETE_DAYS, {"now": now, "months": settings.ACCESS_LOG_RETENTION_MONTHS, "batch": batch})


def webinars_with_old_sessions(*, now: datetime) -> list[uuid.UUID]:
    """The oldest first."""
    with connection.cursor() as cursor:
        values: dict[str, Any] = {"now": now, "keep": _sessions_are_kept()}
        cursor.execute(WEBINARS_WITH_OLD_SESSIONS, values)
        return [row[0] for row in cursor.fetchall()]


def record_pruning(*, webinar_id: uuid.UUID, now: datetime, after: timedelta) -> bool:
    """Whether the webinar's sessions may go: that they do is written down, and they are due. `after`: how long after
    the last sample a count holds for good. Within a transaction that holds `lock_unless_sealing`."""
    values: dict[str, Any] = {
        "webinar_id": webinar_id,
        "now": now,
        "keep": _sessions_are_kept(),
        "after": after,
        "imported": IMPORTED,
    }
    with connection.cursor() as cursor:
        cursor.execute(RECORD_PRUNING, values)
        cursor.execute(IS_RECORDED, values)
        return bool(cursor.fetchone()[0])


def _sessions_are_kept() -> timedelta:
    return timedelta(days=settings.SESSION_RETENTION_DAYS)


def _count(statement: str, params: dict[str, object]) -> int:
    row = fetch_one(statement, params)
    assert row is not None
    return int(row[0])
