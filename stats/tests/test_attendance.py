"""`stats/attendance`: the table of who was there, and for how long (spec 6, 7)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange
from rest_framework.exceptions import ValidationError

from eventflow import redis
from presence import definitions
from presence.sql.ledger import frame_of
from presence.tests.factories import SessionFactory
from stats.selectors.attendance import AttendanceQuery, attendance_page, attendance_rows, ledger_totals, sealed_now
from stats.selectors.attendance_query import SALT
from stats.sql.attendance import SORTS, select_sealed
from stats.tests.sealed import seal_rows
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
LATER = START + timedelta(hours=2)


def at(minutes):
    return START + timedelta(minutes=minutes)


@pytest.fixture
def webinar(db):
    """An hour, from START, and over."""
    return WebinarFactory(
        webinar_start_time=START,
        webinar_scheduled_end_time=at(90),
        webinar_actual_end_time=at(60),
        state="ended",
        title="Sixty minutes",
    )


def stretches(*pairs):
    return TimestamptzMultirange([TimestamptzRange(at(one), at(other)) for one, other in pairs])


def was_there(webinar, user, entered, left, *, reason="exit", watched=(), silent=(), visible=True):
    return SessionFactory(
        webinar=webinar,
        user=user,
        entered_at=at(entered),
        last_heartbeat_at=at(left),
        exited_at=at(left),
        closed_reason=reason,
        is_visible=visible,
        watched_ranges=stretches(*watched),
        silent_ranges=stretches(*silent),
    )


def page(webinar, *, now=LATER, personal=True, **query):
    redis.client().flushdb()
    return attendance_page(webinar=webinar, query=AttendanceQuery.parse(query), may_see_personal=personal, now=now)


def names(answer):
    return [row["displayName"] for row in answer["rows"]]


def all_pages(webinar, **query):
    """The rows of every page, following `next` as a caller does."""
    found = []
    answer = page(webinar, **query)
    found += answer["rows"]
    while answer["next"]:
        params = {name: values[0] for name, values in parse_qs(urlsplit(answer["next"]).query).items()}
        answer = page(webinar, **params)
        found += answer["rows"]
    return found


def test_the_whole_answer(webinar):
    haneul = UserFactory(display_name="김하늘", email="haneul@example.com")
    junho = UserFactory(display_name="이준호", email="junho@example.com")
    registered = RegistrationFactory(webinar=webinar, user=haneul, registered_at=at(-100))
    was_there(webinar, haneul, -5, 40, watched=[(-5, 10), (20, 30)])
    was_there(webinar, haneul, 30, 70, watched=[(25, 40)])
    was_there(webinar, junho, 10, 20, reason="timeout", watched=[(10, 20)], silent=[(12, 18)])
    was_there(webinar, None, 50, 59, watched=[(50, 52)])
    was_there(webinar, None, 50, 59, reason="timeout", visible=False)  # a hidden page owes a call in five minutes
    was_there(WebinarFactory(), haneul, 0, 60)

    answer = page(webinar)

    assert answer == {
        "rows": [
            {
                "userId": haneul.pk,
                "displayName": "김하늘",
                "email": "haneul@example.com",
                "registeredAt": registered.registered_at,
                "connectedSeconds": 3600,  # 40 + 30 minutes, at most the window
                "uniqueSeconds": 3600,
                "visibleSeconds": 1800,
                "firstEntered": at(0),
                "lastExited": at(60),
                "sessionCount": 2,
                "overlapSeconds": 600,
                "attendancePercent": 100.0,
                "uncertaintySeconds": 0,
                "strip": {"present": [[0, 3600]], "visible": [[0, 600], [1200, 2400]], "doubled": [[1800, 2400]]},
            },
            {
                "userId": junho.pk,
                "displayName": "이준호",
                "email": "junho@example.com",
                "registeredAt": None,
                "connectedSeconds": 600,
                "uniqueSeconds": 600,
                "visibleSeconds": 600,
                "firstEntered": at(10),
                "lastExited": at(20),
                "sessionCount": 1,
                "overlapSeconds": 0,
                "attendancePercent": 16.7,
                "uncertaintySeconds": 550,  # the silence, and 190 s to a ping that was due
                "strip": {"present": [[600, 1200]], "visible": [[600, 1200]], "doubled": []},
            },
        ],
        "next": None,
        "totals": {
            "people": 2,
            "attended": 2,
            "connectedSeconds": 4200,
            "uniqueSeconds": 4200,
            "visibleSeconds": 2400,
            "overlapSeconds": 600,
            "uncertaintySeconds": 550,
            "averageUniqueSeconds": 2100.0,
            "averageAttendancePercent": 58.3,
            "guests": {
                "sessionCount": 2,
                "connectedSeconds": 1080,
                "visibleSeconds": 120,
                "uncertaintySeconds": 60,  # five minutes, of which the window has one left
            },
        },
        "definitions": {"window": str(definitions.WINDOW)}
        | {name: str(text) for name, text in definitions.FIGURES.items()},
        "window": {"start": at(0), "end": at(60), "until": at(60), "timeZone": "Asia/Seoul", "seconds": 3600},
        "sealed": None,
        "asOf": LATER,
    }


def test_who_came_before_or_after_the_window_is_listed_and_did_not_attend(webinar):
    early = UserFactory()
    was_there(webinar, early, -20, -1, watched=[(-20, -1)])

    answer = page(webinar)

    row = answer["rows"][0]
    assert [row[name] for name in definitions.FIGURES] == [0, 0, 0, None, None, 0, 0, 0.0, 0]
    assert (answer["totals"]["people"], answer["totals"]["attended"]) == (1, 0)
    assert (answer["totals"]["averageUniqueSeconds"], answer["totals"]["averageAttendancePercent"]) == (None, None)


def test_nobody_came(webinar):
    answer = page(webinar)

    assert (answer["rows"], answer["next"], answer["totals"]["people"]) == ([], None, 0)
    assert answer["totals"]["guests"]["sessionCount"] == 0


def test_before_the_start_nothing_has_a_length(webinar):
    was_there(webinar, UserFactory(), -20, -1)

    answer = page(webinar, now=at(-1))

    assert answer["rows"][0]["attendancePercent"] is None
    assert answer["window"] == {
        "start": at(0), "end": at(60), "until": at(0), "timeZone": "Asia/Seoul", "seconds": 0,
    }  # fmt: skip


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

    for row in by_ledger:
        row["strip"]["doubled"] = []
    assert at_once == sorted_by_hand(by_ledger, sort)
    assert paged == at_once


def sealed_like(row):
    def kept(pairs):
        return TimestamptzMultirange(
            [TimestamptzRange(*(START + timedelta(seconds=second) for second in pair)) for pair in pairs]
        )

    columns = {
        "user_id": "userId", "display_name": "displayName", "email": "email", "session_count": "sessionCount",
        "first_entered": "firstEntered", "last_exited": "lastExited", "connected_seconds": "connectedSeconds",
        "unique_seconds": "uniqueSeconds", "visible_seconds": "visibleSeconds", "overlap_seconds": "overlapSeconds",
        "uncertainty_seconds": "uncertaintySeconds",
    }  # fmt: skip
    return {
        **{column: row[name] for column, name in columns.items()},
        "attendance_percent": Decimal(str(row["attendancePercent"])),
        "present_ranges": kept(row["strip"]["present"]),
        "visible_ranges": kept(row["strip"]["visible"]),
    }


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

    params = {name: values[0] for name, values in parse_qs(urlsplit(first["next"]).query).items()}
    SessionFactory(webinar=webinar, entered_at=at(11), last_heartbeat_at=at(11))
    second = page(webinar, now=at(12), **params)

    assert [row["uniqueSeconds"] for row in first["rows"] + second["rows"]] == [600, 600, 600]
    assert (second["asOf"], second["totals"]) == (at(10), first["totals"])


def test_pages_go_on_where_they_began_when_the_attendance_is_sealed_meanwhile(webinar, crowd):
    first = page(webinar, limit=4)
    seal_rows(webinar, [])

    params = {name: values[0] for name, values in parse_qs(urlsplit(first["next"]).query).items()}
    second = page(webinar, **params)

    assert (len(first["rows"]), len(second["rows"]), second["sealed"]) == (4, 3, None)
    assert page(webinar)["rows"] == []


def test_the_newest_seal_is_what_counts(webinar):
    was_there(webinar, UserFactory(), 0, 10)
    author = UserFactory(display_name="Org")
    seal_rows(webinar, [{"display_name": "first", "unique_seconds": 1, "connected_seconds": 1}])
    newest = seal_rows(
        webinar,
        [
            {
                "user_id": None,
                "display_name": "",
                "unique_seconds": 2,
                "connected_seconds": 3,
                "present_ranges": stretches((1, 2), (3, 4)),
                "visible_ranges": stretches((1, 1.5)),
            }
        ],
        version=2,
        author=author,
        reason="The end was wrong.",
        totals={"people": {"people": 1, "attended": 1}, "guests": {"sessionCount": 7}, "reconciliation": {}},
    )

    answer = page(webinar)

    assert sealed_now(webinar) == newest
    assert answer == {
        "rows": [
            {
                "userId": None,
                "displayName": "",
                "email": "",
                "registeredAt": None,
                "connectedSeconds": 3,
                "uniqueSeconds": 2,
                "visibleSeconds": 0,
                "firstEntered": None,
                "lastExited": None,
                "sessionCount": 1,
                "overlapSeconds": 0,
                "attendancePercent": None,
                "uncertaintySeconds": 0,
                "strip": {"present": [[60, 120], [180, 240]], "visible": [[60, 90]], "doubled": []},
            }
        ],
        "next": None,
        "totals": {"people": 1, "attended": 1, "guests": {"sessionCount": 7}},
        "definitions": {"uniqueSeconds": "as it was sealed"},
        "window": {"start": at(0), "end": at(60), "until": at(60), "timeZone": "Asia/Seoul", "seconds": 3600},
        "sealed": {
            "version": 2,
            "sealedAt": newest.sealed_at,
            "sha256": "a" * 64,
            "reason": "The end was wrong.",
            "author": "Org",
        },
        "asOf": newest.sealed_at,
    }


def test_every_row_at_once_is_every_page_without_strips(webinar, crowd):
    paged = all_pages(webinar, limit=3, sort="displayName")

    rows = list(attendance_rows(webinar=webinar, query=AttendanceQuery(limit=1, sort="displayName"), now=LATER))

    assert rows == [{name: value for name, value in row.items() if name != "strip"} for row in paged]


def test_every_row_of_a_seal(webinar):
    seal_rows(webinar, [{"display_name": f"{n:02}"} for n in range(12)])

    rows = attendance_rows(webinar=webinar, query=AttendanceQuery(sort="-displayName", q="0"), now=LATER)

    assert [row["displayName"] for row in rows] == ["10", *(f"{n:02}" for n in range(9, -1, -1))]


def test_the_ledgers_totals_are_the_pages_totals(webinar, crowd):
    assert ledger_totals(frame_of(webinar, now=LATER)) == page(webinar)["totals"]


@pytest.mark.parametrize("count", [1, 3])
def test_budgets(webinar, count, django_assert_num_queries):
    for _ in range(count):
        was_there(webinar, UserFactory(), 0, 10)

    def ask():
        return attendance_page(webinar=webinar, query=AttendanceQuery(), may_see_personal=True, now=LATER)

    with django_assert_num_queries(3):  # 1. the seal, 2. page, totals and guests, 3. strips
        cold = ask()
    with django_assert_num_queries(0):
        assert ask() == cold
    rows = [sealed_like(row) for row in cold["rows"]]
    seal_rows(webinar, rows)
    redis.client().flushdb()
    with django_assert_num_queries(2):  # 1. the seal, 2. page
        assert ask()["sealed"]["version"] == 1


@pytest.mark.parametrize("count", [1, 3])
def test_budget_of_the_call(call, webinar, organizer, count, django_assert_num_queries):
    for _ in range(count):
        was_there(webinar, UserFactory(), 0, 10)
    caller = call(webinar, organizer)

    with django_assert_num_queries(4):  # 1. the webinar, 2. the seal, 3. page, totals and guests, 4. strips
        cold = caller.get("stats/attendance")
    with django_assert_num_queries(1):  # 1. the webinar
        warm = caller.get("stats/attendance")

    assert (cold.status_code, len(cold.json()["data"]["rows"])) == (200, count)
    assert warm.json() == cold.json()


def test_next_is_a_path_to_call(call, webinar, organizer):
    for name in ("a kim&co", "b kim&co", "c"):
        was_there(webinar, UserFactory(display_name=name), 0, 10)
    caller = call(webinar, organizer)

    first = caller.get("stats/attendance", limit=1, sort="displayName", q="kim&co", minPercent="1.0").json()["data"]
    second = caller.browser.get(first["next"], headers=caller.headers()).json()["data"]

    assert (names(first), names(second), second["next"]) == (["a kim&co"], ["b kim&co"], None)
    assert "kim" not in signing.loads(parse_qs(urlsplit(first["next"]).query)["after"][0], salt=SALT)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"sort": "password"}, "sort"),
        ({"sort": "--email"}, "sort"),
        ({"sort": "tie; DROP TABLE users"}, "sort"),
        ({"minPercent": "101"}, "minPercent"),
        ({"minPercent": "NaN"}, "minPercent"),
        ({"q": "x" * 255}, "q"),
        ({"q": "\x00"}, "q"),
        ({"after": "nonsense"}, "after"),
        ({"after": ""}, "after"),
        ({"after": signing.dumps(["x"], salt=SALT)}, "after"),
        ({"after": signing.dumps(5, salt=SALT)}, "after"),
        ({"after": signing.dumps(["a", "-uniqueSeconds", "1", "2", "3", "4"])}, "after"),
    ],
)
def test_malformed_queries(call, webinar, organizer, query, field):
    response = call(webinar, organizer).get("stats/attendance", **query)

    assert (response.status_code, response.json()["code"], [*response.json()["fields"]]) == (400, "invalid", [field])


def test_a_place_is_good_for_its_own_webinar_and_sort_only(webinar, crowd):
    after = parse_qs(urlsplit(page(webinar, limit=1)["next"]).query)["after"][0]

    with pytest.raises(ValidationError):
        page(webinar, after=after, sort="email")
    with pytest.raises(ValidationError):
        page(WebinarFactory(), after=after)
    assert len(page(webinar, after=after)["rows"]) == 6


def test_a_place_is_good_for_a_day(webinar, crowd, time_machine):
    time_machine.move_to(LATER)
    after = parse_qs(urlsplit(page(webinar, limit=1)["next"]).query)["after"][0]

    time_machine.shift(timedelta(days=1, seconds=1))

    with pytest.raises(ValidationError):
        page(webinar, after=after)


@pytest.mark.parametrize(
    ("role", "sees_people"),
    [("owner", True), ("admin", True), ("operator", True), ("analyst", True), ("viewer", False)],
)
@pytest.mark.parametrize("is_sealed", [False, True])
def test_what_each_role_sees(call, webinar, role, sees_people, is_sealed):
    for _ in range(2):
        was_there(webinar, UserFactory(), 0, 30)
    if is_sealed:
        seal_rows(webinar, [{}, {}])
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user

    data = call(webinar, member).get("stats/attendance", limit=1, q="person").json()["data"]
    everything = str(data)

    assert data["totals"]["people"] == 2
    assert ("@example.com" in everything, data["next"] is not None) == (
        (False, False) if is_sealed or not sees_people else (True, True)
    )
    assert len(data["rows"]) == (0 if is_sealed or not sees_people else 1)


def test_a_viewer_and_an_owner_share_no_cached_answer(call, webinar, organizer):
    was_there(webinar, UserFactory(), 0, 30)
    viewer = AgencyMemberFactory(agency=webinar.agency, role="viewer").user

    seen = [len(call(webinar, who).get("stats/attendance").json()["data"]["rows"]) for who in (organizer, viewer)]

    assert seen == [1, 0]


def test_a_viewers_call_reads_no_rows(call, webinar):
    was_there(webinar, UserFactory(), 0, 30)
    viewer = AgencyMemberFactory(agency=webinar.agency, role="viewer").user
    caller = call(webinar, viewer)

    with CaptureQueriesContext(connection) as queries:
        caller.get("stats/attendance")

    assert [("FROM users" in q["sql"] or "JOIN users" in q["sql"]) for q in queries.captured_queries] == [False] * 3


@pytest.mark.parametrize(
    ("who", "by_pass", "by_session"),
    [("organizer", 200, 200), ("attendee", 403, 404), ("stranger", 403, 404), ("rival", 403, 404)],
)
def test_who_may_ask(request, call, client, webinar, who, by_pass, by_session):
    user = request.getfixturevalue(who)
    client.force_login(user)

    statuses = (
        call(webinar, user).get("stats/attendance").status_code,
        client.get(f"/api/webinars/{webinar.slug}/stats/attendance").status_code,
    )

    assert statuses == (by_pass, by_session)


def test_guests_and_the_nameless_may_not_ask(call, client):
    webinar = WebinarFactory(access_policy="open")

    statuses = (
        call(webinar).get("stats/attendance").status_code,
        client.get(f"/api/webinars/{webinar.slug}/stats/attendance").status_code,
    )

    assert statuses == (403, 401)


def test_a_pass_of_another_webinar(call, webinar, organizer, rival):
    elsewhere = WebinarFactory(client=webinar.client)
    caller = call(elsewhere, organizer)

    response = caller.browser.get(f"/api/webinars/{webinar.slug}/stats/attendance", headers=caller.headers())

    assert (response.status_code, response.json()["code"]) == (403, "wrong_webinar")


def test_definitions_are_in_the_callers_language(call, webinar, organizer):
    caller = call(webinar, organizer)
    path = f"/api/webinars/{webinar.slug}/stats/attendance"

    texts = [
        caller.browser.get(path, headers={**caller.headers(), "Accept-Language": language}).json()["data"][
            "definitions"
        ]
        for language in ("en", "ko")
    ]

    assert texts[0]["window"] == str(definitions.WINDOW)
    assert [*texts[0]] == [*texts[1]] == ["window", *definitions.FIGURES]


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
