"""What an index costs the tables that every heartbeat writes, and what the jobs that read them lose without it."""

import time
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from bench.findings import Finding, milliseconds, shortest
from bench.people import Crowd, make_crowd, make_webinars
from presence.services.sessions import SWEEP_AT_MOST, SWEEP_BATCH
from presence.sql import hot as sql
from stats.sql.snapshot import snapshot

PEOPLE = 2_000
HEARTBEATS = 4  # of each person, after one that is not counted
SESSIONS = 1_000_000
OPEN = 5_000
STALE = 50_000
PRESENT = 100_000
WEBINARS = 1_000
PRESENCE, SESSION = "webinar_live_presence", "webinar_user_sessions"
INDEX = "bench_index"
# As `presence.models.ids.time_ordered_id` makes them.
TIME_ORDERED_ID = (
    "(lpad(to_hex((extract(epoch FROM at) * 1000)::bigint), 12, '0') || '7' || substr(md5(n::text), 1, 3)"
    " || '8' || substr(md5(n::text), 4, 15))::uuid"
)
BY_HEARTBEAT = f"CREATE INDEX {INDEX} ON {SESSION} (last_heartbeat_at) WHERE exited_at IS NULL"
BY_LAST_SIGN = f"CREATE INDEX {INDEX} ON {SESSION} (coalesce(last_heartbeat_at, entered_at)) WHERE exited_at IS NULL"
BY_SEEN = f"CREATE INDEX {INDEX} ON {PRESENCE} (last_seen_at)"


def measure(*, seconds: float) -> list[Finding]:
    crowd = make_crowd(slug="indexes", count=PEOPLE)
    webinars = make_webinars(crowd, WEBINARS)
    return [*_heartbeats(crowd), *_snapshot(webinars), *_sweeps(webinars)]


def _heartbeats(crowd: Crowd) -> list[Finding]:
    people = [{"user_id": made.user_id, "session_id": None} for made in crowd.passes]
    guests = [{"user_id": None, "session_id": str(uuid.uuid4())} for _ in range(PEOPLE)]
    type(crowd.webinar).objects.filter(id=crowd.webinar.id).update(access_policy="open")
    cases: list[tuple[str, str, list[dict[str, Any]], int, str]] = [
        ("presence, no index on last_seen_at (ours)", PRESENCE, people, 70, ""),
        ("presence, index on last_seen_at", PRESENCE, people, 70, BY_SEEN),
        ("presence, no such index, fillfactor 80", PRESENCE, people, 80, ""),
        ("presence, no such index, fillfactor 100", PRESENCE, people, 100, ""),
        ("session, open ones by webinar (ours)", SESSION, guests, 80, ""),
        ("session, open ones by last heartbeat", SESSION, guests, 80, BY_HEARTBEAT),
        ("session, open ones by webinar, fillfactor 70", SESSION, guests, 70, ""),
        ("session, open ones by webinar, fillfactor 100", SESSION, guests, 100, ""),
    ]
    found = [_heartbeat_case(crowd, *case) for case in cases]
    return [
        Finding(
            f"written heartbeats: {what}",
            ours=f"{one['firstHot']:.0%} then {one['hot']:.0%} heap-only, {one['wal']:.0f} B of WAL",
            target="≥ 95 % heap-only" if "ours" in what else "",
            met=one["hot"] >= 0.95 if "ours" in what else None,
            data=one,
        )
        for (what, *_), one in zip(cases, found, strict=True)
    ]


def _heartbeat_case(
    crowd: Crowd, what: str, table: str, callers: list[dict[str, Any]], fillfactor: int, index: str
) -> dict[str, float]:
    webinar = crowd.webinar
    usual = {PRESENCE: 70, SESSION: 80}[table]
    begin = timezone.now()
    common = {
        "webinar_id": webinar.id,
        "client_id": webinar.client_id,
        "agency_id": webinar.agency_id,
        "is_visible": True,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {PRESENCE}, {SESSION}")
        cursor.execute(f"ALTER TABLE {table} SET (fillfactor = {fillfactor})")
        if index:
            cursor.execute(index)
        if table == SESSION:
            _insert_open_sessions(cursor, crowd, [caller["session_id"] for caller in callers], begin)
        else:
            _beat(callers, common, begin)
        cursor.execute(f"VACUUM ANALYZE {table}")
        cursor.execute("CHECKPOINT")
        before = _counts(cursor, table)
        _beat(callers, common, begin + timedelta(seconds=61))
        first = _counts(cursor, table)
        for beat in range(HEARTBEATS):
            _beat(callers, common, begin + timedelta(seconds=61 * (beat + 2)))
        last = _counts(cursor, table)
        cursor.execute(f"DROP INDEX IF EXISTS {INDEX}")
        cursor.execute(f"ALTER TABLE {table} SET (fillfactor = {usual})")
    written = last["updates"] - first["updates"]
    assert written == len(callers) * HEARTBEATS, f"{what}: {written} heartbeats were written"
    return {
        "firstHot": (first["hot"] - before["hot"]) / (first["updates"] - before["updates"]),
        "hot": (last["hot"] - first["hot"]) / written,
        "wal": (last["wal"] - first["wal"]) / written,
    }


def _beat(callers: Sequence[dict[str, Any]], common: dict[str, Any], now: datetime) -> None:
    for caller in callers:
        sql.ping(**common, **caller, now=now)


def _counts(cursor: Any, table: str) -> dict[str, int]:
    cursor.execute("SELECT pg_stat_force_next_flush()")
    cursor.execute(
        "SELECT n_tup_upd, n_tup_hot_upd, pg_current_wal_insert_lsn() - '0/0' FROM pg_stat_user_tables"
        " WHERE relname = %s",
        [table],
    )
    updates, hot, wal = cursor.fetchone()
    return {"updates": updates, "hot": hot, "wal": int(wal)}


def _insert_open_sessions(cursor: Any, crowd: Crowd, session_ids: list[str], now: datetime) -> None:
    webinar = crowd.webinar
    cursor.execute(
        f"""
        INSERT INTO {SESSION}
            (id, webinar_id, client_id, agency_id, session_id, entered_at, last_heartbeat_at, is_visible,
             watched_seconds_raw, watched_ranges, user_agent, referrer, created_at, updated_at)
        SELECT gen_random_uuid(), %(w)s, %(c)s, %(a)s, s, %(now)s, %(now)s, true, 0, '{{}}',
               'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36', '', %(now)s, %(now)s
        FROM unnest(%(sessions)s::text[]) s
        """,
        {"w": webinar.id, "c": webinar.client_id, "a": webinar.agency_id, "now": now, "sessions": session_ids},
    )


def _snapshot(webinars: list[uuid.UUID]) -> list[Finding]:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {PRESENCE}, {SESSION}")
        cursor.execute("SET session_replication_role = replica")  # the rows refer to nobody
        cursor.execute(
            f"""
            INSERT INTO {PRESENCE}
                (webinar_id, user_id, client_id, agency_id, joined_at, last_seen_at, created_at, updated_at)
            SELECT w.id, gen_random_uuid(), w.client_id, w.agency_id, %(now)s, %(now)s, %(now)s, %(now)s
            FROM generate_series(1, %(count)s) n
            JOIN webinars w ON w.id = (%(webinars)s::uuid[])[1 + n %% %(webinar_count)s]
            """,
            {"now": now, "count": PRESENT, "webinars": webinars, "webinar_count": len(webinars)},
        )
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(f"VACUUM ANALYZE {PRESENCE}")
        plain = f"SELECT webinar_id, count(*) FROM {PRESENCE} WHERE last_seen_at >= %s GROUP BY webinar_id"

        def count() -> None:
            cursor.execute(plain, [now - timedelta(seconds=settings.PRESENCE_ACTIVE_WINDOW_SECONDS)])
            assert len(cursor.fetchall()) == len(webinars)

        ceiling = shortest(9, count)
        cursor.execute(f"UPDATE {PRESENCE} SET last_seen_at = last_seen_at + interval '1 day'")  # to be in each minute
        cursor.execute(f"VACUUM FULL {PRESENCE}")
    minutes = iter(range(1, 100))

    def new_minute() -> None:
        made = snapshot(now=now + timedelta(minutes=next(minutes)))
        assert made >= len(webinars), made

    ours = shortest(9, new_minute)
    return [
        Finding(
            f"snapshot, {PRESENT:,} people in {WEBINARS:,} webinars (ceiling: the plain count)",
            milliseconds(ceiling),
            milliseconds(ours),
            ceiling / ours,
            "< 3 × the ceiling's, < 250 ms",
            ours < 3 * ceiling and ours < 0.25,
        )
    ]


def _sweeps(webinars: list[uuid.UUID]) -> list[Finding]:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(f"TRUNCATE {PRESENCE}, {SESSION}")
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            f"""
            INSERT INTO {SESSION}
                (id, webinar_id, client_id, agency_id, session_id, entered_at, last_heartbeat_at, exited_at,
                 closed_reason, is_visible, watched_seconds_raw, watched_ranges, user_agent, referrer,
                 created_at, updated_at)
            SELECT {TIME_ORDERED_ID}, w.id, w.client_id, w.agency_id, 'session_' || n, at, at + interval '30 minutes',
                   CASE WHEN n > %(open)s THEN at + interval '30 minutes' END,
                   CASE WHEN n > %(open)s THEN 'exit' END,
                   true, 1800, tstzmultirange(tstzrange(at, at + interval '30 minutes')), 'Mozilla/5.0', '', at, at
            FROM (SELECT n, CASE WHEN n > %(open)s THEN %(now)s - interval '1 day' - n * interval '1 second'
                                 ELSE %(now)s - interval '30 minutes' END AS at
                  FROM generate_series(1, %(count)s) n) numbers
            JOIN webinars w ON w.id = (%(webinars)s::uuid[])[1 + n %% %(webinar_count)s]
            """,
            {
                "now": now, "count": SESSIONS, "open": OPEN, "webinars": webinars, "webinar_count": len(webinars),
            },
        )  # fmt: skip
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute(f"VACUUM ANALYZE {SESSION}")
    cases = [("open ones by webinar (ours)", ""), ("open ones by last heartbeat", BY_LAST_SIGN)]
    lines = []
    for what, index in cases:
        idle, total, longest, batches = _sweep_case(now, index)
        ours = "ours" in what
        lines.append(
            Finding(
                f"sweep, nothing to do among {SESSIONS:,}, {OPEN:,} open: {what}",
                ours=milliseconds(idle),
                target="< 5 ms" if ours else "",
                met=idle < 0.005 if ours else None,
            )
        )
        lines.append(
            Finding(
                f"sweep of {STALE:,} stale: {what}",
                ours=f"{milliseconds(total)}, longest of {batches} {milliseconds(longest)}",
                target="< 1 s, none over 100 ms" if ours else "",
                met=total < 1 and longest < 0.1 if ours else None,
            )
        )
    return lines


def _sweep_case(now: datetime, index: str) -> tuple[float, float, float, int]:
    """(idle, all batches, the longest batch, how many). The sessions that it opens are closed by it again."""
    with connection.cursor() as cursor:
        if index:
            cursor.execute(index)
            cursor.execute("DROP INDEX session_open")
        idle = shortest(9, lambda: _find(now))
        cursor.execute(
            f"""
            UPDATE {SESSION} SET exited_at = NULL, closed_reason = NULL
            WHERE id IN (SELECT id FROM {SESSION} WHERE exited_at IS NOT NULL LIMIT {STALE})
            """
        )
        cursor.execute(f"VACUUM ANALYZE {SESSION}")
        cursor.execute("CHECKPOINT")
        started = time.perf_counter()
        batches = _find(now)
        found = time.perf_counter() - started
        times = []
        closed = 0
        for places in batches:
            started = time.perf_counter()
            closed += sql.sweep(places, now=now)
            times.append(time.perf_counter() - started)
        assert closed == STALE, closed
        if index:
            cursor.execute(f"DROP INDEX {INDEX}")
    return idle, found + sum(times), max(times), len(times)


def _find(now: datetime) -> list[str]:
    return sql.find_silent(now=now, batch=SWEEP_BATCH, most=SWEEP_AT_MOST)
