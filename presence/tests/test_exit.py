"""Leaving (spec 5)."""

import json
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from presence.models import UserSession

pytestmark = pytest.mark.django_db

SESSION = "0b7d1e9c-1111-4222-8333-444455556666"


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        yield clock


@pytest.fixture
def caller(call, webinar, attendee, clock):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})
    return caller


def test_exit_is_one_statement_and_counts_the_last_stretch(caller, clock, django_assert_num_queries):
    clock.shift(90)

    with django_assert_num_queries(1):  # 1. count and close
        response = caller.post("access/exit", {"session_id": SESSION})

    assert (response.status_code, response.content) == (204, b"")
    session = UserSession.objects.get()
    assert (session.exited_at, session.closed_reason) == (timezone.now(), "exit")
    assert session.watched_seconds_raw == Decimal(90)
    assert session.duration_seconds == Decimal(90)


def test_exit_twice_changes_nothing(caller, clock):
    caller.post("access/exit", {"session_id": SESSION})
    closed = UserSession.objects.values().get()
    clock.shift(60)

    response = caller.post("access/exit", {"session_id": SESSION})

    assert response.status_code == 204
    assert UserSession.objects.values().get() == closed


def test_exit_before_track_is_answered_and_leaves_nothing(call, webinar, stranger):
    response = call(webinar, stranger).post("access/exit", {"session_id": SESSION})

    assert response.status_code == 204
    assert UserSession.objects.count() == 0


def test_hidden_time_is_connected_but_not_watched(caller, clock):
    clock.shift(30)
    caller.post("presence/ping", {"session_id": SESSION, "view_state": {"is_visible": False}})
    clock.shift(100)

    caller.post("access/exit", {"session_id": SESSION})

    session = UserSession.objects.get()
    assert (session.duration_seconds, session.watched_seconds_raw) == (Decimal(130), Decimal(30))


def test_a_page_that_slept_ends_at_the_cap(caller, clock, webinar, attendee, pass_for):
    clock.shift(1800)
    caller.token = pass_for(webinar, attendee)

    caller.post("access/exit", {"session_id": SESSION})

    session = UserSession.objects.get()
    assert (session.duration_seconds, session.watched_seconds_raw) == (Decimal(360), Decimal(360))


@pytest.mark.parametrize("content_type", ["text/plain;charset=UTF-8", "application/json"])
def test_a_beacon_carries_its_pass_in_the_body(caller, content_type):
    token, caller.token = caller.token, None

    response = caller.post(
        "access/exit", json.dumps({"session_id": SESSION, "token": token}), content_type=content_type
    )

    assert response.status_code == 204
    assert UserSession.objects.get().closed_reason == "exit"


@pytest.mark.parametrize("token", [None, "nonsense", 7, {}])
def test_a_beacon_without_a_valid_pass_closes_nothing(caller, token):
    caller.token = None

    response = caller.post("access/exit", {"session_id": SESSION, "token": token})

    assert (response.status_code, response.json()["code"]) == (401, "invalid_pass")
    assert UserSession.objects.get().exited_at is None


def test_nobody_closes_anothers_session(caller, call, webinar, stranger):
    response = call(webinar, stranger).post("access/exit", {"session_id": SESSION})

    assert response.status_code == 204
    assert UserSession.objects.get().exited_at is None


@pytest.mark.parametrize(("body", "status"), [("{", 400), ("[]", 400), ("{}", 400), ('{"session_id":"x"}', 400)])
def test_malformed_exits(caller, body, status):
    response = caller.post("access/exit", body, content_type="text/plain")

    assert response.status_code == status
    assert UserSession.objects.get().exited_at is None
