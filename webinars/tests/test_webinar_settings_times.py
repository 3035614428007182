"""The times of a webinar are changed in its settings before, during and after it (spec 2, 14)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from webinars.admin import webinar_form
from webinars.models import Webinar
from webinars.services.webinar_life import extend
from webinars.tests.console_forms import change, fields_of
from webinars.tests.console_people import sign_in
from webinars.tests.factories import AgencyMemberFactory, WebinarFactory
from webinars.tests.room_events import SWITCHES, heard

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)  # 15:00 in Seoul
PLANNED = START + timedelta(hours=1)  # 16:00
NOW = START + timedelta(minutes=40)
FRACTION = timedelta(microseconds=654_321)
AUTUMN = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)  # in New York the second 01:00


@pytest.fixture
def at():
    """Moves to a moment for the rest of the test."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def console(client, at):
    def enter(webinar):
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
        return sign_in(client, AgencyMemberFactory(agency=webinar.agency, role="operator").user)

    return enter


def made(state="live", **fields):
    times = {"webinar_start_time": START, "webinar_scheduled_end_time": PLANNED}
    return WebinarFactory(**{"state": state, **times, **fields})


def clock(field, text):
    """What the two inputs of a time hold."""
    day, _space, hour = text.rpartition(" ")
    return {f"{field}_0": day or "2026-03-04", f"{field}_1": hour}


def planned(text):
    return clock("webinar_scheduled_end_time", text)


def actual(text):
    return clock("webinar_actual_end_time", text)


def start(text):
    return clock("webinar_start_time", text)


def times_of(webinar):
    webinar.refresh_from_db()
    return webinar.webinar_start_time, webinar.webinar_scheduled_end_time, webinar.webinar_actual_end_time


def errors_of(answer):
    assert answer.status_code == 200
    return {name: list(errors) for name, errors in answer.context["adminform"].form.errors.items()}


def warnings_of(answer):
    return [str(message) for message in answer.context["messages"] if message.level_tag == "warning"]


def saved(browser, webinar, changes):
    answer = change(browser, webinar, **changes)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    return browser.get(answer["Location"])


MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("fields", "changes", "times"),
    [
        ({"state": "draft"}, planned("17:00"), (START, START + 120 * MINUTE, None)),
        ({"state": "scheduled"}, planned("15:10"), (START, START + 10 * MINUTE, None)),
        ({"state": "live"}, planned("17:00"), (START, START + 120 * MINUTE, None)),
        ({"state": "live"}, planned("15:45"), (START, START + 45 * MINUTE, None)),
        ({"state": "live"}, planned("2026-03-05 00:30"), (START, START + 570 * MINUTE, None)),
        (
            {"state": "live"},
            {"webinar_scheduled_end_time_0": "", "webinar_scheduled_end_time_1": ""},
            (START, None, None),
        ),
        ({"state": "live", "webinar_scheduled_end_time": None}, planned("16:00"), (START, PLANNED, None)),
        ({"state": "live"}, start("15:05"), (START + 5 * MINUTE, PLANNED, None)),
        ({"state": "live"}, start("14:30"), (START - 30 * MINUTE, PLANNED, None)),
        (
            {"state": "scheduled"},
            {**start("18:00"), **planned("19:00")},
            (START + 180 * MINUTE, START + 240 * MINUTE, None),
        ),
        (
            {"state": "ended", "webinar_actual_end_time": START + 30 * MINUTE},
            actual("15:20"),
            (START, PLANNED, START + 20 * MINUTE),
        ),
        (
            {"state": "ended", "webinar_actual_end_time": START + 30 * MINUTE},
            actual("15:40"),
            (START, PLANNED, NOW),
        ),
        (
            {"state": "ended", "webinar_actual_end_time": START + 30 * MINUTE},
            start("15:10"),
            (START + 10 * MINUTE, PLANNED, START + 30 * MINUTE),
        ),
    ],
)
def test_times_are_changed_before_during_and_after(
    console, fields, changes, times, django_capture_on_commit_callbacks
):
    webinar = made(**fields)

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        saved(console(webinar), webinar, changes)

    assert times_of(webinar) == times
    end = webinar.content_window.end
    told = {"startTime": webinar.webinar_start_time, "endTime": end, "actualEndTime": webinar.webinar_actual_end_time}
    written = {name: moment and moment.isoformat().replace("+00:00", "Z") for name, moment in told.items()}
    assert events == [{"type": "webinar.state", "data": {"state": webinar.state, **written, **SWITCHES}}]


@pytest.mark.parametrize(
    ("state", "changes", "errors"),
    [
        ("live", planned("15:00"), {"webinar_scheduled_end_time": ["The planned end must be after the start."]}),
        ("live", planned("14:00"), {"webinar_scheduled_end_time": ["The planned end must be after the start."]}),
        ("scheduled", start("16:00"), {"webinar_start_time": ["The start must be before the planned end."]}),
        (
            "live",
            start("15:41"),
            {"webinar_start_time": ["The webinar is live already, so its start must not be in the future."]},
        ),
        ("ended", actual("15:41"), {"webinar_actual_end_time": ["The actual end must not be in the future."]}),
        ("ended", actual("14:59"), {"webinar_actual_end_time": ["The actual end must not be before the start."]}),
        ("ended", start("15:31"), {"webinar_start_time": ["The start must not be after the actual end."]}),
        ("ended", {"webinar_actual_end_time_0": ""}, {"webinar_actual_end_time": ["This field is required."]}),
        ("live", {"post_window_minutes": "-1"}, {"post_window_minutes": [">= 0"]}),
    ],
)
def test_what_cannot_be_is_said_beside_the_time(console, state, changes, errors):
    webinar = made(state, webinar_actual_end_time=START + 30 * MINUTE if state == "ended" else None)
    before = Webinar.objects.values().get()

    found = errors_of(change(console(webinar), webinar, **changes))

    if "post_window_minutes" in errors:
        assert list(found) == ["post_window_minutes"]
    else:
        assert found == errors
    assert Webinar.objects.values().get() == before


@pytest.mark.parametrize("state", ["draft", "scheduled", "live", "ended"])
def test_collecting_is_made_longer_or_shorter_at_any_time(console, state):
    webinar = made(state, webinar_actual_end_time=NOW - MINUTE if state == "ended" else None)
    browser = console(webinar)

    for minutes in (0, 90):
        saved(browser, webinar, {"post_window_minutes": str(minutes)})
        webinar.refresh_from_db()
        assert webinar.collect_window.end - webinar.content_window.end == timedelta(minutes=minutes)


def test_saving_something_else_moves_no_time_and_tells_nobody(console, django_capture_on_commit_callbacks):
    times = (START + FRACTION, PLANNED + FRACTION, NOW - FRACTION)
    webinar = made("ended", webinar_start_time=times[0], webinar_actual_end_time=times[2])
    Webinar.objects.update(webinar_scheduled_end_time=times[1])

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        page = saved(console(webinar), webinar, {"title": "Renamed"})

    assert times_of(webinar) == times
    assert (events, warnings_of(page)) == ([], [])


def test_an_end_within_the_second_of_the_start_is_compared_exactly(console):
    webinar = made("ended", webinar_start_time=START + FRACTION, webinar_actual_end_time=START + 30 * MINUTE)

    found = errors_of(change(console(webinar), webinar, **actual("15:00:00")))

    assert found == {"webinar_actual_end_time": ["The actual end must not be before the start."]}


def test_extending_is_undone_in_the_settings(console, at):
    webinar = made()
    at.move_to(PLANNED - 5 * MINUTE)
    extend(webinar, now=PLANNED - 5 * MINUTE)

    saved(console(webinar), webinar, planned("16:00"))

    assert times_of(webinar) == (START, PLANNED, None)


def test_who_was_overtaken_by_a_click_is_told(console):
    webinar = made()
    browser = console(webinar)
    url = reverse("admin:webinars_webinar_change", args=[webinar.pk])
    data = fields_of(browser.get(url))
    extend(webinar, now=NOW + MINUTE)

    found = errors_of(browser.post(url, {**data, **planned("15:50")}))

    assert list(found) == ["__all__"]
    assert times_of(webinar) == (START, PLANNED + 15 * MINUTE, None)


def test_the_row_is_held_from_the_comparison_to_the_save(console):
    webinar = made()
    browser = console(webinar)

    with CaptureQueriesContext(connection) as queries:
        saved(browser, webinar, planned("15:50"))

    changing = [query["sql"] for query in queries if '"webinars"' in query["sql"] and "UPDATE" in query["sql"]]
    assert [sql.endswith("FOR NO KEY UPDATE") for sql in changing] == [True, False]


def test_an_end_that_closes_it_at_once_is_said(console, at):
    webinar = made()
    at.move_to(PLANNED + 10 * MINUTE)

    over = saved(console(webinar), webinar, planned("15:30"))
    back = saved(console(webinar), webinar, planned("15:50"))

    sentence = "With this end, attendance is no longer counted: the webinar ends by itself within a minute."
    assert (warnings_of(over), warnings_of(back)) == ([sentence], [])


# Nights in which the clocks are changed


def in_new_york(**fields):
    return made("ended", time_zone="America/New_York", webinar_scheduled_end_time=None, **fields)


@pytest.mark.parametrize("fold", [timedelta(hours=-1), timedelta(0)])
def test_an_end_in_the_hour_that_comes_twice_stays_what_it_is(console, at, fold):
    webinar = in_new_york(
        webinar_start_time=AUTUMN - 120 * MINUTE, webinar_actual_end_time=AUTUMN + fold + 30 * MINUTE
    )
    at.move_to(AUTUMN + 600 * MINUTE)

    page = saved(console(webinar), webinar, {"title": "Renamed"})

    assert times_of(webinar)[2] == AUTUMN + fold + 30 * MINUTE
    assert warnings_of(page) == []


def test_of_an_hour_that_comes_twice_the_first_is_taken_and_said(console, at):
    webinar = in_new_york(webinar_start_time=AUTUMN - 120 * MINUTE, webinar_actual_end_time=AUTUMN + 90 * MINUTE)
    at.move_to(AUTUMN + 600 * MINUTE)

    page = saved(console(webinar), webinar, actual("2026-11-01 01:45"))

    first = "1 Nov 2026, 01:45 (America/New_York, EDT)"
    assert times_of(webinar)[2] == AUTUMN - 15 * MINUTE
    assert warnings_of(page) == [f"The clocks show this time twice that night. The first one was taken: {first}."]


def test_an_hour_that_the_clocks_skip_is_refused(console, at):
    webinar = made("scheduled", time_zone="America/New_York")

    found = errors_of(change(console(webinar), webinar, **start("2026-03-08 02:30"), **planned("2026-03-08 03:30")))

    assert found == {
        "webinar_start_time": [
            "The clocks in America/New_York skip 02:30 on this day. Choose an earlier or a later time."
        ]
    }
    assert times_of(webinar) == (START, PLANNED, None)


# What later apps say


@pytest.fixture
def sealed():
    """As a later app would say it of sealed webinars, here of those that have ended."""

    def notice(webinar):
        return "Attendance is sealed." if webinar.state == "ended" else None

    webinar_form.notices.append(notice)
    yield "Attendance is sealed."
    webinar_form.notices.remove(notice)


def test_what_later_apps_say_is_shown_with_the_times_and_when_they_change(console, sealed):
    webinar = made("ended", webinar_actual_end_time=NOW - 5 * MINUTE)
    url = reverse("admin:webinars_webinar_change", args=[webinar.pk])
    browser = console(webinar)

    assert sealed in browser.get(url).content.decode()
    assert warnings_of(saved(browser, webinar, {"title": "Renamed"})) == []
    assert warnings_of(saved(browser, webinar, actual("15:30"))) == [sealed]
    assert warnings_of(saved(browser, webinar, {"post_window_minutes": "5"})) == [sealed]


def test_they_say_nothing_where_nothing_is_to_be_said(console, sealed):
    webinar = made("live")

    page = console(webinar).get(reverse("admin:webinars_webinar_change", args=[webinar.pk])).content.decode()

    assert sealed not in page


def test_a_webinar_of_the_past_is_not_published(console):
    webinar = made(
        "draft", webinar_start_time=START - timedelta(days=2), webinar_scheduled_end_time=PLANNED - timedelta(days=2)
    )

    answer = change(console(webinar), webinar, state="scheduled")

    webinar.refresh_from_db()
    assert errors_of(answer) == {
        "webinar_scheduled_end_time": ["These times are over. Change them before you publish the webinar."]
    }
    assert webinar.state == "draft"


@pytest.mark.parametrize("state", ["live", "ended"])
def test_a_corrected_zone_moves_no_moment_that_counts(console, state):
    webinar = made(state)
    before = times_of(webinar)

    page = saved(console(webinar), webinar, {"time_zone": "Europe/Berlin"})

    assert times_of(webinar) == before
    assert webinar.time_zone == "Europe/Berlin"
    assert warnings_of(page) == ["The webinar's times stay the same moments. They are shown in the new zone now."]


def test_the_plan_of_a_waiting_webinar_keeps_its_wall_clock(console):
    webinar = made(
        "scheduled",
        webinar_start_time=START + timedelta(days=1),
        webinar_scheduled_end_time=PLANNED + timedelta(days=1),
    )

    saved(console(webinar), webinar, {"time_zone": "Europe/Berlin"})

    eight_hours = timedelta(hours=8)
    assert times_of(webinar) == (
        START + timedelta(days=1) + eight_hours,
        PLANNED + timedelta(days=1) + eight_hours,
        None,
    )
