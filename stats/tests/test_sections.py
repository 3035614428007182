"""`stats?sections=`: each section's figures, whole, and each figure's definition (spec 6)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone, translation
from psycopg.types.range import Range

from eventflow import redis
from presence.models import UserSession
from presence.tests.factories import PresenceFactory, SessionFactory
from stats.sections import SECTIONS
from stats.tests.factories import AccessLogFactory
from stats.tests.sealed_rows import keep_sealed
from webinars.models import Registration
from webinars.tests.factories import (
    AgencyMemberFactory,
    MessageFactory,
    QuestionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
ALL = ["access", "sessions", "watch", "registrants", "chat", "qa"]
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
GALAXY_TAB = "Mozilla/5.0 (Linux; Android 13; SM-X700) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"
IPAD = "Mozilla/5.0 (iPad; CPU OS 16_0 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Safari/604.1"
WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36"


@pytest.fixture
def webinar(db):
    """An hour that is over."""
    return WebinarFactory(
        webinar_start_time=START, webinar_scheduled_end_time=START + timedelta(hours=1), title="분기 보고", slug="q1"
    )


def visit(webinar, user, begin, end, *, reason="exit", watched=None, **fields):
    """From one minute of the webinar to another; `watched`: minutes in front."""
    begin, end = (START + timedelta(minutes=minute) for minute in (begin, end))
    front = [Range(begin, begin + timedelta(minutes=watched))] if watched else []
    return SessionFactory(
        webinar=webinar,
        user=user,
        entered_at=begin,
        last_heartbeat_at=end,
        exited_at=None if reason is None else end,
        closed_reason=reason,
        watched_ranges=front,
        watched_seconds_raw=60 * (watched or 0),
        **fields,
    )


def figures(call, webinar, user, section):
    return call(webinar, user).get("stats", sections=section).json()["data"]["sections"][section]["figures"]


def test_the_answer_around_the_sections(call, webinar, organizer):
    data = call(webinar, organizer).get("stats").json()["data"]

    assert datetime.fromisoformat(data["asOf"]) <= timezone.now()
    assert data["webinar"] == {
        "id": str(webinar.pk),
        "slug": "q1",
        "title": "분기 보고",
        "window": {"start": "2026-03-02T05:00:00Z", "end": "2026-03-02T06:00:00Z"},
    }
    assert [*data["sections"]] == ALL == [*SECTIONS]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("chat", ["chat"]), ("qa,chat", ["qa", "chat"]), (" chat , chat,", ["chat"]), ("", ALL), (",", ALL)],
)
def test_which_sections(call, webinar, organizer, asked, answered):
    data = call(webinar, organizer).get("stats", sections=asked).json()["data"]

    assert [*data["sections"]] == answered


@pytest.mark.parametrize("asked", ["everything", "chat,everything", "Chat", "a\x00b"])
def test_unknown_sections_are_refused_with_the_known_ones(call, webinar, organizer, asked):
    response = call(webinar, organizer).get("stats", sections=asked)

    assert response.status_code == 400
    assert (response.json()["code"], ", ".join(ALL) in response.json()["error"]) == ("unknown_section", True)


@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_every_figure_has_its_definition(call, webinar, role):
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user
    MessageFactory(webinar=webinar)

    sections = call(webinar, member).get("stats").json()["data"]["sections"]

    for section in sections.values():
        assert [*section["figures"]] == [*section["definitions"]]
        assert all(section["definitions"].values())
        assert section["title"]


def test_definitions_speak_the_callers_language(call, webinar, organizer):
    caller = call(webinar, organizer)

    def definition(language):
        response = caller.browser.get(
            f"/api/webinars/{webinar.slug}/stats", headers={**caller.headers(), "Accept-Language": language}
        )
        return response.json()["data"]["sections"]["watch"]["definitions"]["uniqueSeconds"]

    english, korean = definition("en"), definition("ko")  # the second from the same cached figures

    assert english == (
        "The time in which at least one of the person's pages was open. Two pages side by side count once. "
        "Added up over all who attended."
    )
    with translation.override("ko"):
        assert korean == str(SECTIONS["watch"].definitions["uniqueSeconds"])


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
    "uncertaintySeconds": 300,
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


def test_watch(call, webinar, organizer):
    watch(webinar)

    assert figures(call, webinar, organizer, "watch") == WATCHED


def test_watch_of_sealed_attendance(call, webinar, organizer):
    watch(webinar)
    keep_sealed(webinar, now=START + timedelta(hours=2))
    UserSession.objects.all().delete()

    assert figures(call, webinar, organizer, "watch") == {**WATCHED, "sealed": True}


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


def message(webinar, second, user=None, **fields):
    made = MessageFactory(webinar=webinar, **({"user": user} if user else {}), **fields)
    type(made).objects.filter(pk=made.pk).update(created_at=START + timedelta(seconds=second))


def chat(webinar):
    host, writer = UserFactory(display_name="진행자"), UserFactory(display_name="김하늘")
    for second in (0, 59, 60, 61, 119):
        message(webinar, second, writer)
    message(webinar, 62, writer, deleted_at=START)
    message(webinar, 130, host, is_host=True)
    message(WebinarFactory(), 60, writer)


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


@pytest.mark.parametrize(
    ("role", "sees_authors"),
    [("owner", True), ("admin", True), ("operator", True), ("analyst", True), ("viewer", False)],
)
def test_names_are_for_those_who_may_see_personal_data(call, webinar, role, sees_authors):
    chat(webinar)
    of_others = AgencyMemberFactory(agency=webinar.agency, role="viewer" if sees_authors else "owner").user
    figures(call, webinar, of_others, "chat")  # what is cached for one is not shown to the other
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user

    section = call(webinar, member).get("stats", sections="chat").json()["data"]["sections"]["chat"]

    assert ("topAuthors" in section["figures"], "topAuthors" in section["definitions"]) == (sees_authors,) * 2


def question(webinar, number, *, answered_after=None, **fields):
    asked = START + timedelta(minutes=number)
    answered_at = asked + timedelta(seconds=answered_after) if answered_after is not None else None
    made = QuestionFactory(webinar=webinar, answered_at=answered_at, **fields)
    type(made).objects.filter(pk=made.pk).update(created_at=asked)


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


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("section", "queries"),
    [
        ("access", 4),  # 1. the webinar, 2. people now, 3. buckets, 4. totals and attendees
        ("sessions", 2),  # 1. the webinar, 2. the sessions
        ("watch", 3),  # 1. the webinar, 2. the newest seal, 3. the figures
        ("registrants", 3),  # 1. the webinar, 2. the newest seal, 3. registrations and attended
        ("chat", 4),  # 1. the webinar, 2. the messages, 3. the busiest minute, 4. the authors
        ("qa", 2),  # 1. the webinar, 2. the questions
    ],
)
def test_budgets(call, webinar, organizer, section, queries, rows, django_assert_num_queries):
    for number in range(rows):
        user = RegistrationFactory(webinar=webinar, source=f"link-{number}").user
        visit(webinar, user, number, 30)
        message(webinar, number, user)
        question(webinar, number)
    caller = call(webinar, organizer)

    with django_assert_num_queries(queries):
        cold = caller.get("stats", sections=section)
    with django_assert_num_queries(1):  # 1. the webinar
        warm = caller.get("stats", sections=section)

    assert cold.json() == warm.json()


def test_figures_are_a_few_seconds_old_at_most(call, webinar, organizer):
    call(webinar, organizer).get("stats")

    lives = [redis.client().ttl(key) for key in redis.client().keys("*stats-section*")]

    assert len(lives) == len(ALL)
    assert 0 < min(lives) <= max(lives) <= 5


def test_as_of_is_that_of_the_oldest_figures(call, webinar, organizer):
    caller = call(webinar, organizer)
    first = caller.get("stats", sections="chat").json()["data"]["asOf"]

    both = caller.get("stats", sections="qa,chat").json()["data"]["asOf"]

    assert both == first


@pytest.mark.parametrize("path", ["stats", "stats/curves"])
@pytest.mark.parametrize(
    ("who", "by_pass", "by_session"),
    [
        ("organizer", 200, 200),
        ("attendee", 403, 404),
        ("stranger", 403, 404),
        ("rival", 403, 404),
        ("guest", 403, None),
        ("nobody", 401, 401),
    ],
)
def test_who_may(request, call, client, webinar, path, who, by_pass, by_session):
    if who == "nobody":
        statuses = [client.get(f"/api/webinars/{webinar.slug}/{path}").status_code] * 2
    elif who == "guest":
        statuses = [call(webinar).get(path).status_code, None]
    else:
        user = request.getfixturevalue(who)
        client.force_login(user)
        statuses = [
            call(webinar, user).get(path).status_code,
            client.get(f"/api/webinars/{webinar.slug}/{path}").status_code,
        ]

    assert statuses == [by_pass, by_session]


@pytest.mark.parametrize("path", ["stats", "stats/curves"])
@pytest.mark.parametrize("role", ["owner", "admin", "operator", "analyst", "viewer"])
def test_all_members_see_statistics(call, webinar, path, role):
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user

    assert call(webinar, member).get(path).status_code == 200


def test_curves(call, webinar, organizer, django_assert_num_queries):
    visit(webinar, UserFactory(), 0, 30)
    visit(webinar, UserFactory(), 10, 60)
    caller = call(webinar, organizer)

    with django_assert_num_queries(4):  # 1. the webinar, 2. the newest seal, 3. the steps, 4. what all watched
        cold = caller.get("stats/curves")
    with django_assert_num_queries(0):
        warm = caller.get("stats/curves")

    data = cold.json()["data"]
    assert warm.json() == cold.json()
    assert (len(data["minutes"]), data["minutes"][0], data["attended"]) == (60, "2026-03-02T05:00:00Z", 2)
    assert [index for index, entries in enumerate(data["entries"]) if entries] == [10]
    assert {*data} - {*data["definitions"]} == {"minutes", "stepSeconds", "sealed", "window", "asOf", "definitions"}
    assert {*data["definitions"]} <= {*data}


def test_registrations_alone_make_no_attendance(call, webinar, organizer):
    RegistrationFactory.create_batch(2, webinar=webinar)

    found = figures(call, webinar, organizer, "registrants")

    assert (found["registered"], found["absent"], Registration.objects.count()) == (2, 2, 2)
