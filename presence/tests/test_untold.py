"""A page that could not say at once that it went behind says so later: that is not sure, and no more (spec 5)."""

from datetime import UTC, datetime, timedelta

import pytest

from presence.models import UserSession
from presence.tests.pages import Page
from webinars.tests.factories import RegistrationFactory, WebinarFactory

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
SESSION = "0b7d1e9c-1111-4222-8333-444455556666"


def at(second):
    return START + timedelta(seconds=second)


@pytest.fixture
def page(db):
    webinar = WebinarFactory(webinar_start_time=START, webinar_scheduled_end_time=None)
    page = Page(webinar, RegistrationFactory(webinar=webinar).user)
    page.track(START)
    return page


def stretches(multirange):
    return [(int((one.lower - START).total_seconds()), int((one.upper - START).total_seconds())) for one in multirange]


def account(page):
    row = page.row
    return row.is_visible, stretches(row.watched_ranges), stretches(row.silent_ranges)


def test_a_change_told_in_time_is_sure(page):
    page.ping(at(100), is_visible=False)

    assert account(page) == (False, [(0, 100)], [])


def test_a_change_told_late_marks_the_time_since(page):
    page.ping(at(100), is_visible=False, untold=timedelta(seconds=40))

    assert account(page) == (False, [(0, 100)], [(60, 100)])


def test_the_mark_goes_back_past_a_heartbeat_and_not_past_the_entry(page):
    page.track(at(100))
    page.ping(at(150), is_visible=False, untold=timedelta(seconds=80))
    page.ping(at(160), is_visible=True, untold=timedelta(days=1))

    assert account(page) == (True, [(0, 150)], [(0, 160)])


def test_two_untold_changes_that_undo_each_other_are_not_lost_in_the_throttle(page):
    page.ping(at(30), is_visible=True, untold=timedelta(seconds=20))

    assert account(page) == (True, [(0, 30)], [(10, 30)])


def test_leaving_takes_it_along(page):
    page.leave(at(100), untold=timedelta(seconds=30))

    assert account(page) == (True, [(0, 100)], [(70, 100)])


def test_leaving_after_the_cap_is_not_sure_up_to_then(page):
    page.leave(at(5000), untold=timedelta(seconds=30))

    assert (page.row.exited_at, account(page)) == (at(360), (True, [(0, 360)], [(0, 5000)]))


def test_a_clock_that_steps_back_is_no_failure(page):
    page.ping(at(-10), is_visible=False, untold=timedelta(seconds=5))

    assert account(page) == (False, [], [])


@pytest.mark.parametrize("path", ["presence/ping", "access/exit"])
def test_the_calls_take_it(call, webinar, attendee, path):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})
    UserSession.objects.update(entered_at=at(0), last_heartbeat_at=at(0))

    seconds = {"changed_seconds_ago": 40.5}
    caller.post(path, {"session_id": SESSION, "view_state": {"is_visible": False, **seconds}, **seconds})

    row = UserSession.objects.get()
    assert max(one.upper for one in row.silent_ranges) == row.updated_at


@pytest.mark.parametrize("seconds", [-1, 86_401, "5", True, [], float("1e400")])
def test_what_is_no_number_of_seconds_is_refused(call, webinar, attendee, seconds):
    caller = call(webinar, attendee)

    ping = caller.post("presence/ping", {"session_id": SESSION, "view_state": {"changed_seconds_ago": seconds}})

    assert (ping.status_code, ping.json()["success"]) == (400, False)


@pytest.mark.parametrize("seconds", [None, 0])
def test_nothing_to_tell(call, webinar, attendee, seconds):
    caller = call(webinar, attendee)
    caller.post("access/track", {"session_id": SESSION})

    statuses = [
        caller.post("presence/ping", {"session_id": SESSION, "view_state": {"changed_seconds_ago": seconds}}),
        caller.post("access/exit", {"session_id": SESSION, "changed_seconds_ago": seconds}),
    ]

    assert [response.status_code for response in statuses] == [204, 204]
    assert list(UserSession.objects.get().silent_ranges) == []
