"""A webinar that runs long is extended by one click; one that nobody ends, ends as planned (spec 2)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation

from webinars.models import AuditEntry, Webinar
from webinars.services.webinar_life import EndHasMoved, WrongState, end_overdue, extend
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import WebinarFactory
from webinars.tests.room_events import SWITCHES, heard

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 4, 6, 0, tzinfo=UTC)  # 15:00 in Seoul
PLANNED = START + timedelta(hours=1)  # 16:00
NO_LONGER = "so this webinar can no longer be extended. Change its end in the settings."
RUNNERS = {"owner", "admin", "operator", "client_operator", "superuser"}


def minutes(count):
    return timedelta(minutes=count)


def running(**fields):
    times = {"webinar_start_time": START, "webinar_scheduled_end_time": PLANNED}
    return WebinarFactory(**{"state": "live", **times, **fields})


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.mark.parametrize(
    ("after", "by", "moved"),
    [
        (-30, 15, 15),
        (-1, 15, 15),
        (0, 15, 15),
        (14, 15, 15),
        (15, 15, 30),  # 16:15 itself would be over at once
        (20, 15, 30),
        (29, 15, 30),
        (20, 60, 60),
        (20, 1, 21),
        (-20, 1, 1),
    ],
)
@pytest.mark.parametrize("state", ["live", "scheduled"])
def test_the_end_moves_on_until_it_lies_ahead(state, after, by, moved):
    webinar = running(state=state)
    now = PLANNED + minutes(after)

    extended = extend(webinar, minutes=by, now=now)

    assert extended.webinar_scheduled_end_time == PLANNED + minutes(moved)
    assert extended.content_window == (START, PLANNED + minutes(moved))
    kept = Webinar.objects.get()
    assert (kept.webinar_scheduled_end_time, kept.updated_at, kept.state) == (PLANNED + minutes(moved), now, state)


def test_open_pages_are_told_the_new_end(django_capture_on_commit_callbacks):
    webinar = running()

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        extend(webinar, now=PLANNED + minutes(20))

    told = {"state": "live", "startTime": "2026-03-04T06:00:00Z", "endTime": "2026-03-04T07:30:00Z"}
    assert events == [{"type": "webinar.state", "data": {**told, **SWITCHES, "actualEndTime": None}}]


@pytest.mark.parametrize(
    ("fields", "at", "sentence"),
    [
        ({"state": "ended"}, -10, "This webinar has already ended."),
        ({"state": "draft"}, -10, "This webinar has not started yet."),
        ({"state": "scheduled"}, -61, "This webinar has not started yet."),
        (
            {"webinar_scheduled_end_time": None},
            -10,
            "This webinar has no planned end, so there is nothing to extend.",
        ),
        (
            {},
            30,
            "Attendance was counted until 4 Mar 2026, 16:30 (Asia/Seoul), " + NO_LONGER,
        ),
        (
            {"post_window_minutes": 0},
            0,
            "Attendance was counted until 4 Mar 2026, 16:00 (Asia/Seoul), " + NO_LONGER,
        ),
    ],
)
def test_what_cannot_be_extended_says_why(fields, at, sentence, django_capture_on_commit_callbacks):
    webinar = running(**fields)
    before = Webinar.objects.values().get()

    commit = django_capture_on_commit_callbacks(execute=True)
    with heard(webinar) as events, commit, pytest.raises(WrongState) as refusal:
        extend(webinar, now=PLANNED + minutes(at))

    assert (refusal.value.status_code, str(refusal.value.message)) == (409, sentence)
    assert (events, Webinar.objects.values().get()) == ([], before)


@pytest.mark.parametrize(
    ("meanwhile", "sentence"),
    [
        ({"webinar_scheduled_end_time": PLANNED + minutes(15)}, "moved to 4 Mar 2026, 16:15 (Asia/Seoul). Nothing"),
        ({"state": "ended", "webinar_actual_end_time": PLANNED}, "This webinar has already ended."),
        ({"post_window_minutes": 5}, "Attendance was counted until 4 Mar 2026, 16:05 (Asia/Seoul)"),
        ({"webinar_scheduled_end_time": None}, "This webinar has no planned end"),
    ],
)
def test_what_changed_since_it_was_read_is_not_overwritten(meanwhile, sentence):
    webinar = running()
    Webinar.objects.update(**meanwhile)
    before = Webinar.objects.values().get()

    with pytest.raises(WrongState) as refusal:
        extend(webinar, now=PLANNED + minutes(10))

    assert sentence in str(refusal.value.message)
    assert Webinar.objects.values().get() == before


@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_move_it_once():
    webinar = running()

    def click(_n):
        try:
            extend(Webinar.objects.get(), seen_end=PLANNED, now=PLANNED + minutes(20))
            return "moved"
        except EndHasMoved:
            return "too late"
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(click, range(8)))

    assert outcomes == ["moved", *["too late"] * 7]
    assert Webinar.objects.get(pk=webinar.pk).webinar_scheduled_end_time == PLANNED + minutes(30)


# The command


def test_the_command_extends(capsys):
    webinar = running(slug="long", time_zone="America/New_York")

    with time_machine.travel(PLANNED + minutes(20), tick=False):
        call_command("webinar", "extend", "long", "--dry-run")
        assert Webinar.objects.get().webinar_scheduled_end_time == PLANNED
        call_command("webinar", "extend", "long")
        call_command("webinar", "extend", str(webinar.pk), "--minutes", "5")

    assert capsys.readouterr().out.splitlines() == [
        "long: would be live until 2026-03-04T02:30:00-05:00",
        "long: live until 2026-03-04T02:30:00-05:00",
        "long: live until 2026-03-04T02:35:00-05:00",
    ]
    assert Webinar.objects.get().webinar_scheduled_end_time == PLANNED + minutes(35)


@pytest.mark.parametrize(
    ("act", "more", "sentence"),
    [
        ("extend", ["--minutes", "0"], "--minutes must be from 1 to 1440."),
        ("extend", ["--minutes", "1441"], "--minutes must be from 1 to 1440."),
        ("end", ["--minutes", "15"], "--minutes goes with extend only."),
        ("extend", [], "Attendance was counted until March 4, 2026, 4:30 p.m. (Asia/Seoul)"),
    ],
)
def test_the_command_refuses(act, more, sentence):
    running(slug="long")

    with time_machine.travel(PLANNED + minutes(40), tick=False), pytest.raises(CommandError) as refusal:
        call_command("webinar", act, "long", *more)

    assert str(refusal.value).startswith(sentence)
    assert Webinar.objects.values_list("state", "webinar_scheduled_end_time").get() == ("live", PLANNED)


# The console


def url_of(webinar, name="extend"):
    return reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk])


@pytest.fixture
def console(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with time_machine.travel(PLANNED + minutes(20), tick=False):
        yield lambda webinar: sign_in(client, people_around(webinar)["operator"])


def seen_on(page):
    """What the live tab's button would send."""
    form = re.search(r'<form method="post" action="[^"]*/extend/">.*?</form>', page, re.DOTALL).group()
    assert 'name="csrfmiddlewaretoken"' in form
    assert '<button type="submit"' in form
    return {"planned_end": re.search(r'name="planned_end" value="([^"]*)"', form).group(1)}


def said(answer):
    return [(message.level_tag, str(message)) for message in answer.context["messages"]]


def test_one_click_on_the_live_tab_extends(console):
    webinar = running()
    browser = console(webinar)
    sent = seen_on(browser.get(url_of(webinar, "live")).content.decode())

    first = browser.post(url_of(webinar), sent, follow=True)
    second = browser.post(url_of(webinar), sent, follow=True)

    assert sent == {"planned_end": "2026-03-04T16:00:00+09:00"}
    assert first.redirect_chain == [(url_of(webinar, "live"), 302)]
    assert said(first) == [("success", "The planned end is now 4 Mar 2026, 16:30 (Asia/Seoul).")]
    assert said(second) == [
        ("info", "The planned end has just been moved to 4 Mar 2026, 16:30 (Asia/Seoul). Nothing was added.")
    ]
    assert Webinar.objects.get(pk=webinar.pk).webinar_scheduled_end_time == PLANNED + minutes(30)
    planned_end = ["2026-03-04T07:00:00+00:00", "2026-03-04T07:30:00+00:00"]
    assert list(AuditEntry.objects.filter(action="webinar.extended").values_list("details", flat=True)) == [
        {"planned_end": planned_end}
    ]
    again = seen_on(second.content.decode())
    browser.post(url_of(webinar), again)
    assert Webinar.objects.get(pk=webinar.pk).webinar_scheduled_end_time == PLANNED + minutes(45)


def test_a_page_with_fractions_of_a_second_extends(console):
    webinar = running()
    Webinar.objects.update(webinar_scheduled_end_time=PLANNED + timedelta(microseconds=654_321))

    answer = console(webinar).post(url_of(webinar), {"planned_end": "2026-03-04T07:00:00.654Z"}, follow=True)

    assert [level for level, _text in said(answer)] == ["success"]


@pytest.mark.parametrize(
    "sent", [{}, {"planned_end": ""}, {"planned_end": "soon"}, {"planned_end": "2026-03-04T07:00"}]
)
def test_a_click_that_saw_no_end_extends_too(console, sent):
    webinar = running()

    console(webinar).post(url_of(webinar), sent)

    assert Webinar.objects.get(pk=webinar.pk).webinar_scheduled_end_time == PLANNED + minutes(30)


def test_asked_by_its_address_it_says_what_it_will_do(console):
    webinar = running()

    page = console(webinar).get(url_of(webinar)).content.decode()

    assert "Extend the webinar by 15 minutes?" in page
    assert "You can change it back in the settings." in page
    assert 'name="planned_end" value="2026-03-04T' in page
    assert Webinar.objects.get(pk=webinar.pk).webinar_scheduled_end_time == PLANNED


@pytest.mark.parametrize(
    "fields",
    [
        {"state": "draft"},
        {"state": "ended"},
        {"webinar_scheduled_end_time": None},
        {"post_window_minutes": 20},
        {"state": "scheduled", "webinar_start_time": START + minutes(90), "webinar_scheduled_end_time": None},
    ],
)
def test_the_button_is_there_only_where_it_makes_sense(console, fields):
    webinar = running(**fields)

    assert "/extend/" not in console(webinar).get(url_of(webinar, "live")).content.decode()


def test_extending_is_for_those_who_run_the_webinar(console):
    webinar = running()
    found = {}
    for part, person in people_around(webinar).items():
        Webinar.objects.filter(pk=webinar.pk).update(webinar_scheduled_end_time=PLANNED)
        status = sign_in(Browser(), person).post(url_of(webinar)).status_code
        found[part] = (status, Webinar.objects.get(pk=webinar.pk).webinar_scheduled_end_time - PLANNED)

    others = {part: (302 if part == "anonymous" else 404, minutes(0)) for part in PARTS}
    assert found == {**others, **dict.fromkeys(RUNNERS, (302, minutes(30)))}


def test_extending_needs_the_forms_token(console):
    webinar = running()
    browser = sign_in(Browser(enforce_csrf_checks=True), people_around(webinar)["owner"])

    assert browser.post(url_of(webinar)).status_code == 403
    assert Webinar.objects.get(pk=webinar.pk).webinar_scheduled_end_time == PLANNED


# What nobody ended


def test_what_nobody_ended_ends_as_planned(django_capture_on_commit_callbacks, django_assert_num_queries):
    now = PLANNED + minutes(30)
    ended = [running(), running(state="scheduled"), running(post_window_minutes=0)]
    left = [
        running(post_window_minutes=31),
        running(webinar_scheduled_end_time=None),
        running(state="draft"),
        running(state="ended", webinar_actual_end_time=PLANNED + minutes(3)),
        running(state="scheduled", webinar_start_time=now, webinar_scheduled_end_time=now + minutes(60)),
    ]
    before = {row["id"]: row for row in Webinar.objects.values()}

    commit = django_capture_on_commit_callbacks(execute=True)
    # 1. begin 2. ended 3. their rows 4. their entries in the audit log 5. commit
    with heard(ended[0]) as events, commit, django_assert_num_queries(5):
        assert end_overdue(now) == 3
    assert end_overdue(now) == 0

    changes = {"state": "ended", "webinar_actual_end_time": PLANNED, "updated_at": now}
    expected = {webinar.pk: before[webinar.pk] for webinar in left}
    expected |= {webinar.pk: {**before[webinar.pk], **changes} for webinar in ended}
    assert {row["id"]: row for row in Webinar.objects.values()} == expected
    times = {"startTime": "2026-03-04T06:00:00Z", "endTime": "2026-03-04T07:00:00Z"}
    assert events == [
        {
            "type": "webinar.state",
            "data": {"state": "ended", **times, **SWITCHES, "actualEndTime": "2026-03-04T07:00:00Z"},
        }
    ]


@pytest.mark.django_db(transaction=True)
def test_two_that_end_the_same_webinars_share_them():
    webinars = [running() for _ in range(12)]

    def sweep(_n):
        try:
            return end_overdue(PLANNED + minutes(31))
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        counts = list(pool.map(sweep, range(4)))

    assert sum(counts) == len(webinars)
    assert set(Webinar.objects.values_list("state", "webinar_actual_end_time")) == {("ended", PLANNED)}


def test_extending_before_it_is_over_keeps_it_open():
    webinar = running()
    extend(webinar, now=PLANNED + minutes(29))

    assert end_overdue(PLANNED + minutes(31)) == 0
    assert end_overdue(PLANNED + minutes(60)) == 1
    assert Webinar.objects.get().webinar_actual_end_time == PLANNED + minutes(30)
