"""Memory stays flat: a file of many people takes no more than one of few (targets)."""

import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection

from stats.exports.contents import contents_of
from stats.exports.csv_file import csv_bytes, csv_lines
from stats.exports.workbook import write_workbook
from stats.selectors.attendance import AttendanceQuery
from stats.tests.exports.people import END, NOW, START, ended_webinar

pytestmark = pytest.mark.django_db
PEOPLE = 6_000
MOST_BYTES = 5 * 1024 * 1024

CROWD = """
WITH made AS (
    INSERT INTO users (id, email, display_name, password, is_superuser, is_staff, is_active, date_joined)
    SELECT gen_random_uuid(), 'crowd' || n || '@example.com', '참석자 ' || n, '!', false, false, true, %(start)s
    FROM generate_series(1, %(count)s) n RETURNING id
)
INSERT INTO webinar_user_sessions
    (id, webinar_id, client_id, agency_id, user_id, session_id, entered_at, last_heartbeat_at, exited_at,
     closed_reason, is_visible, watched_seconds_raw, watched_ranges, user_agent, referrer, created_at, updated_at)
SELECT gen_random_uuid(), %(webinar)s, %(client)s, %(agency)s, id, gen_random_uuid()::text, %(start)s, %(end)s,
       %(end)s, 'exit', true, 0, tstzmultirange(tstzrange(%(start)s, %(end)s)), 'Mozilla/5.0', '', %(start)s, %(end)s
FROM made
"""


def crowded(count: int) -> Any:
    webinar = ended_webinar(slug=f"crowd-{count}")
    with connection.cursor() as cursor:
        cursor.execute(
            CROWD,
            {
                "count": count,
                "start": START,
                "end": END,
                "webinar": webinar.pk,
                "client": webinar.client_id,
                "agency": webinar.agency_id,
            },
        )
    return contents_of(webinar=webinar, query=AttendanceQuery(), personal=True, now=NOW)


def peak(act: Callable[[], Any]) -> int:
    tracemalloc.start()
    try:
        act()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_a_csv_of_many_people_is_never_in_memory(tmp_path):
    contents = crowded(PEOPLE)

    def write():
        nonlocal size
        size = sum(len(piece) for piece in csv_bytes(csv_lines(contents)))

    size = 0
    most = peak(write)

    assert size > 600_000
    assert peak(lambda: list(contents.people())) > MOST_BYTES
    assert most < MOST_BYTES


def test_a_workbook_of_many_people_is_never_in_memory(tmp_path):
    contents = crowded(PEOPLE)

    most = peak(lambda: write_workbook(contents, tmp_path / "book.xlsx"))

    assert (tmp_path / "book.xlsx").stat().st_size > 300_000
    assert most < MOST_BYTES


def test_rows_and_pages_are_read_by_cursors_of_the_server():
    contents = crowded(10)
    people, pages = contents.people(), contents.sessions(None)

    assert (next(people)["email"][:5], next(pages)["email"][:5]) == ("crowd", "crowd")

    with connection.cursor() as cursor:
        cursor.execute(
            r"SELECT statement LIKE '%%WITH pages AS%%' FROM pg_cursors WHERE name LIKE '\_django%%' ORDER BY 1"
        )
        assert cursor.fetchall() == [(False,), (True,)]
    people.close()
    pages.close()
