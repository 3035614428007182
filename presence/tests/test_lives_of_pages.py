"""What becomes of pages in the rough: sleep, tabs, devices, guests, wrong clocks, late beacons (spec 5)."""

from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from presence.models import LivePresence, UserSession
from presence.services.sessions import close_stale_sessions
from webinars.tests.factories import WebinarFactory

pytestmark = pytest.mark.django_db

OLDER = "session_1718000000000_ab12cd"
FIRST, SECOND = "0b7d1e9c-1111-4222-8333-444455556666", "0b7d1e9c-1111-4222-8333-777788889999"
CLOSED = {"success": True, "data": {"session": "closed"}}


@pytest.fixture
def clock(webinar):
    with time_machine.travel(webinar.webinar_start_time.replace(microsecond=0), tick=False) as clock:
        yield clock


class Pages:
    """Calls of one person's (or guest's) pages, with a pass that is renewed as the page would."""

    def __init__(self, caller, renew):
        self.caller, self.renew = caller, renew

    def __getattr__(self, name):
        path = {"track": "access/track", "ping": "presence/ping", "leave": "access/exit"}[name]

        def post(session_id, **body):
            self.caller.token = self.renew()
            return self.caller.post(path, {"session_id": session_id, **body})

        return post


@pytest.fixture
def pages(call, pass_for, clock):
    def make(webinar, user=None):
        return Pages(call(webinar, user), lambda: pass_for(webinar, user))

    return make


def account(session_id):
    """(seconds from entry to exit, why, watched) of a page."""
    row = UserSession.objects.get(session_id=session_id)
    length = None if row.exited_at is None else int(row.duration_seconds)
    return length, row.closed_reason, int(row.watched_seconds_raw)


def test_a_laptop_that_slept_goes_on_in_a_new_session(pages, webinar, attendee, clock):
    page = pages(webinar, attendee)
    page.track(FIRST)
    clock.shift(120)
    page.ping(FIRST)
    clock.shift(900)
    close_stale_sessions(now=timezone.now())

    woken = page.ping(FIRST, view_state={"is_visible": True})
    again = page.track(FIRST)
    anew = page.track(SECOND)
    clock.shift(100)
    page.ping(SECOND)

    assert (woken.status_code, woken.json()) == (200, CLOSED)
    assert [answer.json()["data"]["session"] for answer in (again, anew)] == ["closed", "open"]
    assert (account(FIRST), account(SECOND)) == ((120, "timeout", 120), (None, None, 100))


def test_a_laptop_that_slept_before_any_sweep_goes_on_in_its_session(pages, webinar, attendee, clock):
    page = pages(webinar, attendee)
    page.track(FIRST)
    clock.shift(900)

    assert page.ping(FIRST).status_code == 204
    assert account(FIRST) == (None, None, 360)
    (silent,) = UserSession.objects.get().silent_ranges
    assert silent.upper - silent.lower == timedelta(seconds=900)


def test_an_exit_after_the_sweeper_changes_nothing(pages, webinar, attendee, clock):
    page = pages(webinar, attendee)
    page.track(FIRST)
    clock.shift(301)
    close_stale_sessions(now=timezone.now())

    left = page.leave(FIRST)

    assert (left.status_code, account(FIRST)) == (204, (0, "timeout", 0))


@pytest.mark.parametrize("call_name", ["track", "ping"])
def test_a_late_beacon_reopens_nothing(pages, webinar, attendee, clock, call_name):
    page = pages(webinar, attendee)
    page.track(FIRST)
    clock.shift(90)
    page.leave(FIRST)
    row = UserSession.objects.values().get()
    clock.shift(5)

    answer = getattr(page, call_name)(FIRST)

    assert (answer.status_code, answer.json()["data"]["session"]) == (200, "closed")
    assert UserSession.objects.values().get() == row


def test_an_exit_that_overtook_its_track_leaves_a_page_of_no_length(pages, webinar, attendee, clock):
    """Nobody hears of it again, and it ends where it began."""
    page = pages(webinar, attendee)

    left = page.leave(FIRST)
    entered = page.track(FIRST)
    clock.shift(600)
    close_stale_sessions(now=timezone.now())

    assert (left.status_code, entered.json()["data"]["session"]) == (204, "open")
    assert account(FIRST) == (0, "timeout", 0)


def test_two_tabs_are_two_sessions_of_one_person_present(pages, webinar, attendee, clock):
    page = pages(webinar, attendee)
    page.track(FIRST)
    clock.shift(60)
    page.track(SECOND)
    page.ping(FIRST, view_state={"is_visible": False})
    clock.shift(60)

    page.leave(FIRST)
    page.ping(SECOND, view_state={"is_visible": True})

    assert (account(FIRST), account(SECOND)) == ((120, "exit", 60), (None, None, 60))
    assert LivePresence.objects.get().last_seen_at == timezone.now()


def test_two_devices_of_one_person_have_their_own_passes_and_sessions(pages, webinar, attendee, clock):
    computer, phone = pages(webinar, attendee), pages(webinar, attendee)
    computer.track(FIRST)
    phone.track(SECOND)
    clock.shift(120)

    computer.ping(FIRST)
    phone.leave(SECOND)

    assert (account(FIRST), account(SECOND)) == ((None, None, 120), (120, "exit", 120))
    assert LivePresence.objects.count() == 1


def test_a_guests_life(pages, clock):
    webinar = WebinarFactory(access_policy="open")
    guest = pages(webinar)

    guest.track(OLDER)
    clock.shift(90)
    guest.ping(OLDER, view_state={"is_visible": False})
    clock.shift(300)
    guest.track(OLDER)
    clock.shift(10)
    left = guest.leave(OLDER)

    assert (left.status_code, account(OLDER)) == (204, (400, "exit", 90))
    assert LivePresence.objects.count() == 0


def test_a_guest_is_refused_once_the_webinar_is_for_people_with_a_name(pages, clock):
    webinar = WebinarFactory(access_policy="open")
    guest = pages(webinar)
    guest.track(FIRST)
    webinar.access_policy = "auth"
    webinar.save(update_fields=["access_policy"])
    clock.shift(120)

    answers = [guest.ping(FIRST), guest.track(FIRST)]

    assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [(403, "not_registered")] * 2
    assert account(FIRST) == (None, None, 0)


def test_a_guest_and_a_person_never_share_a_session(pages, attendee, clock):
    webinar = WebinarFactory(access_policy="open")
    guest, person = pages(webinar), pages(webinar, attendee)
    guest.track(FIRST)
    person.track(SECOND)
    clock.shift(120)

    crossed = [person.ping(FIRST), guest.ping(SECOND), person.track(FIRST), guest.track(SECOND)]
    person.leave(FIRST)
    guest.leave(SECOND)

    assert [answer.json()["data"]["session"] for answer in crossed] == ["closed"] * 4
    assert (account(FIRST), account(SECOND)) == ((None, None, 0), (None, None, 0))


def test_what_a_page_says_about_times_means_nothing(pages, webinar, attendee, clock):
    page = pages(webinar, attendee)
    claims = {
        "timestamp": "2031-01-01T00:00:00Z",
        "now": 4102444800000,
        "entered_at": "2001-01-01T00:00:00Z",
        "last_heartbeat_at": "2001-01-01T00:00:00Z",
        "watched_seconds": 86400,
        "watched_seconds_raw": 86400,
        "user_id": "0b7d1e9c-0000-4000-8000-000000000000",
    }
    entered = timezone.now()
    page.track(FIRST, **claims)
    clock.shift(100)
    page.ping(FIRST, view_state={"is_visible": True, "is_active": True, **claims}, **claims)
    clock.shift(20)

    page.leave(FIRST, **claims)

    session = UserSession.objects.get()
    assert (session.user, session.entered_at, session.exited_at) == (attendee, entered, timezone.now())
    assert session.watched_seconds_raw == Decimal(120)


def test_session_id_comes_before_its_older_name(pages, webinar, attendee, clock):
    page = pages(webinar, attendee)
    page.track(FIRST)
    page.track(OLDER)
    clock.shift(120)

    page.ping(FIRST, session_key=OLDER)

    assert (account(FIRST), account(OLDER)) == ((None, None, 120), (None, None, 0))


def test_every_change_of_visibility_within_a_minute_counts(pages, webinar, attendee, clock):
    page = pages(webinar, attendee)
    page.track(FIRST)
    for visible in (False, True, False, True, False):
        clock.shift(7)
        page.ping(FIRST, view_state={"is_visible": visible})
    clock.shift(7)
    page.ping(FIRST, view_state={"is_visible": False})  # no change: dropped

    page.leave(FIRST)

    assert account(FIRST) == (42, "exit", 21)
    assert [
        (r.upper - r.lower).total_seconds() for r in UserSession.objects.get().watched_ranges
    ] == [7.0, 7.0, 7.0]  # fmt: skip


def test_after_the_collect_window_pages_are_told_to_stop_and_may_still_say_goodbye(pages, webinar, attendee, clock):
    page = pages(webinar, attendee)
    clock.move_to(webinar.collect_window.end - timedelta(seconds=60))
    page.track(FIRST)
    clock.shift(60)

    refused = [page.ping(FIRST), page.track(FIRST), page.track(SECOND)]
    left = page.leave(FIRST)

    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [(410, "webinar_closed")] * 3
    assert (left.status_code, account(FIRST)) == (204, (60, "exit", 60))
    assert UserSession.objects.count() == 1
