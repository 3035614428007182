"""Silences that were longer than a page owes: what nobody can know about a session (spec 5, 7)."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from presence.models import UserSession
from presence.services.sessions import close_stale_sessions

pytestmark = pytest.mark.django_db

SESSION = "0b7d1e9c-1111-4222-8333-444455556666"
FRONT = {"view_state": {"is_visible": True}}
BEHIND = {"view_state": {"is_visible": False}}


@pytest.fixture
def clock():
    with time_machine.travel(timezone.now().replace(microsecond=0), tick=False) as clock:
        yield clock


@pytest.fixture
def page(call, webinar, attendee, clock, pass_for):
    """An open page; `page(seconds, path, body)` is its next call, so long after the one before."""
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})

    def act(seconds, path, body=None):
        clock.shift(seconds)
        caller.token = pass_for(webinar, attendee)
        return caller.post(path, {"session_id": SESSION, **(body or {})})

    return act


def silences():
    """As (from, to) in seconds since the entry."""
    session = UserSession.objects.get()
    return [
        ((r.lower - session.entered_at).total_seconds(), (r.upper - session.entered_at).total_seconds())
        for r in session.silent_ranges
    ]


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([(190, "presence/ping", FRONT)], []),  # 120 + 10 + 60: the slowest page, one heartbeat dropped
        ([(191, "presence/ping", FRONT)], [(0, 191)]),
        ([(191, "presence/ping", {})], [(0, 191)]),  # older clients say nothing about visibility
        ([(191, "access/track", {})], [(0, 191)]),
        ([(191, "presence/ping", BEHIND)], [(0, 191)]),  # it was in front until then
        ([(30, "presence/ping", BEHIND), (300, "access/track", {})], []),  # a page behind only tracks
        ([(30, "presence/ping", BEHIND), (301, "access/track", {})], [(30, 331)]),
        ([(30, "presence/ping", BEHIND), (301, "presence/ping", FRONT)], [(30, 331)]),
        ([(59, "presence/ping", FRONT), (131, "presence/ping", FRONT)], []),  # the dropped heartbeat is not counted
        ([(59, "presence/ping", FRONT), (132, "presence/ping", FRONT)], [(0, 191)]),
        ([(900, "presence/ping", FRONT)], [(0, 900)]),  # all of it, beyond what is counted as watched
        ([(200, "presence/ping", FRONT), (200, "presence/ping", FRONT)], [(0, 400)]),
        ([(200, "presence/ping", {}), (90, "presence/ping", {}), (200, "access/track", {})], [(0, 200), (290, 490)]),
        ([(190, "access/exit", {})], []),
        ([(191, "access/exit", {})], [(0, 191)]),
        ([(361, "access/exit", {})], [(0, 361)]),  # the session ends at the cap, its silence does not
        ([(30, "presence/ping", BEHIND), (300, "access/exit", {})], []),
        ([(30, "presence/ping", BEHIND), (301, "access/exit", {})], [(30, 331)]),
        ([(30, "presence/ping", BEHIND), (900, "access/exit", {})], [(30, 930)]),
    ],
)  # fmt: skip
def test_a_silence_longer_than_the_page_owes_is_marked(page, acts, expected):
    for act in acts:
        assert page(*act).status_code in (200, 204)

    assert silences() == expected


def test_a_silence_is_marked_by_the_webinars_own_intervals(page, webinar):
    webinar.interval_overrides = {
        "PRESENCE_PING_INTERVAL_SECONDS": 90,
        "PRESENCE_PING_JITTER_SECONDS": 5,
        "ACCESS_TRACK_INTERVAL_SECONDS": 200,
    }
    webinar.save(update_fields=["interval_overrides"])

    page(155, "presence/ping", FRONT)
    page(156, "presence/ping", FRONT)
    page(156, "access/track")
    page(90, "presence/ping", BEHIND)
    page(200, "access/track")
    page(201, "access/exit")

    assert silences() == [(155, 467), (757, 958)]


def test_a_clock_that_steps_back_marks_nothing(page):
    page(-600, "presence/ping", BEHIND)

    assert silences() == []


def test_a_dropped_heartbeat_leaves_the_row_as_it_is(page):
    before = UserSession.objects.values().get()

    page(59, "presence/ping", FRONT)

    assert UserSession.objects.values().get() == before


def test_a_silence_that_the_sweeper_ends_is_none(page, clock, webinar):
    """It ends the session instead: what comes after is not part of it."""
    clock.shift(301)
    close_stale_sessions(now=timezone.now())

    session = UserSession.objects.get()
    assert (session.exited_at - session.entered_at, silences()) == (timedelta(0), [])
