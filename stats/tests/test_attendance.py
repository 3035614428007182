"""`stats/attendance`: who was there, and for how long (spec 6, 7)."""

import pytest
from django.utils import translation

from eventflow import redis
from presence import definitions
from presence.sql.ledger import frame_of
from stats.selectors.attendance import AttendanceQuery, attendance_page, ledger_totals, sealed_now
from stats.tests.attendees import (
    LATER,
    an_hour,
    at,
    page,
    sealed_like,
    stretches,
    was_there,
)
from stats.tests.sealed import seal_rows
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def webinar(db):
    return an_hour()


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
        definitions_version=0,
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


def test_a_seal_by_todays_definitions_states_them_in_the_callers_language(webinar):
    seal_rows(webinar, [{}], definitions_version=definitions.VERSION)

    with translation.override("ko"):
        stated = page(webinar)["definitions"]
        assert stated == {"window": str(definitions.WINDOW)} | {
            name: str(text) for name, text in definitions.FIGURES.items()
        }


def test_why_a_seal_was_corrected_and_by_whom_is_for_those_who_may_see_names(webinar):
    seal_rows(webinar, [{}], reason="Kim came by phone.", author=UserFactory())

    sealed = attendance_page(webinar=webinar, query=AttendanceQuery(), may_see_personal=False, now=LATER)["sealed"]

    assert (sealed["version"], sealed["reason"], sealed["author"]) == (1, None, None)


def test_the_ledgers_totals_are_the_pages_totals(webinar):
    was_there(webinar, UserFactory(), 0, 30)
    was_there(webinar, UserFactory(), -20, -10)
    was_there(webinar, None, 0, 30)

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
