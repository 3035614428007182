"""The statements that seal a webinar's attendance, and compute what a seal must still match (spec 7, Sealing)."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection

from presence.sql.hot import LAST_HEARTBEAT
from presence.sql.ledger import FIGURES, STRETCHES, Figures, Frame

# Times as text are part of what is hashed.
TIMES_IN_UTC = "SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true)"
# Sealing 100,000 people takes seconds, and waiting for another seal of the client as well.
PATIENCE = "SELECT set_config('statement_timeout', '300s', true), set_config('lock_timeout', '60s', true)"
# While a person is erased nobody seals, and the other way round: a seal that read the name would keep it.
NOBODY_IS_ERASED = "SELECT pg_advisory_xact_lock_shared(hashtextextended('a person is erased', 0))"
NOBODY_SEALS = "SELECT pg_advisory_xact_lock(hashtextextended('a person is erased', 0))"
# Seals of one webinar queue up, before any of them locks a row.
SEAL_OF_WEBINAR = "hashtextextended('seal ' || %(webinar_id)s::text, 0)"
ONE_AT_A_TIME = f"SELECT pg_advisory_xact_lock({SEAL_OF_WEBINAR})"
UNLESS_SEALING = f"SELECT pg_try_advisory_xact_lock({SEAL_OF_WEBINAR})"
# What this very transaction has entered is checked before the seal exists, and not against it.
CHECK_ENTRIES = "SET CONSTRAINTS session_before_seal, registration_before_seal IMMEDIATE"
CHECK_AT_COMMIT = "SET CONSTRAINTS session_before_seal, registration_before_seal DEFERRED"

# Webinars that ended, whose collect window is over and that have no seal. The newest first, so that what has just
# ended does not wait behind years of history.
# ORM equivalent: Webinar.objects.filter(state="ended", attendance_seals=None) and .collected_after(now) excluded.
# Index: seal_version_unique. Cost: a scan of the webinars, a look-up each.
COLLECTED = """w.state = 'ended'
  AND w.webinar_actual_end_time + make_interval(mins => w.post_window_minutes) <= %(now)s"""
DUE = f"""
SELECT w.id FROM webinars w
WHERE {COLLECTED} AND NOT EXISTS (SELECT FROM attendance_seals s WHERE s.webinar_id = w.id)
ORDER BY w.webinar_actual_end_time DESC, w.id"""

# What is still open ends at its last heartbeat, as the sweeper would end it, never now.
# ORM equivalent: UserSession.objects.open().filter(webinar=…).update(exited_at=Coalesce(…), closed_reason="timeout").
# Index: session_open. Cost: one update for each open session.
CLOSE = f"""
UPDATE webinar_user_sessions s
SET exited_at = {LAST_HEARTBEAT}, closed_reason = 'timeout', updated_at = %(now)s
WHERE s.webinar_id = %(webinar_id)s AND s.exited_at IS NULL"""

# SHA-256 over raw sessions: every column that a figure can depend on, in the order in which they were entered.
DIGEST = """encode(sha256(convert_to(coalesce(string_agg(jsonb_build_array(
            s.id, s.session_id, s.entered_at, s.exited_at, s.last_heartbeat_at, s.is_visible, s.closed_reason,
            s.watched_seconds_raw, s.watched_ranges::text, s.silent_ranges::text)::text,
        chr(10) ORDER BY s.entered_at, s.id), ''), 'UTF8')), 'hex')"""

# Each person's figures, strip and digest as the ledger says them now.
# ORM equivalent: none. Index: session_of_person, twice as one scan and then once per person. Cost: docs/benchmarks.md.
NOW = f"""ledger AS (
    SELECT f.*, st.present_ranges, st.visible_ranges, raw.sessions_digest
    FROM (WITH {FIGURES} SELECT * FROM figures) AS f
    JOIN (WITH {STRETCHES} SELECT * FROM stretches) AS st USING (user_id)
    CROSS JOIN LATERAL (
        SELECT {DIGEST} AS sessions_digest FROM webinar_user_sessions s
        WHERE s.webinar_id = %(webinar_id)s AND s.user_id = f.user_id
    ) AS raw
)"""
STRETCH_COLUMNS = ("present_ranges", "visible_ranges")
SEALED_COLUMNS = (*Figures._fields[1:], *STRETCH_COLUMNS, "sessions_digest")

# Who it was, in the form that the identity digest covers: as a JSON array, so that no part can run into another.
IDENTITY = "encode(sha256(convert_to(json_build_array({salt}, {user_id}, {email}, {name})::text, 'UTF8')), 'hex')"

# Rows are numbered by user id. The salt is two random UUIDs, from PostgreSQL's strong source. Who was erased before is
# sealed as erasing would leave the row.
INSERT_ROWS = f"""
WITH {NOW}, named AS MATERIALIZED (
    SELECT ledger.*, coalesce(u.display_name, '') AS display_name, coalesce(u.email, '') AS email,
           coalesce(u.email = 'erased-' || ledger.user_id || '@' || %(tombstones)s, true) AS erased,
           replace(gen_random_uuid()::text || gen_random_uuid()::text, '-', '') AS identity_salt
    FROM ledger LEFT JOIN LATERAL (
        SELECT users.display_name, users.email FROM users WHERE users.id = ledger.user_id LIMIT 1
    ) AS u ON true
)
INSERT INTO sealed_attendance
    (seal_id, row, user_id, display_name, email, identity_salt, identity_digest, {", ".join(SEALED_COLUMNS)})
SELECT %(seal_id)s, row_number() OVER (ORDER BY user_id), CASE WHEN NOT erased THEN user_id END,
       CASE WHEN erased THEN '' ELSE display_name END, CASE WHEN erased THEN '' ELSE email END,
       CASE WHEN erased THEN '' ELSE identity_salt END,
       {IDENTITY.format(salt="identity_salt", user_id="user_id", email="email", name="display_name")},
       {", ".join(SEALED_COLUMNS)}
FROM named"""

# Who was registered and since when. A person who was erased stays registered, by the same id.
REGISTRATIONS_DIGEST = """encode(sha256(convert_to(coalesce(string_agg(
            jsonb_build_array(r.user_id, r.registered_at)::text,
        chr(10) ORDER BY r.registered_at, r.user_id), ''), 'UTF8')), 'hex')"""

# Index: session_of_person, registration_unique. Cost: one scan of the webinar's sessions, one of its registrations.
EVIDENCE = f"""
SELECT (SELECT count(*)::int FROM webinar_user_sessions s WHERE s.webinar_id = %(webinar_id)s),
       (SELECT {DIGEST} FROM webinar_user_sessions s WHERE s.webinar_id = %(webinar_id)s AND s.user_id IS NULL),
       (SELECT {REGISTRATIONS_DIGEST} FROM registrations r
        WHERE r.webinar_id = %(webinar_id)s AND r.registered_at <= %(now)s)"""


class Evidence(NamedTuple):
    """How many raw sessions a webinar has, the digest of its guests', and that of the registrations until `now`."""

    sessions: int
    guests_digest: str
    registrations_digest: str


def prepare(webinar_id: uuid.UUID) -> None:
    """For the rest of the transaction, in which this webinar is sealed."""
    with connection.cursor() as cursor:
        cursor.execute(TIMES_IN_UTC)
        cursor.execute(PATIENCE)
        cursor.execute(NOBODY_IS_ERASED)
        cursor.execute(ONE_AT_A_TIME, {"webinar_id": webinar_id})
        cursor.execute(CHECK_ENTRIES)
        cursor.execute(CHECK_AT_COMMIT)


def lock_unless_sealing(webinar_id: uuid.UUID) -> bool:
    """Whether nobody seals this webinar; then nobody begins to before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(UNLESS_SEALING, {"webinar_id": webinar_id})
        return bool(cursor.fetchone()[0])


def wait_until_nobody_seals() -> None:
    """And let nobody begin before this transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(PATIENCE)
        cursor.execute(NOBODY_SEALS)


def due(*, now: datetime) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(DUE, {"now": now})
        return [row[0] for row in cursor.fetchall()]


def close_sessions(*, webinar_id: uuid.UUID, now: datetime) -> int:
    """How many it closed."""
    with connection.cursor() as cursor:
        cursor.execute(CLOSE, {"webinar_id": webinar_id, "now": now})
        return int(cursor.rowcount)


def insert_rows(*, seal_id: uuid.UUID, frame: Frame, tombstones: str) -> int:
    """How many people. `tombstones` is the domain of the addresses of people who were erased."""
    with connection.cursor() as cursor:
        with without_nested_loops():
            cursor.execute(INSERT_ROWS, {**frame.params(), "seal_id": seal_id, "tombstones": tombstones})
        return int(cursor.rowcount)


@contextmanager
def without_nested_loops() -> Iterator[None]:
    """Within a transaction. Of a webinar that has just ended the planner may know nothing yet, and would compare
    everybody with everybody. Look-ups by index stay as they are: they have no other way."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_nestloop = off")
        yield
        cursor.execute("SET LOCAL enable_nestloop = on")


def evidence(frame: Frame) -> Evidence:
    """Within a transaction that keeps times in UTC."""
    with connection.cursor() as cursor:
        cursor.execute(EVIDENCE, frame.params())
        return Evidence(*cursor.fetchone())


def intervals_of(frame: Frame) -> dict[str, int]:
    """In seconds, as a seal keeps them."""
    return {name: int(getattr(frame, name).total_seconds()) for name in ("stale", "ping", "track")}


def sealed_frame(
    *, webinar_id: uuid.UUID, start: datetime, until: datetime, now: datetime, intervals: dict[str, int]
) -> Frame:
    """What the figures of a seal were computed with."""
    lengths = {name: timedelta(seconds=intervals[name]) for name in ("stale", "ping", "track")}
    return Frame(webinar_id=webinar_id, start=start, until=until, now=now, **lengths)
