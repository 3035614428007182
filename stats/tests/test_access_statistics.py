"""`stats/access` (spec 6)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from eventflow import redis
from presence.tests.factories import PresenceFactory, SessionFactory
from stats.tests.factories import AccessLogFactory
from webinars.tests.factories import AgencyMemberFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db

NOON = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)


def bucket(webinar, minutes, samples, total, low, high, last):
    return AccessLogFactory(
        webinar=webinar,
        time_bucket=NOON + timedelta(minutes=minutes),
        sample_count=samples,
        sum_participants=total,
        min_participants=low,
        max_participants=high,
        last_participants=last,
    )


@pytest.mark.parametrize("count", [1, 3])
def test_budgets_cold_and_warm(call, webinar, organizer, count, django_assert_num_queries):
    PresenceFactory.create_batch(count, webinar=webinar)
    for n in range(count):
        bucket(webinar, n * 5, 1, 1, 1, 1, 1)
    caller = call(webinar, organizer)

    # 1. people now, 2. buckets, 3. totals and attendees, 4. that they were seen
    with django_assert_num_queries(4):
        cold = caller.get("stats/access")
    with django_assert_num_queries(0):
        warm = caller.get("stats/access")

    assert cold.status_code == 200
    assert cold.json() == warm.json()


def test_the_whole_answer(call, webinar, organizer):
    first = PresenceFactory(
        webinar=webinar, user__display_name="김하늘", joined_at=timezone.now() - timedelta(seconds=9)
    )
    second = PresenceFactory(webinar=webinar, user__display_name="이준호")
    SessionFactory.create_batch(2, webinar=webinar, user=first.user)
    SessionFactory(webinar=webinar, user=second.user)
    SessionFactory(webinar=webinar, user=None)  # a guest is not among the attendees
    bucket(webinar, 0, 5, 10, 1, 3, 3)
    bucket(webinar, 5, 1, 7, 7, 7, 7)
    bucket(webinar, 15, 4, 8, 0, 4, 0)  # nothing was sampled from 10 to 15
    elsewhere = WebinarFactory()
    PresenceFactory(webinar=elsewhere)
    bucket(elsewhere, 0, 1, 99, 99, 99, 99)

    data = call(webinar, organizer).get("stats/access").json()["data"]

    as_of = data.pop("asOf")
    assert datetime.fromisoformat(as_of) <= timezone.now()
    for person in data["currentParticipantList"]:
        del person["joinedAt"], person["lastSeenAt"]
    assert data == {
        "currentParticipants": 2,
        "currentParticipantList": [
            {"userId": str(first.user_id), "displayName": "김하늘"},
            {"userId": str(second.user_id), "displayName": "이준호"},
        ],
        "totalAttendees": 2,
        "maxConcurrentParticipants": 7,
        "avgConcurrentParticipants": 2.5,  # 25 people over 10 samples; the mean of the buckets' means is 3.67
        "peakTime": "2026-03-02T03:05:00Z",
        "timeline": [
            {
                "time": "2026-03-02T03:00:00Z",
                "avgParticipants": 2.0,
                "maxParticipants": 3,
                "minParticipants": 1,
                "lastParticipants": 3,
                "sampleCount": 5,
            },
            {
                "time": "2026-03-02T03:05:00Z",
                "avgParticipants": 7.0,
                "maxParticipants": 7,
                "minParticipants": 7,
                "lastParticipants": 7,
                "sampleCount": 1,
            },
            {
                "time": "2026-03-02T03:15:00Z",
                "avgParticipants": 2.0,
                "maxParticipants": 4,
                "minParticipants": 0,
                "lastParticipants": 0,
                "sampleCount": 4,
            },
        ],
        "timelineTruncated": False,
        "nextPollSeconds": 10,
    }


def test_an_empty_webinar(call, webinar, organizer):
    data = call(webinar, organizer).get("stats/access").json()["data"]

    del data["asOf"]
    assert data == {
        "currentParticipants": 0,
        "currentParticipantList": [],
        "totalAttendees": 0,
        "maxConcurrentParticipants": 0,
        "avgConcurrentParticipants": 0,
        "peakTime": None,
        "timeline": [],
        "timelineTruncated": False,
        "nextPollSeconds": 10,
    }


@pytest.mark.parametrize(
    ("query", "minutes"),
    [
        ({"from": "2026-03-02T03:05:00Z"}, [5, 10]),
        ({"to": "2026-03-02T03:05:00Z"}, [0]),
        ({"from": "2026-03-02T12:05:00+09:00", "to": "2026-03-02T12:10:00+09:00"}, [5]),
        ({"from": "2026-03-02T03:05:01Z"}, [10]),
    ],
)
def test_from_and_to(call, webinar, organizer, query, minutes):
    for minute in (0, 5, 10):
        bucket(webinar, minute, 1, minute, minute, minute, minute)

    data = call(webinar, organizer).get("stats/access", **query).json()["data"]

    assert [b["lastParticipants"] for b in data["timeline"]] == minutes
    assert data["maxConcurrentParticipants"] == max(minutes)


@pytest.mark.parametrize("query", [{"from": "yesterday"}, {"to": "2026-13-01T00:00:00Z"}])
def test_malformed_times(call, webinar, organizer, query):
    response = call(webinar, organizer).get("stats/access", **query)

    assert (response.status_code, [*response.json()["fields"]]) == (400, [*query])


@pytest.mark.parametrize(
    ("query", "buckets"),
    [
        ({"from": "0001-01-02T00:00:00+14:00", "to": "9999-12-30T00:00:00-12:00"}, 1),
        ({"from": "9999-12-31T23:59:59Z"}, 0),
        ({"to": "0001-01-01T00:00:00Z"}, 0),
        ({"from": "2026-03-02T03:05:00Z", "to": "2026-03-02T03:00:00Z"}, 0),  # the wrong way round
    ],
)
def test_times_at_the_end_of_the_calendar(call, webinar, organizer, query, buckets):
    bucket(webinar, 0, 1, 1, 1, 1, 1)

    data = call(webinar, organizer).get("stats/access", **query).json()["data"]

    assert (len(data["timeline"]), data["maxConcurrentParticipants"]) == (buckets, buckets)


def test_the_live_count_is_at_most_five_seconds_old(call, webinar, organizer):
    caller = call(webinar, organizer)
    caller.get("stats/access")
    PresenceFactory(webinar=webinar)

    still_cached = caller.get("stats/access").json()["data"]["currentParticipants"]
    lives = [redis.client().ttl(key) for key in redis.client().keys("*stats-*")]

    assert still_cached == 0
    assert lives
    assert max(lives) <= 5


@pytest.mark.parametrize("shown", [True, False])
def test_attendees_see_the_count_and_names_where_they_are_shown(
    call, webinar, attendee, shown, django_assert_num_queries
):
    webinar.participant_list_enabled = shown
    webinar.save(update_fields=["participant_list_enabled"])
    PresenceFactory(webinar=webinar, user=UserFactory(display_name="김하늘", email="haneul@example.com"))
    PresenceFactory(webinar=webinar, user=UserFactory(display_name=""))
    bucket(webinar, 0, 1, 1, 1, 1, 1)
    caller = call(webinar, attendee)

    with django_assert_num_queries(1):  # 1. people now
        cold = caller.get("stats/access")
    with django_assert_num_queries(0):
        warm = caller.get("stats/access")

    data = cold.json()["data"]
    assert warm.json() == cold.json()
    assert [*data] == ["currentParticipants", "nextPollSeconds", "asOf", "currentParticipantList"]
    assert data["currentParticipants"] == 2
    assert data["currentParticipantList"] == ([{"displayName": "김하늘"}] if shown else [])


def test_attendees_see_a_hundred_names_at_most(call, webinar, attendee):
    webinar.participant_list_enabled = True
    webinar.save(update_fields=["participant_list_enabled"])
    PresenceFactory.create_batch(101, webinar=webinar)

    data = call(webinar, attendee).get("stats/access").json()["data"]

    assert (data["currentParticipants"], len(data["currentParticipantList"])) == (101, 100)


@pytest.mark.parametrize(
    ("role", "sees_names"),
    [("owner", True), ("admin", True), ("operator", True), ("analyst", True), ("viewer", False)],
)
def test_members_see_history_and_names_by_role(call, webinar, role, sees_names):
    PresenceFactory(webinar=webinar)
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user

    data = call(webinar, member).get("stats/access").json()["data"]

    assert (data["currentParticipants"], "timeline" in data) == (1, True)
    assert len(data["currentParticipantList"]) == (1 if sees_names else 0)


def test_a_viewer_sees_no_names_even_where_attendees_do(call, webinar):
    webinar.participant_list_enabled = True
    webinar.save(update_fields=["participant_list_enabled"])
    PresenceFactory(webinar=webinar, user__display_name="김하늘")

    data = (
        call(webinar, AgencyMemberFactory(agency=webinar.agency, role="viewer").user)
        .get("stats/access")
        .json()["data"]
    )

    assert (data["currentParticipants"], data["currentParticipantList"]) == (1, [])


def test_guests_see_the_count_alone(call):
    webinar = WebinarFactory(access_policy="open")
    PresenceFactory(webinar=webinar)

    data = call(webinar).get("stats/access").json()["data"]

    assert (data["currentParticipants"], data["currentParticipantList"], "timeline" in data) == (1, [], False)


def test_without_redis_it_answers_from_the_database_and_asks_for_patience(call, webinar, organizer, settings):
    settings.REDIS_RETRY_AFTER_SECONDS = 3600
    redis.pause.begin()
    PresenceFactory(webinar=webinar)

    data = call(webinar, organizer).get("stats/access").json()["data"]

    assert (data["currentParticipants"], data["nextPollSeconds"]) == (1, 30)


def test_the_consoles_session_sees_what_its_pass_sees(call, webinar, organizer, client):
    PresenceFactory(webinar=webinar)
    bucket(webinar, 0, 1, 1, 1, 1, 1)
    client.force_login(organizer)

    by_session = client.get(f"/api/webinars/{webinar.pk}/stats/access")
    by_pass = call(webinar, organizer).get("stats/access")

    assert by_session.json() == by_pass.json()


@pytest.mark.parametrize(("who", "status"), [("attendee", 404), ("stranger", 404), ("rival", 404), (None, 401)])
def test_other_sessions_see_nothing(request, webinar, client, who, status):
    if who is not None:
        client.force_login(request.getfixturevalue(who))

    assert client.get(f"/api/webinars/{webinar.slug}/stats/access").status_code == status


@pytest.mark.django_db
def test_budgets_by_session_are_those_of_a_pass_and_who_asks(client, webinar, organizer, django_assert_num_queries):
    client.force_login(organizer)
    path = f"/api/webinars/{webinar.pk}/stats/access"

    # 1. the person, 2. the webinar and their part, 3. people now, 4. buckets, 5. totals, 6. that they were seen
    with django_assert_num_queries(6):
        cold = client.get(path).json()
    with django_assert_num_queries(2):  # 1. the person, 2. the webinar and their part
        warm = client.get(path).json()

    assert cold == warm
