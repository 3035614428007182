"""The heartbeat (spec 5)."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from presence.models import LivePresence, UserSession
from presence.sql import hot as sql

pytestmark = pytest.mark.django_db

SESSION = "0b7d1e9c-1111-4222-8333-444455556666"


def seconds(session):
    return float(sum((r.upper - r.lower).total_seconds() for r in session.watched_ranges))


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        yield clock


def test_ping_is_one_statement_and_sets_presence(call, webinar, attendee, django_assert_num_queries, clock):
    caller = call(webinar, attendee)

    with django_assert_num_queries(1):  # 1. gate, presence, heartbeat
        response = caller.post("presence/ping")

    assert (response.status_code, response.content) == (204, b"")
    presence = LivePresence.objects.get()
    assert (presence.webinar, presence.user, presence.joined_at) == (webinar, attendee, timezone.now())
    assert (presence.client_id, presence.agency_id) == (webinar.client_id, webinar.agency_id)


def test_heartbeat_with_a_session_is_one_statement_too(call, webinar, attendee, django_assert_num_queries, clock):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})
    clock.shift(120)

    with django_assert_num_queries(1):  # 1. gate, presence, heartbeat
        response = caller.post("presence/ping", {"session_id": SESSION, "view_state": {"is_visible": True}})

    assert response.status_code == 204
    session = UserSession.objects.get()
    assert session.watched_seconds_raw == Decimal(120)
    assert seconds(session) == 120.0
    assert session.last_heartbeat_at == timezone.now()
    assert LivePresence.objects.get().last_seen_at == timezone.now()


@pytest.mark.parametrize(("seconds_later", "moved"), [(59, False), (60, True), (61, True)])
def test_presence_moves_forward_after_a_minute(call, webinar, attendee, clock, seconds_later, moved):
    caller = call(webinar, attendee)
    caller.post("presence/ping")
    joined = timezone.now()

    clock.shift(seconds_later)
    caller.post("presence/ping")

    presence = LivePresence.objects.get()
    assert presence.joined_at == joined
    assert presence.last_seen_at == joined + timedelta(seconds=seconds_later if moved else 0)


@pytest.mark.parametrize(
    ("gaps_and_visibility", "watched"),
    [
        ([(120, True), (120, True)], 240),
        ([(59, True)], 0),  # closer than 60 s: dropped
        ([(59, True), (61, True)], 120),  # the dropped heartbeat's time is not lost
        ([(20, False)], 20),  # a change of visibility counts at once
        ([(20, False), (300, True)], 20),  # hidden time is not watched
        ([(20, False), (30, True), (60, True)], 80),
        ([(360, True)], 360),
        ([(361, True)], 360),  # Δ is at most three intervals
        ([(120, None)], 120),  # older clients say nothing about visibility
    ],
)
def test_watched_time(call, webinar, attendee, clock, gaps_and_visibility, watched):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})

    for gap, visible in gaps_and_visibility:
        clock.shift(gap)
        state = {} if visible is None else {"view_state": {"is_visible": visible, "is_active": True}}
        assert caller.post("presence/ping", {"session_id": SESSION, **state}).status_code == 204

    session = UserSession.objects.get()
    assert session.watched_seconds_raw == Decimal(watched)
    assert seconds(session) == float(watched)


def test_delta_follows_the_last_heartbeat(call, webinar, attendee, clock):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})
    entered = timezone.now()
    clock.shift(500)

    caller.post("presence/ping", {"session_id": SESSION})

    (watched,) = UserSession.objects.get().watched_ranges
    assert (watched.lower, watched.upper, watched.bounds) == (entered, entered + timedelta(seconds=360), "[)")


def test_a_clock_that_steps_back_adds_nothing(call, webinar, attendee, clock):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})
    entered = timezone.now()
    clock.shift(-300)

    caller.post("presence/ping", {"session_id": SESSION, "view_state": {"is_visible": False}})

    session = UserSession.objects.get()
    assert (session.watched_seconds_raw, session.last_heartbeat_at) == (Decimal(0), entered)
    assert session.is_visible is False


def test_session_key_is_an_older_name(call, webinar, attendee, clock):
    caller = call(webinar, attendee)
    older = "session_1718000000000_ab12cd"
    caller.post("access/track", {"session_id": older})
    clock.shift(120)

    caller.post("presence/ping", {"session_key": older})

    assert UserSession.objects.get(session_id=older).watched_seconds_raw == Decimal(120)


def test_unknown_and_closed_sessions_ask_for_a_new_one(call, webinar, attendee, clock):
    caller = call(webinar, attendee)

    unknown = caller.post("presence/ping", {"session_id": SESSION})
    caller.post("access/track", {"session_id": SESSION})
    caller.post("access/exit", {"session_id": SESSION})
    left = timezone.now()
    clock.shift(120)
    closed = caller.post("presence/ping", {"session_id": SESSION})

    for response in (unknown, closed):
        assert (response.status_code, response.json()) == (200, {"success": True, "data": {"session": "closed"}})
    session = UserSession.objects.get()
    assert (session.exited_at, session.watched_seconds_raw) == (left, Decimal(0))


def test_nobody_beats_for_another(call, webinar, attendee, stranger, clock):
    call(webinar, attendee).post("access/track", {"session_id": SESSION})
    other = call(webinar, stranger)
    other.post("access/track", {"session_id": "strangers-own-page"})
    clock.shift(120)

    response = other.post("presence/ping", {"session_id": SESSION})

    assert response.json()["data"] == {"session": "closed"}
    assert UserSession.objects.get(session_id=SESSION).watched_seconds_raw == Decimal(0)


def test_the_unregistered_are_refused_and_nothing_is_created(call, webinar, stranger):
    response = call(webinar, stranger).post("presence/ping")

    assert (response.status_code, response.json()["code"]) == (403, "not_registered")
    assert LivePresence.objects.count() == 0
    assert webinar.registrations.count() == 0


def test_a_banned_person_is_refused(call, webinar, attendee):
    caller = call(webinar, attendee)
    webinar.registrations.update(banned_at=timezone.now())

    response = caller.post("presence/ping")

    assert (response.status_code, response.json()["code"]) == (403, "not_registered")


@pytest.mark.parametrize(
    ("minutes_from_start", "status"),
    [(-31, 410), (-30, 204), (0, 204), (59, 204), (89, 204), (90, 410)],
)
def test_the_collect_window(call, webinar, attendee, minutes_from_start, status):
    with time_machine.travel(webinar.webinar_start_time + timedelta(minutes=minutes_from_start), tick=False):
        response = call(webinar, attendee).post("presence/ping")

    assert response.status_code == status
    assert LivePresence.objects.count() == (1 if status == 204 else 0)


def test_a_webinar_without_an_end_stays_open(call, webinar, attendee):
    webinar.webinar_scheduled_end_time = None
    webinar.save(update_fields=["webinar_scheduled_end_time"])

    with time_machine.travel(webinar.webinar_start_time + timedelta(days=2), tick=False):
        response = call(webinar, attendee).post("presence/ping")

    assert response.status_code == 204


def test_managers_leave_no_trace(call, webinar, organizer, django_assert_num_queries):
    caller = call(webinar, organizer)
    entered = caller.post("access/track", {"session_id": SESSION})

    with django_assert_num_queries(0):
        pinged = caller.post("presence/ping", {"session_id": SESSION})
    left = caller.post("access/exit", {"session_id": SESSION})

    assert (entered.status_code, pinged.status_code, left.status_code) == (200, 204, 204)
    assert entered.json()["data"]["session"] == "open"
    assert (LivePresence.objects.count(), UserSession.objects.count()) == (0, 0)
    assert webinar.registrations.count() == 0


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ('{"session_id": "short"}', "application/json", 400),
        ('{"session_id": "spaces are bad"}', "application/json", 400),
        ('{"session_id": 12345678}', "application/json", 400),
        ('{"session_id": "' + "x" * 101 + '"}', "application/json", 400),
        ('{"session_id": "abcdefgh\\n"}', "application/json", 400),
        ('{"view_state": "visible"}', "application/json", 400),
        ('{"view_state": false}', "application/json", 400),
        ('{"view_state": true}', "application/json", 400),
        ('{"view_state": []}', "application/json", 400),
        ('{"view_state": {"is_visible": "perhaps"}}', "application/json", 400),
        ("[1]", "application/json", 400),
        ("{", "application/json", 400),
        ("\xff", "application/json", 400),
        ("session_id=abcdefgh", "application/x-www-form-urlencoded", 415),
        ("", "application/json", 204),
        ("null", "application/json", 400),
        ("{}", "application/json", 204),
        ('{"session_id": null, "view_state": null}', "application/json", 204),
    ],
)
def test_malformed_pings(call, webinar, attendee, body, content_type, status):
    response = call(webinar, attendee).post("presence/ping", body.encode("latin-1"), content_type=content_type)

    assert response.status_code == status
    if status != 204:
        assert response.json()["success"] is False
        assert LivePresence.objects.count() == 0


def test_ping_answers_in_the_callers_language(call, webinar, stranger):
    english = call(webinar, stranger).post("presence/ping", headers={"Accept-Language": "en"})

    assert english.json()["error"] == "You are not registered for this webinar."


@pytest.mark.parametrize("statement", [sql.PING, sql.ENTER, sql.EXIT])
def test_the_statements_are_short_enough_to_be_kept_as_psycopg_read_them(statement):
    assert len(statement) <= 4_096
