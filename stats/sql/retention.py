"""What is kept no longer of the samples, and what stays of the sessions (spec 5, Retention)."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings

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

# How many people and sessions a webinar had, before its raw sessions go: counted once, when it had its last; marked so
# that the minute's count leaves it alone.
# ORM equivalent: for each: AccessSummary.objects.filter(…).update(sessions=…, total_attendees=…).
# Index: webinar_access_summaries_pkey, session_of_person, read alone. Cost: 0.2 µs per session.
KEEP_COUNTS = """
WITH kept AS (
    UPDATE webinar_access_summaries k
    SET sessions = found.sessions, total_attendees = found.people, updated_at = %(now)s,
        counted_at = greatest(%(now)s, coalesce(k.last_sample_at + %(after)s, k.created_at + %(imported)s))
    FROM webinar_access_summaries s CROSS JOIN LATERAL (
        SELECT count(*) AS sessions, count(DISTINCT p.user_id) AS people
        FROM webinar_user_sessions p WHERE p.webinar_id = s.webinar_id
    ) AS found
    WHERE s.webinar_id = ANY(%(webinar_ids)s::uuid[]) AND k.webinar_id = s.webinar_id
      AND (k.sessions IS NULL OR k.counted_at < coalesce(k.last_sample_at + %(after)s, k.created_at + %(imported)s))
    RETURNING 1
)
SELECT count(*) FROM kept"""


def count_logs(*, now: datetime) -> int:
    return _count(COUNT_LOGS, {"now": now, "months": settings.ACCESS_LOG_RETENTION_MONTHS})


def delete_logs(*, now: datetime, batch: int) -> int:
    """How many buckets this batch deleted."""
    return _count(DELETE_LOGS, {"now": now, "months": settings.ACCESS_LOG_RETENTION_MONTHS, "batch": batch})


def delete_days(*, now: datetime, batch: int) -> int:
    """How many gathered days this batch deleted."""
    return _count(DELETE_DAYS, {"now": now, "months": settings.ACCESS_LOG_RETENTION_MONTHS, "batch": batch})


def keep_counts(*, webinar_ids: Sequence[uuid.UUID], now: datetime, after: timedelta) -> int:
    """For how many of these webinars the people were counted now. `after`: how long after the last sample a count
    holds for good."""
    return _count(KEEP_COUNTS, {"webinar_ids": list(webinar_ids), "now": now, "after": after, "imported": IMPORTED})


def _count(statement: str, params: dict[str, object]) -> int:
    row = fetch_one(statement, params)
    assert row is not None
    return int(row[0])
