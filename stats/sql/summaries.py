"""What a long history comes to, kept small by the minute job, and read together with what is newest (spec 6)."""

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from eventflow.database import fetch_one

# Days are settled when two midnights have passed since: no scheduler's clock is that late, and the minute's claim
# refuses what comes before the last sample. `days` at most of `webinars` at a time, from the first bucket that was not
# settled to the next one after those days: however long a history is, each statement is short, and what it did stays
# done. A day that was settled by a clock that ran ahead is settled again. (LATERAL: a join would read all buckets.)
# ORM equivalent: AccessLog.objects.filter(webinar=…, time_bucket__range=…).annotate(TruncDay(…)).values("day")
# .annotate(Sum…), then AccessDay.objects.bulk_create(…) and AccessSummary…update(settled_until=…), per webinar.
# Index: access_log_unique. Cost: a scan of the summaries (one short row per webinar), and 1 µs a bucket of webinars *
# days: once a day and webinar that runs for days, of its last day. Two at once: the second skips what the first holds.
SETTLE = """
WITH due AS MATERIALIZED (
    SELECT s.webinar_id, s.client_id, s.agency_id, s.settled_until,
           date_trunc('day', s.last_sample_at, 'UTC') - interval '1 day' AS until
    FROM webinar_access_summaries s
    WHERE s.last_sample_at IS NOT NULL
      AND (s.settled_until IS NULL
           OR s.settled_until < date_trunc('day', s.last_sample_at, 'UTC') - interval '1 day')
    LIMIT %(webinars)s FOR UPDATE SKIP LOCKED
), part AS MATERIALIZED (
    SELECT due.webinar_id, due.client_id, due.agency_id, first.day AS since, due.until AS whole,
           least(due.until, first.day + %(days)s * interval '24 hours') AS until, least(due.until, next.day) AS next
    FROM due CROSS JOIN LATERAL (
        SELECT date_trunc('day', min(l.time_bucket), 'UTC') AS day FROM webinar_access_logs l
        WHERE l.webinar_id = due.webinar_id AND l.time_bucket >= coalesce(due.settled_until, '-infinity')
    ) AS first CROSS JOIN LATERAL (
        SELECT date_trunc('day', min(l.time_bucket), 'UTC') AS day FROM webinar_access_logs l
        WHERE l.webinar_id = due.webinar_id AND l.time_bucket >= first.day + %(days)s * interval '24 hours'
    ) AS next
), settled AS (
    INSERT INTO webinar_access_days AS d
        (webinar_id, client_id, agency_id, day, sample_count, sum_participants, max_participants, peak_time,
         created_at, updated_at)
    SELECT part.webinar_id, part.client_id, part.agency_id, of.*, %(now)s, %(now)s
    FROM part CROSS JOIN LATERAL (
        SELECT date_trunc('day', l.time_bucket, 'UTC') AS day, sum(l.sample_count), sum(l.sum_participants),
               max(l.max_participants),
               (array_agg(l.time_bucket ORDER BY l.max_participants DESC, l.time_bucket))[1]
        FROM webinar_access_logs l
        WHERE l.webinar_id = part.webinar_id AND l.time_bucket >= part.since AND l.time_bucket < part.until
        GROUP BY 1
    ) AS of
    ON CONFLICT (webinar_id, day) DO UPDATE SET
        sample_count = excluded.sample_count, sum_participants = excluded.sum_participants,
        max_participants = excluded.max_participants, peak_time = excluded.peak_time, updated_at = excluded.updated_at
), moved AS (
    UPDATE webinar_access_summaries s SET settled_until = part.next, updated_at = %(now)s
    FROM part WHERE s.webinar_id = part.webinar_id
    RETURNING part.next < part.whole AS is_behind
)
SELECT count(*), count(*) FILTER (WHERE is_behind) FROM moved"""

# People and sessions, counted ahead for webinars in which counting takes long: while their rooms are open, and once
# more when they are over; the one that waited longest first. Webinars that are over are looked at once, whether they
# were running under this job's eyes or not: `counted_at` without a count says that one is small. Ended webinars that
# were never sampled (imported ones) are looked at when they are first seen, and a last time `imported` later.
# ORM equivalent: for each: UserSession.objects.filter(webinar=…).aggregate(Count("id"), Count("user", distinct=True)).
# Index: session_of_person, read alone. Cost: 0.2 µs per session, of `webinars` webinars at most; for the others that
# are running, and `looked` that are over, a look at `large` entries of the index at most; a scan of the summaries and
# of the ended webinars.
FINAL = "coalesce(s.last_sample_at + %(after)s, s.created_at + %(imported)s)"
COUNT = f"""
WITH never_sampled AS (
    INSERT INTO webinar_access_summaries (webinar_id, client_id, agency_id, created_at, updated_at)
    SELECT w.id, w.client_id, w.agency_id, %(now)s, %(now)s FROM webinars w
    WHERE w.state = 'ended' AND NOT EXISTS (SELECT FROM webinar_access_summaries s WHERE s.webinar_id = w.id)
    ORDER BY w.id LIMIT %(looked)s
    ON CONFLICT (webinar_id) DO NOTHING
), looked AS MATERIALIZED (
    SELECT s.webinar_id, s.sessions, false AS is_over FROM webinar_access_summaries s
    WHERE s.last_sample_at > %(now)s - %(after)s AND s.counted_at IS DISTINCT FROM %(now)s
    UNION ALL
    (SELECT s.webinar_id, s.sessions, true FROM webinar_access_summaries s
     WHERE {FINAL} <= %(now)s AND (s.counted_at IS NULL OR s.counted_at < {FINAL})
        OR s.last_sample_at IS NULL AND s.counted_at IS NULL
     LIMIT %(looked)s)
), sized AS MATERIALIZED (
    SELECT looked.webinar_id, looked.is_over, looked.sessions IS NOT NULL OR EXISTS (
        SELECT FROM webinar_user_sessions p WHERE p.webinar_id = looked.webinar_id OFFSET %(large)s) AS is_large
    FROM looked
), small AS MATERIALIZED (
    SELECT s.webinar_id FROM webinar_access_summaries s JOIN sized USING (webinar_id)
    WHERE sized.is_over AND NOT sized.is_large FOR UPDATE OF s SKIP LOCKED
), large AS MATERIALIZED (
    SELECT s.webinar_id FROM webinar_access_summaries s JOIN sized USING (webinar_id)
    WHERE sized.is_large ORDER BY s.counted_at NULLS FIRST LIMIT %(webinars)s FOR UPDATE OF s SKIP LOCKED
), seen AS (
    UPDATE webinar_access_summaries s SET counted_at = %(now)s, updated_at = %(now)s
    FROM small WHERE s.webinar_id = small.webinar_id
), counted AS (
    UPDATE webinar_access_summaries s
    SET sessions = found.sessions, total_attendees = found.people, counted_at = %(now)s, updated_at = %(now)s
    FROM large CROSS JOIN LATERAL (
        SELECT count(*) AS sessions, count(DISTINCT p.user_id) AS people
        FROM webinar_user_sessions p WHERE p.webinar_id = large.webinar_id
    ) AS found
    WHERE s.webinar_id = large.webinar_id
    RETURNING 1
)
SELECT count(*) FROM counted"""

# How long an import may take to bring a webinar's sessions after the webinar.
IMPORTED = timedelta(days=1)


class Settled(NamedTuple):
    """For how many webinars days were gathered, or found to be none, and how many of these have more of them."""

    webinars: int
    behind: int


def settle_days(*, now: datetime, webinars: int, days: int) -> Settled:
    row = fetch_one(SETTLE, {"now": now, "webinars": webinars, "days": days})
    assert row is not None
    return Settled(*row)


def count_people(*, now: datetime, large: int, after: timedelta, webinars: int, looked: int) -> int:
    """How many webinars with more than `large` sessions were counted; each once for the same `now`."""
    row = fetch_one(
        COUNT,
        {"now": now, "large": large, "after": after, "webinars": webinars, "looked": looked, "imported": IMPORTED},
    )
    assert row is not None
    return int(row[0])


# What the samples of a stretch come to: whole settled days from `webinar_access_days`, the rest bucket by bucket.
# A stretch begins at the first bucket that is still there, so that a day of which buckets were pruned is read bucket
# by bucket, and an earlier one not at all. `upper_day` is never before `lower_day`: every bucket is in one part.
# ORM equivalent: AccessLog.objects.filter(webinar=…, time_bucket__range=…).aggregate(Sum…, Max…), at 100 ns a bucket.
# Index: access_log_unique, webinar_access_days_pkey. Cost: three days of buckets and the days at most.
def _samples(webinar_id: str, start: str, end: str) -> str:
    """CTEs: the `parts` of a webinar's stretch, each the samples of a whole day or of a bucket. When the last sample
    was taken is known of buckets only."""
    return f"""summary AS MATERIALIZED (
    SELECT s.* FROM webinar_access_summaries s WHERE s.webinar_id = {webinar_id}
), stretch AS MATERIALIZED (
    SELECT lower_end, upper_end, lower_day, greatest(lower_day, least(settled, upper_floor)) AS upper_day
    FROM (
        SELECT greatest(coalesce({start}::timestamptz, '-infinity'), first) AS lower_end,
               coalesce({end}::timestamptz, 'infinity') AS upper_end,
               date_trunc('day', greatest(coalesce({start}::timestamptz, '-infinity'), first)
                                 + interval '1 day' - interval '1 microsecond', 'UTC') AS lower_day,
               date_trunc('day', coalesce({end}::timestamptz, 'infinity'), 'UTC') AS upper_floor,
               coalesce((SELECT summary.settled_until FROM summary), '-infinity') AS settled
        FROM (SELECT coalesce(min(l.time_bucket), 'infinity') AS first
              FROM webinar_access_logs l WHERE l.webinar_id = {webinar_id}) oldest
    ) ends
), parts AS (
    SELECT d.sample_count, d.sum_participants, d.max_participants, d.peak_time, NULL::timestamptz AS last_sample_at
    FROM stretch JOIN webinar_access_days d
      ON d.webinar_id = {webinar_id} AND d.day >= lower_day AND d.day < upper_day
    UNION ALL
    SELECT l.sample_count, l.sum_participants, l.max_participants, l.time_bucket, l.last_sample_at
    FROM stretch JOIN webinar_access_logs l
      ON l.webinar_id = {webinar_id} AND l.time_bucket >= lower_end AND l.time_bucket < least(upper_end, lower_day)
    UNION ALL
    SELECT l.sample_count, l.sum_participants, l.max_participants, l.time_bucket, l.last_sample_at
    FROM stretch JOIN webinar_access_logs l
      ON l.webinar_id = {webinar_id} AND l.time_bucket >= upper_day AND l.time_bucket < upper_end
)"""


# Sealed people stay counted when their sessions were pruned, or a person was erased.
# ORM equivalent: as above, UserSession.objects.filter(webinar=…).aggregate(Count("user_id", distinct=True)), and
# AttendanceSeal.objects.current(). Index: as above, session_of_person, seal_version_unique. Cost: as above, and
# counting the people of a webinar that is not large.
FIGURES = f"""
WITH {_samples("%(webinar_id)s", "%(start)s", "%(end)s")}
SELECT coalesce(sum(sample_count), 0)::bigint, coalesce(sum(sum_participants), 0)::bigint,
       coalesce(max(max_participants), 0),
       (array_agg(peak_time ORDER BY max_participants DESC, peak_time))[1],
       greatest(coalesce((SELECT summary.total_attendees FROM summary),
                         (SELECT count(DISTINCT p.user_id) FROM webinar_user_sessions p
                          WHERE p.webinar_id = %(webinar_id)s)),
                (SELECT seal.people_count FROM attendance_seals seal
                 WHERE seal.webinar_id = %(webinar_id)s ORDER BY seal.version DESC LIMIT 1))
FROM parts"""

# The samples of several webinars, without their people; webinars without a sample are left out.
# ORM equivalent: AccessLog.objects.filter(webinar__in=…).values("webinar").annotate(Sum…, Max…), at 100 ns a bucket.
# Index and cost: as above, for each webinar.
SAMPLES = f"""
SELECT asked.webinar_id, found.* FROM unnest(%(webinar_ids)s::uuid[]) AS asked (webinar_id) CROSS JOIN LATERAL (
    WITH {_samples("asked.webinar_id", "NULL", "NULL")}
    SELECT sum(sample_count)::bigint AS samples, sum(sum_participants)::bigint, max(max_participants),
           coalesce(max(last_sample_at), (SELECT summary.last_sample_at FROM summary))
    FROM parts
) AS found
WHERE found.samples IS NOT NULL"""


class AccessFigures(NamedTuple):
    """`peak_time` is the start of the first bucket that reached the peak, None without a sample."""

    samples: int
    total: int
    peak: int
    peak_time: datetime | None
    attendees: int


def access_figures(webinar_id: uuid.UUID, *, start: datetime | None, end: datetime | None) -> AccessFigures:
    """Of the buckets that begin in [start, end); the attendees are those of the whole webinar."""
    row = fetch_one(FIGURES, {"webinar_id": webinar_id, "start": start, "end": end})
    assert row is not None
    return AccessFigures(*row)


class Samples(NamedTuple):
    webinar_id: uuid.UUID
    samples: int
    total: int
    peak: int
    last_sample_at: datetime


def samples_of(webinar_ids: Sequence[uuid.UUID]) -> list[Samples]:
    """All samples of each of these webinars that has any. One query."""
    with connection.cursor() as cursor:
        cursor.execute(SAMPLES, {"webinar_ids": list(webinar_ids)})
        return [Samples(*row) for row in cursor.fetchall()]
