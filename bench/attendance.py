"""The attendance of a webinar with 100,000 sessions among a million: every figure at once, pages, sealed pages."""

import uuid
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from bench.findings import Finding, milliseconds, shortest
from bench.people import make_crowd, make_webinars
from presence.sql import ledger
from presence.sql.ledger import Frame, frame_of
from stats.models import AttendanceSeal
from stats.selectors.attendance import AttendanceQuery, attendance_page
from stats.sql.attendance import SORTS
from webinars.models import Webinar

SESSIONS = 1_000_000
OF_ONE = 100_000
PEOPLE = 60_000
ELSEWHERE = 900
DEEP = 20  # pages of 200 down

# The least that a union is: one pass in the order of the index, nothing but the seconds that the person was there.
PLAIN_UNION = """
SELECT count(*), sum(present) FROM (
    SELECT user_id, sum(greatest(finishes - greatest(begins, reached), interval '0')) AS present
    FROM (
        SELECT user_id, begins, finishes, max(finishes) OVER (
            PARTITION BY user_id ORDER BY begins ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
        FROM (
            SELECT user_id, greatest(entered_at, %(start)s) AS begins, least(exited_at, %(until)s) AS finishes
            FROM webinar_user_sessions
            WHERE webinar_id = %(webinar_id)s AND user_id IS NOT NULL
              AND entered_at < %(until)s AND exited_at > %(start)s
        ) AS clipped
    ) AS ordered
    GROUP BY user_id
) AS people"""
EVERY_FIGURE = f"""
SELECT count(*), max(first_entered), max(last_exited), {
    ", ".join(
        f"sum({column})"
        for column in (
            "session_count",
            "connected_seconds",
            "unique_seconds",
            "visible_seconds",
            "overlap_seconds",
            "uncertainty_seconds",
            "attendance_percent",
        )
    )
}
FROM ({ledger.SELECT_FIGURES}) AS figures"""


def measure(*, seconds: float) -> list[Finding]:
    webinar = make_attendance()
    now = timezone.now()
    return [*_figures(frame_of(webinar, now=now)), *_pages(webinar, now), *_sealed(webinar, now)]


def make_attendance() -> Webinar:
    """Two thirds of the people open one page, the others more; one in five pages falls silent in the end."""
    crowd = make_crowd(slug="attendance", count=PEOPLE)
    webinar = crowd.webinar
    webinar.webinar_start_time = timezone.now() - timedelta(hours=1)
    webinar.save(update_fields=["webinar_start_time"])
    make_sessions([webinar.id], [made.user_id for made in crowd.passes], OF_ONE)
    make_sessions(make_webinars(crowd, ELSEWHERE), [uuid.uuid4() for _ in range(PEOPLE)], SESSIONS - OF_ONE)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE webinar_user_sessions")
    return webinar


def make_sessions(webinars: list[uuid.UUID], users: list[Any], count: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        cursor.execute(
            """
            INSERT INTO webinar_user_sessions
                (id, webinar_id, client_id, agency_id, user_id, session_id, entered_at, last_heartbeat_at, exited_at,
                 closed_reason, is_visible, watched_seconds_raw, watched_ranges, user_agent, referrer, created_at,
                 updated_at)
            SELECT gen_random_uuid(), w.id, w.client_id, w.agency_id, u, gen_random_uuid()::text, e, x, x,
                   CASE WHEN n %% 5 = 0 THEN 'timeout' ELSE 'exit' END, true, 0,
                   tstzmultirange(tstzrange(e, e + (x - e) / 3), tstzrange(e + (x - e) / 2, x)),
                   'Mozilla/5.0 (bench)', '', e, e
            FROM (
                SELECT n, e, e + random() * interval '40 minutes' AS x,
                       (%(users)s::uuid[])[1 + (CASE WHEN n <= %(people)s THEN n ELSE n::bigint * 7919 %% 20000 END)
                                           %% %(people)s] AS u,
                       (%(webinars)s::uuid[])[1 + n %% %(webinar_count)s] AS webinar_id
                FROM (SELECT n, %(now)s - interval '70 minutes' * random() AS e
                      FROM generate_series(1, %(count)s) AS n) AS numbers
            ) AS chosen
            JOIN webinars w ON w.id = chosen.webinar_id
            """,
            {
                "users": users, "people": len(users), "webinars": webinars, "webinar_count": len(webinars),
                "count": count, "now": timezone.now(),
            },
        )  # fmt: skip
        cursor.execute("SET session_replication_role = DEFAULT")


def _figures(frame: Frame) -> list[Finding]:
    with connection.cursor() as cursor:

        def run(statement: str) -> None:
            cursor.execute(statement, frame.params())
            assert cursor.fetchone()[0] >= PEOPLE * 0.9

        plain = shortest(7, lambda: run(PLAIN_UNION))
        ours = shortest(7, lambda: run(EVERY_FIGURE))
    return [
        Finding(
            f"attendance of {OF_ONE:,} sessions among {SESSIONS:,}, every figure (ceiling: the plain union)",
            milliseconds(plain),
            milliseconds(ours),
            plain / ours,
            "≤ 5 × the ceiling's, < 500 ms",
            ours <= 5 * plain and ours < 0.5,
        )
    ]


def _pages(webinar: Webinar, now: datetime) -> list[Finding]:
    cases = {
        "": AttendanceQuery(),
        ", by name": AttendanceQuery(sort="displayName"),
        ", searched": AttendanceQuery(q="7@"),
    }
    findings = []
    for what, query in cases.items():
        cold = shortest(5, partial(_page, webinar, query, now))
        findings.append(_finding(f"a page of 50 of these people{what}, cold", cold, 0.5, "< 500 ms"))
    _page(webinar, AttendanceQuery(), now)
    warm = shortest(9, lambda: _page(webinar, AttendanceQuery(), now, fresh=False))
    return [*findings, _finding("the same from the cache", warm, 0.05, "< 50 ms")]


def _sealed(webinar: Webinar, now: datetime) -> list[Finding]:
    seal = make_seal(webinar, now)
    orders = [*SORTS, *(f"-{name}" for name in SORTS)]
    found = {sort: shortest(5, partial(_page, webinar, AttendanceQuery(sort=sort), now)) for sort in orders}
    slowest = max(found, key=found.__getitem__)
    query = AttendanceQuery(limit=200)
    for _ in range(DEEP):
        following = _page(webinar, query, now)["next"]
        query = AttendanceQuery(limit=200, after=following.rpartition("after=")[2].replace("%3A", ":"))
    deep = shortest(5, lambda: _page(webinar, AttendanceQuery(after=query.after), now))
    searched = shortest(5, lambda: _page(webinar, AttendanceQuery(q="nobody"), now))
    return [
        _finding(f"sealed, {seal.people_count:,} rows: a page of 50, slowest of {len(orders)} orders ({slowest})",
                 found[slowest], 0.02, "< 20 ms"),
        _finding(f"sealed: the page after {DEEP * 200:,} rows", deep, 0.02, "< 20 ms"),
        _finding("sealed: searched, nobody is found", searched, None, ""),
    ]  # fmt: skip


@transaction.atomic
def make_seal(webinar: Webinar, now: datetime) -> AttendanceSeal:
    """100,000 rows as sealing writes them, though of nobody."""
    seal_id = uuid.uuid4()
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO sealed_attendance
                (seal_id, row, user_id, display_name, email, identity_salt, identity_digest, session_count,
                 first_entered, last_exited, connected_seconds, unique_seconds, visible_seconds, overlap_seconds,
                 uncertainty_seconds, attendance_percent, present_ranges, visible_ranges, sessions_digest)
            SELECT %(seal)s, n, gen_random_uuid(), 'Person ' || (n * 7919 %% 100003), n || '@example.com',
                   repeat('0', 64), repeat('0', 64), 1 + n %% 3, e, e + s * interval '1 second', s, s, s / 2, 0,
                   CASE WHEN n %% 5 = 0 THEN 190 ELSE 0 END, round(s / 36.0, 1),
                   tstzmultirange(tstzrange(e, e + s * interval '1 second')),
                   tstzmultirange(tstzrange(e, e + s / 2 * interval '1 second')), repeat('0', 64)
            FROM (SELECT n, %(now)s - random() * interval '1 hour' AS e, (random() * 3000)::int AS s
                  FROM generate_series(1, %(count)s) AS n) AS numbers
            """,
            {"seal": seal_id, "now": now, "count": OF_ONE},
        )
        cursor.execute("ANALYZE sealed_attendance")
    return AttendanceSeal.objects.create(
        id=seal_id, webinar=webinar, client_id=webinar.client_id, agency_id=webinar.agency_id, version=1,
        sealed_at=now, window_start=now - timedelta(hours=1), window_end=now, intervals={}, definitions_version=1,
        definitions={}, software_version="", people_count=OF_ONE, totals={"people": {}, "guests": {}}, position=1,
        sha256="0" * 64,
    )  # fmt: skip


def _page(webinar: Webinar, query: AttendanceQuery, now: datetime, *, fresh: bool = True) -> dict[str, Any]:
    if fresh:
        cache.clear()
    return attendance_page(webinar=webinar, query=query, may_see_personal=True, now=now)


def _finding(what: str, found: float, limit: float | None, target: str) -> Finding:
    return Finding(what, ours=milliseconds(found), target=target, met=None if limit is None else found < limit)
