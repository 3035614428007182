"""What must add up: who registered, who came, and what other tables know of the same webinar (spec 7)."""

import uuid
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection

from presence.sql.ledger import PAGES, Frame

# An address without what the same mailbox may be written with: case, space around it, a tag after "+", and the dots
# that Gmail alone does not read.
MAILBOX = """CASE WHEN split_part(address, '@', 2) IN ('gmail.com', 'googlemail.com')
        THEN replace(split_part(split_part(address, '@', 1), '+', 1), '.', '') || '@gmail.com'
        ELSE split_part(split_part(address, '@', 1), '+', 1) || '@' || split_part(address, '@', 2) END"""

SETS = f"""{PAGES}, came AS (
    SELECT user_id, count(begins) > 0 AS attended FROM pages GROUP BY user_id
), registered AS (
    SELECT r.user_id, coalesce(r.banned_at <= %(now)s, false) AS banned FROM registrations r
    WHERE r.webinar_id = %(webinar_id)s AND r.registered_at <= %(now)s
), everybody AS MATERIALIZED (
    SELECT user_id, registered.user_id IS NOT NULL AS registered, coalesce(registered.banned, false) AS banned,
           came.user_id IS NOT NULL AS came, coalesce(came.attended, false) AS attended
    FROM came FULL JOIN registered USING (user_id)
), seen AS (
    SELECT p.user_id FROM webinar_live_presence p
    WHERE p.webinar_id = %(webinar_id)s AND NOT EXISTS (
        SELECT FROM webinar_user_sessions s WHERE s.webinar_id = %(webinar_id)s AND s.user_id = p.user_id)
)"""
MAILBOXES = f"""mailboxes AS (
    SELECT u.id AS user_id, {MAILBOX} AS mailbox
    FROM everybody JOIN users u ON u.id = everybody.user_id
    CROSS JOIN LATERAL (SELECT lower(btrim(u.email)) AS address) AS folded
), shared AS (
    SELECT mailbox, array_agg(user_id ORDER BY user_id) AS user_ids FROM mailboxes
    GROUP BY mailbox HAVING count(*) > 1
)"""

# ORM equivalent: one query and one set of ids per figure, compared in Python.
# Index: session_of_person, registration_unique, webinar_live_presence_pkey, users_pkey. Cost: one scan of each of the
# webinar's sessions, registrations and presence.
COUNTS = f"""
WITH {SETS}, {MAILBOXES}
SELECT count(*) FILTER (WHERE registered)::int,
       count(*) FILTER (WHERE registered AND attended)::int,
       count(*) FILTER (WHERE registered AND NOT attended)::int,
       count(*) FILTER (WHERE banned)::int,
       count(*) FILTER (WHERE attended AND NOT registered)::int,
       count(*) FILTER (WHERE came AND NOT attended)::int,
       (SELECT count(*)::int FROM seen),
       (SELECT count(*)::int FROM shared),
       (SELECT coalesce(sum(cardinality(user_ids)), 0)::int FROM shared)
FROM everybody"""


class Counts(NamedTuple):
    registered: int
    attended: int
    absent: int
    banned: int
    attended_not_registered: int
    outside_window: int
    without_session: int
    duplicate_mailboxes: int
    duplicate_people: int


# Who they are, the first of each kind. Cost: as above.
PEOPLE = f"""
WITH {SETS}, odd AS (
    SELECT 'attendedNotRegistered' AS kind, user_id FROM everybody WHERE attended AND NOT registered
    UNION ALL SELECT 'outsideWindow', user_id FROM everybody WHERE came AND NOT attended
    UNION ALL SELECT 'withoutSession', user_id FROM seen
), numbered AS (
    SELECT odd.*, row_number() OVER (PARTITION BY kind ORDER BY user_id) AS number FROM odd
)
SELECT kind, u.id, u.display_name, u.email FROM numbered JOIN users u ON u.id = numbered.user_id
WHERE number <= %(listed)s ORDER BY kind, number"""
DUPLICATES = f"""
WITH {SETS}, {MAILBOXES}, first AS (SELECT * FROM shared ORDER BY mailbox LIMIT %(listed)s)
SELECT first.mailbox, u.id, u.display_name, u.email
FROM first CROSS JOIN LATERAL unnest(user_ids) AS member (user_id) JOIN users u ON u.id = member.user_id
ORDER BY first.mailbox, u.email"""


class Somebody(NamedTuple):
    """`kind` is the figure, or the mailbox that several share."""

    kind: str
    user_id: uuid.UUID
    display_name: str
    email: str


# The samples within the content window, as far as their buckets cannot grow any more: a bucket is 15 minutes long at
# most. The digest says whether any of them is another than it was.
# ORM equivalent: AccessLog.objects.filter(…).aggregate(…). Index: access_log_unique. Cost: the window's buckets.
SAMPLES = """
SELECT coalesce(sum(sample_count), 0)::int, max(max_participants),
       (array_agg(time_bucket ORDER BY max_participants DESC, time_bucket))[1],
       encode(sha256(convert_to(coalesce(string_agg(jsonb_build_array(
           extract(epoch FROM time_bucket), sample_count, sum_participants, min_participants, max_participants,
           last_participants, extract(epoch FROM first_sample_at), extract(epoch FROM last_sample_at))::text,
           chr(10) ORDER BY time_bucket), ''), 'UTF8')), 'hex')
FROM webinar_access_logs
WHERE webinar_id = %(webinar_id)s AND time_bucket >= %(start)s AND time_bucket < %(until)s
  AND time_bucket <= %(now)s - %(longest_bucket)s"""
LONGEST_BUCKET = timedelta(minutes=15)


class Samples(NamedTuple):
    taken: int
    peak: int | None
    peak_at: datetime | None
    digest: str


def counts(frame: Frame) -> Counts:
    with connection.cursor() as cursor:
        cursor.execute(COUNTS, frame.params())
        return Counts(*cursor.fetchone())


def people(frame: Frame, *, listed: int) -> list[Somebody]:
    return _everybody(PEOPLE, frame, listed)


def duplicates(frame: Frame, *, listed: int) -> list[Somebody]:
    return _everybody(DUPLICATES, frame, listed)


def _everybody(statement: str, frame: Frame, listed: int) -> list[Somebody]:
    with connection.cursor() as cursor:
        cursor.execute(statement, {**frame.params(), "listed": listed})
        return [Somebody(*row) for row in cursor.fetchall()]


def samples(frame: Frame, *, settled: bool) -> Samples:
    """`settled`: only buckets that cannot grow any more."""
    params: dict[str, Any] = {**frame.params(), "longest_bucket": LONGEST_BUCKET if settled else timedelta(0)}
    with connection.cursor() as cursor:
        cursor.execute(SAMPLES, params)
        return Samples(*cursor.fetchone())
