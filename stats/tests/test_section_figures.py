"""What each section of the statistics holds, whole (spec 6)."""

from datetime import timedelta

import pytest

from presence.models import UserSession
from presence.selectors.ledger import person_figures
from presence.sql.ledger import frame_of
from presence.tests.factories import PresenceFactory
from stats.tests.factories import AccessLogFactory
from stats.tests.past_hour import START, chat, message, past_webinar, question, visit
from stats.tests.sealed_rows import keep_sealed
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db

IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
GALAXY_TAB = "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


@pytest.fixture
def webinar(db):
    return past_webinar()


def figures(call, webinar, user, section):
    return call(webinar, user).get("stats", sections=section).json()["data"]["sections"][section]["figures"]


def test_access(call, webinar, organizer):
    PresenceFactory(webinar=webinar)
    visit(webinar, UserFactory(), 0, 5)
    AccessLogFactory(webinar=webinar, time_bucket=START)

    assert figures(call, webinar, organizer, "access") == {
        "currentParticipants": 1,
        "totalAttendees": 1,
        "maxConcurrentParticipants": 4,
        "avgConcurrentParticipants": 3.0,
        "peakTime": "2026-03-02T05:00:00Z",
        "timeline": [
            {
                "time": "2026-03-02T05:00:00Z",
                "avgParticipants": 3.0,
                "maxParticipants": 4,
                "minParticipants": 2,
                "lastParticipants": 3,
                "sampleCount": 3,
            }
        ],
        "timelineTruncated": False,
    }


def test_sessions(call, webinar, organizer):
    person = UserFactory()
    visit(webinar, person, 0, 1, user_agent=IPHONE)
    visit(webinar, person, 2, 4, user_agent=GALAXY_TAB, reason="timeout")
    visit(webinar, UserFactory(), 0, 9, user_agent=WINDOWS)
    visit(webinar, None, 0, 40, user_agent=IPAD)
    visit(webinar, None, 0, 50, reason=None)
    visit(WebinarFactory(), person, 0, 60)

    assert figures(call, webinar, organizer, "sessions") == {
        "sessions": 5,
        "guestSessions": 2,
        "people": 2,
        "openNow": 1,
        "closedByReason": {"exit": 3, "timeout": 1},
        "averageSeconds": 780,  # of 1, 2, 9 and 40 minutes
        "medianSeconds": 330,  # between 2 and 9
        "devices": {"computer": 1, "phone": 1, "tablet": 2, "unknown": 1},
        "sessionsKept": True,
    }


@pytest.mark.parametrize(("lengths", "median"), [([1, 2, 9], 120), ([9, 1, 2, 40], 330), ([7], 420), ([], None)])
def test_a_right_median(call, webinar, organizer, lengths, median):
    for length in lengths:
        visit(webinar, UserFactory(), 0, length)

    assert figures(call, webinar, organizer, "sessions")["medianSeconds"] == median


def test_sessions_that_were_deleted_after_sealing(call, webinar, organizer):
    visit(webinar, UserFactory(), 0, 30)
    keep_sealed(webinar, now=START + timedelta(hours=2))
    UserSession.objects.all().delete()

    found = figures(call, webinar, organizer, "sessions")

    assert (found["sessions"], found["sessionsKept"]) == (0, False)


WATCHED = {
    "attended": 4,
    "connectedSeconds": 60 * (48 + 60 + 12 + 60),
    "uniqueSeconds": 60 * (48 + 45 + 12 + 60),
    "visibleSeconds": 60 * (20 + 10 + 30),
    "averageConnectedSeconds": 2700,
    "averageUniqueSeconds": 2475,
    "averageVisibleSeconds": 900,
    "medianUniqueSeconds": 60 * 46.5,
    "averageAttendancePercent": 68.8,
    "watchHistogram": [
        {"fromSeconds": 360 * n, "toSeconds": 360 * (n + 1), "people": {2: 1, 7: 1, 8: 1, 9: 1}.get(n, 0)}
        for n in range(10)
    ],
    "stayed": 2,
    "stayedPercent": 50.0,
    "sealed": False,
}


def watch(webinar):
    visit(webinar, UserFactory(), 0, 48, watched=20)
    two_tabs = UserFactory()
    visit(webinar, two_tabs, 10, 55)
    visit(webinar, two_tabs, 10, 55, watched=10)
    visit(webinar, UserFactory(), 20, 32, reason="timeout", is_visible=False)
    visit(webinar, UserFactory(), -20, 90, watched=50)
    visit(webinar, UserFactory(), -20, -10, watched=10)  # before the window only
    visit(webinar, None, 0, 60, watched=60)  # a guest


def uncertainty(webinar):
    people = person_figures(frame_of(webinar, now=START + timedelta(hours=2)))
    return sum(person.uncertainty_seconds for person in people if person.session_count)


def test_watch(call, webinar, organizer):
    watch(webinar)

    found = figures(call, webinar, organizer, "watch")

    assert found.pop("uncertaintySeconds") == uncertainty(webinar) > 0
    assert found == WATCHED


def test_watch_of_sealed_attendance(call, webinar, organizer):
    watch(webinar)
    unsure = uncertainty(webinar)
    keep_sealed(webinar, now=START + timedelta(hours=2))
    UserSession.objects.all().delete()

    found = figures(call, webinar, organizer, "watch")

    assert found.pop("uncertaintySeconds") == unsure
    assert found == {**WATCHED, "sealed": True}


@pytest.mark.parametrize("sealed", [False, True])
def test_registrants(call, webinar, organizer, sealed):
    for source, end in [("newsletter", 5), ("newsletter", -5), ("kakao", 1), ("", 9)]:
        registration = RegistrationFactory(webinar=webinar, source=source)
        visit(webinar, registration.user, -10, end)
    RegistrationFactory.create_batch(3, webinar=webinar, source="newsletter")
    RegistrationFactory(webinar=webinar, source="kakao", banned_at=START)
    visit(webinar, UserFactory(), 0, 60)
    visit(webinar, None, 0, 60)
    RegistrationFactory(source="newsletter")
    if sealed:
        keep_sealed(webinar, now=START + timedelta(hours=2))
        UserSession.objects.all().delete()

    assert figures(call, webinar, organizer, "registrants") == {
        "registered": 8,
        "attended": 3,
        "absent": 5,
        "attendedPercent": 37.5,
        "attendedUnregistered": 1,
        "banned": 1,
        "bySource": [
            {"source": "newsletter", "registered": 5, "attended": 1},
            {"source": "kakao", "registered": 2, "attended": 1},
            {"source": "", "registered": 1, "attended": 1},
        ],
    }


CHAT = {
    "messages": 6,
    "deleted": 1,
    "authors": 2,
    "messagesByHosts": 1,
    "mostPerMinute": 3,
    "busiestMinute": "2026-03-02T05:01:00Z",
}


def test_chat(call, webinar, organizer):
    chat(webinar)

    found = figures(call, webinar, organizer, "chat")

    assert [(row["displayName"], row["messages"]) for row in found.pop("topAuthors")] == [("김하늘", 5), ("진행자", 1)]
    assert found == CHAT


def test_ten_authors_at_most(call, webinar, organizer):
    for second in range(11):
        message(webinar, second)

    assert len(figures(call, webinar, organizer, "chat")["topAuthors"]) == 10


def test_questions(call, webinar, organizer):
    asker = UserFactory()
    question(webinar, 1, user=asker, status="answered", answered_after=30, upvote_count=4)
    question(webinar, 2, user=asker, status="answered", answered_after=60, is_anonymous=True)
    question(webinar, 3, status="archived", answered_after=600)
    question(webinar, 4, status="answered", answered_after=91, answered_live=False, answer="네")
    question(webinar, 5, status="published", upvote_count=3)
    question(webinar, 6)
    question(webinar, 7)
    question(webinar, 8, status="archived")
    question(WebinarFactory(), 1, upvote_count=9)

    assert figures(call, webinar, organizer, "qa") == {
        "questions": 8,
        "byStatus": {"pending": 2, "published": 1, "answered": 3, "archived": 2},
        "askers": 7,
        "anonymous": 1,
        "upvotes": 7,
        "answered": 4,
        "answeredLive": 3,
        "answeredPercent": 50.0,
        "medianSecondsToAnswer": 76,  # between 60 and 91, to the even second
    }


def test_nothing_at_all(call, webinar, organizer):
    sections = call(webinar, organizer).get("stats").json()["data"]["sections"]

    empty = {name: section["figures"] for name, section in sections.items()}
    for classes in empty["watch"]["watchHistogram"]:
        assert classes["people"] == 0
    del empty["watch"]["watchHistogram"]
    assert empty == {
        "access": {
            "currentParticipants": 0,
            "totalAttendees": 0,
            "maxConcurrentParticipants": 0,
            "avgConcurrentParticipants": 0,
            "peakTime": None,
            "timeline": [],
            "timelineTruncated": False,
        },
        "sessions": {
            "sessions": 0,
            "guestSessions": 0,
            "people": 0,
            "openNow": 0,
            "closedByReason": {"exit": 0, "timeout": 0},
            "averageSeconds": None,
            "medianSeconds": None,
            "devices": {"computer": 0, "phone": 0, "tablet": 0, "unknown": 0},
            "sessionsKept": True,
        },
        "watch": {
            "attended": 0,
            "connectedSeconds": 0,
            "uniqueSeconds": 0,
            "visibleSeconds": 0,
            "uncertaintySeconds": 0,
            "averageConnectedSeconds": None,
            "averageUniqueSeconds": None,
            "averageVisibleSeconds": None,
            "medianUniqueSeconds": None,
            "averageAttendancePercent": None,
            "stayed": 0,
            "stayedPercent": None,
            "sealed": False,
        },
        "registrants": {
            "registered": 0,
            "attended": 0,
            "absent": 0,
            "attendedPercent": None,
            "attendedUnregistered": 0,
            "banned": 0,
            "bySource": [],
        },
        "chat": {
            "messages": 0,
            "deleted": 0,
            "authors": 0,
            "messagesByHosts": 0,
            "mostPerMinute": 0,
            "busiestMinute": None,
            "topAuthors": [],
        },
        "qa": {
            "questions": 0,
            "byStatus": {"pending": 0, "published": 0, "answered": 0, "archived": 0},
            "askers": 0,
            "anonymous": 0,
            "upvotes": 0,
            "answered": 0,
            "answeredLive": 0,
            "answeredPercent": None,
            "medianSecondsToAnswer": None,
        },
    }


def test_registrations_alone_make_no_attendance(call, webinar, organizer):
    RegistrationFactory.create_batch(2, webinar=webinar)

    found = figures(call, webinar, organizer, "registrants")

    assert (found["registered"], found["absent"]) == (2, 2)
