"""The statements of this app that the ORM cannot say in one round trip."""

import json
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from eventflow.database import fetch_one

# Whether a moment lies in the collect window of the webinar `w` (spec 2), as SQL.
# ORM equivalent: Webinar.collect_window.contains(now).
COLLECT_WINDOW_OPEN = """(
    %(now)s >= least(w.webinar_start_time - %(doors)s, w.doors_opened_at)
    AND (coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time) IS NULL
         OR %(now)s < coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time)
                      + make_interval(mins => w.post_window_minutes))
    AND w.state <> 'draft')"""

# Whether whoever shows a manager's pass may still run the webinar `w` (spec 1: the verb "run"), as SQL.
# ORM equivalent: may(user, "run", webinar). Index: users_pkey, agency_member_unique, client_member_unique.
STILL_RUNS = """(%(is_manager)s AND (
    EXISTS (SELECT FROM users s WHERE s.id = %(user_id)s AND s.is_superuser)
    OR EXISTS (SELECT FROM agency_members a WHERE a.agency_id = w.agency_id AND a.user_id = %(user_id)s
                                              AND a.role IN ('owner', 'admin', 'operator'))
    OR EXISTS (SELECT FROM client_members c WHERE c.client_id = w.client_id AND c.user_id = %(user_id)s
                                              AND c.role IN ('owner', 'admin', 'operator'))))"""


class Admission(NamedTuple):
    """How a person or guest stands when they enter. `registered` is false for guests."""

    is_open: bool
    guests_welcome: bool
    registered: bool
    banned: bool
    interval_overrides: dict[str, int]


# Registers a signed-in person where entering is enough (policies `open` and `auth`) and the doors are open, and
# answers how the person stands, in one round trip. When two calls race, one inserts and both answer registered.
# ORM equivalent: Registration.objects.get_or_create(webinar=…, user=…) behind Webinar.collect_window.contains(now).
# Index: webinars_pkey, registration_unique, users_pkey. Cost: three look-ups; one insert, the first time only.
ADMIT = f"""
WITH w AS MATERIALIZED (
    SELECT w.id, w.client_id, w.agency_id, w.access_policy, w.interval_overrides, {COLLECT_WINDOW_OPEN} AS is_open,
           w.access_policy IN ('open', 'auth')
           AND EXISTS (SELECT FROM users u WHERE u.id = %(user_id)s::uuid AND u.is_active) AS registers
    FROM webinars w WHERE w.id = %(webinar_id)s
), known AS MATERIALIZED (
    SELECT r.banned_at FROM registrations r WHERE r.webinar_id = %(webinar_id)s AND r.user_id = %(user_id)s::uuid
), added AS (
    INSERT INTO registrations
        (webinar_id, client_id, agency_id, user_id, role, source, answers, registered_at, created_at, updated_at)
    SELECT w.id, w.client_id, w.agency_id, %(user_id)s::uuid, 'attendee', '', '{{}}', %(now)s, %(now)s, %(now)s
    FROM w
    WHERE w.is_open AND w.registers AND NOT EXISTS (SELECT FROM known)
    ON CONFLICT (webinar_id, user_id) DO NOTHING
)
SELECT w.is_open, w.access_policy = 'open', EXISTS (SELECT FROM known) OR (w.is_open AND w.registers),
       EXISTS (SELECT FROM known WHERE banned_at IS NOT NULL), w.interval_overrides
FROM w"""


def admit(*, webinar_id: uuid.UUID, user_id: uuid.UUID | None, now: datetime) -> Admission | None:
    row = fetch_one(ADMIT, {"webinar_id": webinar_id, "user_id": user_id, "now": now, "doors": doors()})
    if row is None:
        return None
    is_open, guests_welcome, registered, banned, overrides = row
    return Admission(is_open, guests_welcome, registered, banned, json.loads(overrides))


def doors() -> timedelta:
    """How long before the start the doors open by themselves."""
    return timedelta(minutes=settings.DOORS_OPEN_MINUTES)


# Ends the webinars that nobody ended, once their collect window is over (spec 2): they end as planned. A planned end
# lies after the start, so a scheduled webinar among them has begun. Rows that somebody is changing are left for the
# next minute.
# ORM equivalent: the complement of .collected_after(now), among state__in=["scheduled", "live"], .update(…).
# Index: webinar_not_ended (partial). Cost: the few that are running; one update for each that ends.
END_OVERDUE = """
WITH overdue AS (
    SELECT w.id FROM webinars w
    WHERE w.state IN ('scheduled', 'live') AND w.webinar_scheduled_end_time <= %(now)s
      AND w.webinar_scheduled_end_time + make_interval(mins => w.post_window_minutes) <= %(now)s
    ORDER BY w.id FOR NO KEY UPDATE SKIP LOCKED
), ended AS (
    UPDATE webinars w
    SET state = 'ended', webinar_actual_end_time = w.webinar_scheduled_end_time, updated_at = %(now)s
    FROM overdue WHERE w.id = overdue.id
    RETURNING w.id
)
SELECT array_agg(ended.id) FROM ended"""


def end_overdue(*, now: datetime) -> list[uuid.UUID]:
    """The webinars that this call ended."""
    row = fetch_one(END_OVERDUE, {"now": now})
    return row[0] or [] if row is not None else []


# How many rows a table has, as the planner believes since the last ANALYZE: for lists too large to count.
# ORM equivalent: none (Model.objects.count() reads the whole table). Index: pg_class by oid. Cost: one catalogue row.
ESTIMATED_ROWS = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%(table)s)"


def estimated_rows(table: str) -> int:
    """0 for a table that was never analysed."""
    row = fetch_one(ESTIMATED_ROWS, {"table": table})
    return max(0, int(row[0])) if row is not None else 0
