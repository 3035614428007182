"""The sessions of a webinar, counted over all of them (spec 6, section `sessions`)."""

import uuid
from typing import NamedTuple

from django.db import connection

TABLET = "user_agent LIKE '%%iPad%%' OR user_agent LIKE '%%Tablet%%'"
PHONE = "user_agent LIKE '%%Mobi%%'"
ANDROID = "user_agent LIKE '%%Android%%'"  # without "Mobi", a tablet

# Each figure is read where it costs least: people and sessions from the index alone, devices once for each browser
# that there is (some hundreds), and only how long they lasted from every row. The clauses of CASE are in order: an
# iPad that says "Mobile" is a tablet.
# ORM equivalent: UserSession.objects.filter(webinar=…).aggregate(Count("user", distinct=True), Count("id", filter=…),
# Avg("duration_seconds"), …), which looks for each word in every row, sorts the people, and takes three times as long.
# Index: session_of_person, read alone for `people`, and for the rows. Cost: 1 to 2 µs per session; docs/benchmarks.md.
# Not prepared: the plan for a webinar of the usual size takes twice as long for a large one.
SESSIONS = f"""
WITH people AS (
    SELECT coalesce(sum(n), 0)::bigint AS sessions,
           coalesce(sum(n) FILTER (WHERE user_id IS NULL), 0)::bigint AS guests, count(user_id) AS people
    FROM (SELECT user_id, count(*) AS n FROM webinar_user_sessions WHERE webinar_id = %(webinar_id)s
          GROUP BY user_id) AS each
), stays AS (
    SELECT count(*) FILTER (WHERE closed_reason = 'exit') AS exits,
           count(*) FILTER (WHERE closed_reason = 'timeout') AS timeouts,
           avg(duration_seconds)::float8 AS average,
           percentile_cont(0.5) WITHIN GROUP (ORDER BY duration_seconds) AS median
    FROM webinar_user_sessions WHERE webinar_id = %(webinar_id)s
), devices AS (
    SELECT coalesce(sum(n) FILTER (WHERE device = 'tablet'), 0)::bigint AS tablets,
           coalesce(sum(n) FILTER (WHERE device = 'phone'), 0)::bigint AS phones,
           coalesce(sum(n) FILTER (WHERE device = 'unknown'), 0)::bigint AS unknown
    FROM (SELECT n, CASE WHEN user_agent = '' THEN 'unknown' WHEN {TABLET} THEN 'tablet' WHEN {PHONE} THEN 'phone'
                         WHEN {ANDROID} THEN 'tablet' END AS device
          FROM (SELECT user_agent, count(*) AS n FROM webinar_user_sessions WHERE webinar_id = %(webinar_id)s
                GROUP BY user_agent OFFSET 0) AS browsers) AS found
)
SELECT people.*, stays.*, devices.* FROM people, stays, devices"""


class Sessions(NamedTuple):
    """`average` and `median` are seconds, None where none was closed."""

    sessions: int
    guests: int
    people: int
    exits: int
    timeouts: int
    average: float | None
    median: float | None
    tablets: int
    phones: int
    unknown: int


def sessions_of(webinar_id: uuid.UUID) -> Sessions:
    with connection.cursor() as cursor:
        cursor.execute(SESSIONS, {"webinar_id": webinar_id})
        return Sessions(*cursor.fetchone())
