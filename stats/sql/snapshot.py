"""The minute's statement (spec 6)."""

from datetime import datetime, timedelta

from django.conf import settings

from eventflow.database import fetch_one

# One sample for every webinar that has people in it, and a 0 for every webinar in its content window that has none.
# A webinar gets at most one sample a minute: whoever moves its `last_sample_at` into this minute adds it. The
# NOT EXISTS in front spares the row lock and the WAL when this minute is done; the WHERE behind it decides between two
# runs at once, also when the bucket's length was changed between them and they would write to different buckets.
# Both take the webinars in the same order, so that neither waits for the other in a circle.
# A claim that lies in the future was made by a clock that ran ahead: it holds no longer, and days that were settled by
# it are open again. What was sampled then stays where that clock put it; so no clock, whichever way it was moved,
# makes a minute count twice: a bucket says from when to when it was sampled, and nothing is added in between. OFFSET
# keeps this a look at 15 entries of the index at most: joined to all buckets, it could read all of them.
# Whoever was present is counted at the same instant for all webinars, in one scan of the presence table.
# `last_seen_at + active` is not compared with the histogram of `last_seen_at`, which is always older than now: by it
# nobody would be present, and the plan for nobody takes ten times as long for 100,000 (docs/benchmarks.md).
# ORM equivalent: LivePresence…values("webinar_id").annotate(Count("*")), then AccessLog.update_or_create(…) for each.
# Index: webinar_access_summaries_pkey, access_log_unique, webinar_by_start. Cost: docs/benchmarks.md.
SNAPSHOT = """
WITH people AS MATERIALIZED (
    SELECT p.webinar_id, count(*)::int AS n FROM webinar_live_presence p
    WHERE p.last_seen_at + %(active)s >= %(now)s
    GROUP BY p.webinar_id
), sampled AS MATERIALIZED (
    SELECT w.id, w.client_id, w.agency_id, coalesce(people.n, 0) AS n,
           to_timestamp(floor(extract(epoch FROM %(now)s::timestamptz) / w.bucket_seconds) * w.bucket_seconds)
               AS bucket
    FROM webinars w LEFT JOIN people ON people.webinar_id = w.id
    WHERE w.state <> 'draft'
      AND (people.n IS NOT NULL OR (
          w.webinar_start_time <= %(now)s
          AND (coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time) IS NULL
               OR coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time) > %(now)s)))
      AND NOT EXISTS (
          SELECT FROM webinar_access_summaries s
          WHERE s.webinar_id = w.id AND s.last_sample_at >= date_trunc('minute', %(now)s::timestamptz)
            AND s.last_sample_at <= %(now)s::timestamptz + %(ahead)s)
      AND NOT EXISTS (
          SELECT FROM webinar_access_logs l
          WHERE l.webinar_id = w.id AND l.time_bucket > %(now)s::timestamptz - interval '16 minutes'
            AND l.time_bucket <= %(now)s AND l.last_sample_at >= date_trunc('minute', %(now)s::timestamptz)
            AND l.first_sample_at < date_trunc('minute', %(now)s::timestamptz) + interval '1 minute'
          OFFSET 0)
), claimed AS (
    INSERT INTO webinar_access_summaries AS s
        (webinar_id, client_id, agency_id, last_sample_at, created_at, updated_at)
    SELECT d.id, d.client_id, d.agency_id, %(now)s, %(now)s, %(now)s FROM sampled d ORDER BY d.id
    ON CONFLICT (webinar_id) DO UPDATE
        SET last_sample_at = excluded.last_sample_at, updated_at = excluded.updated_at,
            settled_until = CASE
                WHEN s.settled_until > date_trunc('day', excluded.last_sample_at, 'UTC') - interval '1 day'
                THEN date_trunc('day', excluded.last_sample_at, 'UTC') - interval '1 day'
                ELSE s.settled_until END
        WHERE s.last_sample_at IS NULL OR s.last_sample_at < date_trunc('minute', excluded.last_sample_at)
           OR s.last_sample_at > excluded.last_sample_at + %(ahead)s
    RETURNING s.webinar_id
), written AS (
    INSERT INTO webinar_access_logs AS l
        (webinar_id, client_id, agency_id, time_bucket, sample_count, sum_participants, min_participants,
         max_participants, last_participants, first_sample_at, last_sample_at, created_at, updated_at)
    SELECT d.id, d.client_id, d.agency_id, d.bucket, 1, d.n, d.n, d.n, d.n, %(now)s, %(now)s, %(now)s, %(now)s
    FROM claimed JOIN sampled d ON d.id = claimed.webinar_id
    ON CONFLICT (webinar_id, time_bucket) DO UPDATE SET
        sample_count = l.sample_count + 1,
        sum_participants = l.sum_participants + excluded.sum_participants,
        min_participants = least(l.min_participants, excluded.min_participants),
        max_participants = greatest(l.max_participants, excluded.max_participants),
        last_participants = CASE WHEN excluded.last_sample_at >= l.last_sample_at THEN excluded.last_participants
                                 ELSE l.last_participants END,
        first_sample_at = least(l.first_sample_at, excluded.first_sample_at),
        last_sample_at = greatest(l.last_sample_at, excluded.last_sample_at),
        updated_at = excluded.updated_at
    RETURNING 1
)
SELECT count(*) FROM written"""


# How far a clock may be from the database's. A claim that is further ahead than two such clocks can be from each other
# was made by one that was wrong.
CLOCKS_DIFFER = timedelta(minutes=1)


def clock_ahead(now: datetime) -> timedelta:
    """How far `now` is ahead of the database's clock; negative when it is behind."""
    row = fetch_one("SELECT %(now)s::timestamptz - clock_timestamp()", {"now": now})
    assert row is not None
    ahead: timedelta = row[0]
    return ahead


def snapshot(*, now: datetime) -> int:
    """How many webinars got a sample."""
    active = timedelta(seconds=settings.PRESENCE_ACTIVE_WINDOW_SECONDS)
    row = fetch_one(SNAPSHOT, {"now": now, "active": active, "ahead": 2 * CLOCKS_DIFFER})
    assert row is not None
    return int(row[0])
