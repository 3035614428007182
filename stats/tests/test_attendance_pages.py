"""The attendance table sorted, searched and read page by page, from the ledger and from a seal (spec 6)."""

from datetime import timedelta

import pytest
from django.db import connection
from rest_framework.exceptions import ValidationError

from presence.tests.factories import SessionFactory
from stats.selectors.attendance import AttendanceQuery, attendance_page, attendance_rows
from stats.sql.attendance import SORTS, select_sealed
from stats.tests.attendees import (
    LATER,
    all_pages,
    an_hour,
    at,
    following,
    names,
    page,
    sealed_like,
    was_there,
)
from stats.tests.sealed import seal_rows
from webinars.tests.factories import UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def webinar(db):
    return an_hour()


@pytest.fixture
def crowd(webinar):
    """Seven people with many equal figures, two of whom came only before the window."""
    people = [UserFactory(display_name=name) for name in "GfEdCba"]
    for number, user in enumerate(people[:5]):
        was_there(webinar, user, number // 2, 30 + number % 2, watched=[(5, 10 + number % 3)])
    was_there(webinar, people[1], 10, 20)
    was_there(webinar, people[5], -20, -10)
    was_there(webinar, people[6], -20, -10)
    return people


def sorted_by_hand(rows, sort):
    name = sort.removeprefix("-")
    there = [row for row in rows if row[name] is not None]
    missing = [row for row in rows if row[name] is None]

    def place(row):
        value = row[name].lower() if isinstance(row[name], str) else row[name]
        return (value, row["userId"].bytes)

    backwards = sort.startswith("-")
    return sorted(there, key=place, reverse=backwards) + sorted(
        missing, key=lambda row: row["userId"].bytes, reverse=backwards
    )


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
@pytest.mark.parametrize("limit", [1, 3])
def test_every_sort_page_by_page(webinar, crowd, sort, limit):
    at_once = page(webinar, sort=sort)["rows"]

    paged = all_pages(webinar, sort=sort, limit=limit)

    assert at_once == sorted_by_hand(at_once, sort)
    assert paged == at_once
    assert len(at_once) == 7


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
@pytest.mark.parametrize("limit", [1, 3])
def test_every_sort_of_a_seal_page_by_page(webinar, crowd, sort, limit):
    by_ledger = sorted(page(webinar)["rows"], key=lambda row: row["userId"].bytes)
    seal_rows(webinar, [sealed_like(row) for row in by_ledger])

    at_once = page(webinar, sort=sort)["rows"]
    paged = all_pages(webinar, sort=sort, limit=limit)

    assert at_once == sorted_by_hand(by_ledger, sort)
    assert paged == at_once


@pytest.mark.parametrize(
    ("q", "found"),
    [
        ("하늘", ["김하늘"]),
        ("KIM@", ["김하늘", "이준호"]),
        ("100%", ["100% Kim_"]),
        ("_", ["100% Kim_"]),
        ("%", ["100% Kim_"]),
        ("\\", []),
        ("nobody", []),
        (" ", ["100% Kim_"]),
    ],
)
@pytest.mark.parametrize("is_sealed", [False, True])
def test_search_takes_letters_as_they_are(webinar, q, found, is_sealed):
    for name, email in [
        ("김하늘", "kim@example.com"), ("이준호", "not.kim@example.com"), ("100% Kim_", "x@example.com")
    ]:  # fmt: skip
        was_there(webinar, UserFactory(display_name=name, email=email), 0, 10)
    if is_sealed:
        seal_rows(webinar, [sealed_like(row) for row in page(webinar)["rows"]])

    answer = attendance_page(
        webinar=webinar,
        query=AttendanceQuery(q=q, sort="displayName"),
        may_see_personal=True,
        now=LATER + timedelta(1),
    )

    assert sorted(names(answer)) == sorted(found)


def test_a_least_share_narrows_the_rows_and_not_the_totals(webinar):
    for minutes in (29, 30, 60):
        was_there(webinar, UserFactory(display_name=str(minutes)), 0, minutes)

    answer = page(webinar, minPercent="50")

    assert names(answer) == ["60", "30"]
    assert answer["totals"]["people"] == 3


def test_following_pages_count_to_the_same_moment(webinar):
    webinar.state, webinar.webinar_actual_end_time = "live", None
    webinar.save()
    for _ in range(3):
        SessionFactory(webinar=webinar, entered_at=at(0), last_heartbeat_at=at(9))
    first = page(webinar, now=at(10), limit=2)

    SessionFactory(webinar=webinar, entered_at=at(11), last_heartbeat_at=at(11))
    second = page(webinar, now=at(12), **following(first))

    assert [row["uniqueSeconds"] for row in first["rows"] + second["rows"]] == [600, 600, 600]
    assert (second["asOf"], second["totals"]) == (at(10), first["totals"])


def test_pages_go_on_where_they_began_when_the_attendance_is_sealed_meanwhile(webinar, crowd):
    first = page(webinar, limit=4)
    seal_rows(webinar, [])

    second = page(webinar, **following(first))

    assert (len(first["rows"]), len(second["rows"]), second["sealed"]) == (4, 3, None)
    assert page(webinar)["rows"] == []


def test_every_row_at_once_is_every_page_without_strips(webinar, crowd):
    paged = all_pages(webinar, limit=3, sort="displayName")

    rows = list(attendance_rows(webinar=webinar, query=AttendanceQuery(limit=1, sort="displayName"), now=LATER))

    assert rows == [{name: value for name, value in row.items() if name != "strip"} for row in paged]


def test_every_row_of_a_seal(webinar):
    seal_rows(webinar, [{"display_name": f"{n:02}"} for n in range(12)])

    rows = attendance_rows(webinar=webinar, query=AttendanceQuery(sort="-displayName", q="0"), now=LATER)

    assert [row["displayName"] for row in rows] == ["10", *(f"{n:02}" for n in range(9, -1, -1))]


def test_a_place_is_good_for_its_own_webinar_and_sort_only(webinar, crowd):
    after = following(page(webinar, limit=1))["after"]

    with pytest.raises(ValidationError):
        page(webinar, after=after, sort="email")
    with pytest.raises(ValidationError):
        page(WebinarFactory(), after=after)
    assert len(page(webinar, after=after)["rows"]) == 6


def test_a_place_is_good_for_a_day(webinar, crowd, time_machine):
    time_machine.move_to(LATER)
    after = following(page(webinar, limit=1))["after"]

    time_machine.shift(timedelta(days=1, seconds=1))

    with pytest.raises(ValidationError):
        page(webinar, after=after)


@pytest.mark.parametrize("sort", [*SORTS, *(f"-{name}" for name in SORTS)])
def test_every_order_of_sealed_rows_has_its_index(webinar, sort):
    seal = seal_rows(webinar, [{"display_name": str(n), "unique_seconds": 0} for n in range(1000)])
    order = AttendanceQuery(sort=sort).order
    params = {"seal_id": seal.pk, "webinar_id": webinar.pk, "q": "", "min_percent": None, "limit": 51}

    with connection.cursor() as cursor:
        cursor.execute("ANALYZE sealed_attendance")
        plans = []
        for is_next in (False, True):
            kind = SORTS[order.sort].kind
            value = {"timestamptz": "infinity", "int": "5", "numeric": "5", "text": None}[kind]
            statement = select_sealed(order._replace(is_next=is_next))
            cursor.execute(f"EXPLAIN {statement}", {**params, "tie": "500", "value": value})
            plans.append("\n".join(line for (line,) in cursor.fetchall()))

    assert ["Sort" in plan or "Seq Scan on sealed_attendance" in plan for plan in plans] == [False, False]
    assert ["using sealed_by_" in plan for plan in plans] == [True, True]
