"""Open doors, start, end (spec 2)."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from webinars.models import Webinar
from webinars.services.webinar_life import WrongState, end, open_doors, start
from webinars.tests.factories import WebinarFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()


def planned(state="scheduled", **fields):
    return WebinarFactory(state=state, webinar_start_time=NOW + timedelta(hours=2), **fields)


def test_open_start_end():
    webinar = planned("draft")

    opened = open_doors(webinar, now=NOW)
    assert (opened.state, opened.doors_opened_at) == ("scheduled", NOW)
    assert opened.collect_window.start == NOW

    started = start(webinar, now=NOW + timedelta(minutes=5))
    assert (started.state, started.webinar_start_time) == ("live", NOW + timedelta(minutes=5))

    ended = end(webinar, now=NOW + timedelta(hours=1))
    assert (ended.state, ended.webinar_actual_end_time) == ("ended", NOW + timedelta(hours=1))
    assert ended.content_window == (NOW + timedelta(minutes=5), NOW + timedelta(hours=1))
    assert ended.collect_window == (NOW - timedelta(minutes=25), NOW + timedelta(hours=1, minutes=30))


def test_a_late_start_keeps_the_planned_time():
    webinar = WebinarFactory(state="scheduled", webinar_start_time=NOW - timedelta(minutes=7))

    assert start(webinar, now=NOW).webinar_start_time == NOW - timedelta(minutes=7)


def test_doing_it_twice_changes_nothing():
    webinar = planned()

    open_doors(webinar, now=NOW)
    assert open_doors(webinar, now=NOW + timedelta(minutes=1)).doors_opened_at == NOW
    start(webinar, now=NOW)
    assert start(webinar, now=NOW + timedelta(minutes=1)).webinar_start_time == NOW
    end(webinar, now=NOW + timedelta(hours=1))
    assert end(webinar, now=NOW + timedelta(hours=2)).webinar_actual_end_time == NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    ("state", "act"),
    [("live", open_doors), ("ended", open_doors), ("ended", start), ("scheduled", end), ("draft", end)],
)
def test_what_cannot_be_done_is_said(state, act):
    webinar = planned(state)
    before = Webinar.objects.values().get()

    with pytest.raises(WrongState) as refusal:
        act(webinar, now=NOW)

    assert (refusal.value.status_code, refusal.value.code) == (409, "wrong_state")
    assert Webinar.objects.values().get() == before


def test_the_command(capsys):
    webinar = planned()

    call_command("webinar", "start", webinar.slug, "--dry-run")
    assert Webinar.objects.get().state == "scheduled"
    call_command("webinar", "start", webinar.slug)
    call_command("webinar", "end", str(webinar.pk))

    said = [f"{webinar.slug}: {state}" for state in ("would be live", "live", "ended")]
    assert capsys.readouterr().out.splitlines() == said
    webinar.refresh_from_db()
    assert webinar.state == "ended"


def test_the_command_says_what_is_wrong():
    webinar = planned("ended")

    with pytest.raises(CommandError, match="There is no webinar nowhere"):
        call_command("webinar", "start", "nowhere")
    with pytest.raises(CommandError, match="This webinar has already ended"):
        call_command("webinar", "start", webinar.slug)


@pytest.mark.parametrize(
    "fault",
    [
        {"webinar_scheduled_end_time": NOW + timedelta(hours=2)},
        {"webinar_actual_end_time": NOW},
        {"bucket_seconds": 120},
        {"state": "paused"},
        {"access_policy": "secret"},
        {"duplicate_login_policy": "fight"},
        {"state": "ended", "webinar_actual_end_time": None},
        {"state": "live", "webinar_actual_end_time": NOW + timedelta(hours=3)},
        {"language": "fr"},
        {"player": "flash"},
        {"title": ""},
        {"slug": "with space"},
        {"slug": "11111111-1111-4111-8111-111111111111"},
    ],
)
def test_the_database_refuses_impossible_webinars(fault):
    with pytest.raises(IntegrityError), transaction.atomic():
        planned(**fault)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "/static/webinars/stage/index.html",
        "https://www.youtube.com/watch?v=abc&t=1",
        "http://127.0.0.1:8000/a.m3u8",
    ],
)
def test_player_addresses(address):
    planned(player_url=address).full_clean()


@pytest.mark.parametrize(
    "fault",
    [
        {"time_zone": "Asia/Atlantis"},
        {"time_zone": "../etc/passwd"},
        {"speakers": [{"title": "no name"}]},
        {"interval_overrides": {"CRON_SECRET": 1}},
        {"interval_overrides": {"PRESENCE_PING_INTERVAL_SECONDS": 0}},
        {"interval_overrides": {"PRESENCE_PING_INTERVAL_SECONDS": True}},
        {"interval_overrides": {"PRESENCE_PING_INTERVAL_SECONDS": 3000}},
        {"interval_overrides": {"ACCESS_TRACK_INTERVAL_SECONDS": 1}},
        {"interval_overrides": [1]},
        {"slug": "11111111-1111-4111-8111-11111111111A"},
        {"player_url": "javascript:alert(1)"},
        {"player_url": "https://a.example; report-uri https://evil.example"},
        {"player_url": "https://[x"},
        {"player_url": "//evil.example/x"},
        {"replay_url": "ftp://a.example/x"},
    ],
)
def test_validation(fault):
    webinar = WebinarFactory.build(client=WebinarFactory().client, webinar_start_time=NOW, **fault)

    with pytest.raises(ValidationError) as refusal:
        webinar.full_clean()

    assert [*refusal.value.message_dict] == [*fault]


def test_a_webinar_follows_its_client_to_another_agency():
    webinar = WebinarFactory()
    other = WebinarFactory()

    webinar.client = other.client
    webinar.save(update_fields=["client", "agency"])

    webinar.refresh_from_db()
    assert webinar.agency_id == other.agency_id


def over(state, **fields):
    """Planned to last for an hour, three days ago."""
    return WebinarFactory(state=state, webinar_start_time=NOW - timedelta(days=3), **fields)


@pytest.mark.parametrize("act", [open_doors, start])
@pytest.mark.parametrize("state", ["draft", "scheduled"])
def test_what_was_planned_for_the_past_is_not_begun(state, act):
    webinar = over(state)

    with translation.override("en"):
        with pytest.raises(WrongState) as refusal:
            act(webinar, now=NOW)

        assert "planned times" in str(refusal.value.message)
    webinar.refresh_from_db()
    assert (webinar.state, webinar.doors_opened_at) == (state, None)


def test_without_a_planned_end_it_is_never_too_late():
    assert start(over("scheduled", webinar_scheduled_end_time=None), now=NOW).state == "live"


@pytest.mark.parametrize(
    ("late", "end_minute"), [(timedelta(minutes=89, seconds=59), 149 + 59 / 60 - 60), (timedelta(minutes=90), 60)]
)
def test_an_end_after_the_last_page_was_heard_is_the_planned_one(late, end_minute):
    """Half an hour is collected after the planned end at minute 60."""
    begin = NOW - timedelta(hours=20)
    webinar = WebinarFactory(webinar_start_time=begin)

    ended = end(webinar, now=begin + late)

    assert ended.webinar_actual_end_time == begin + timedelta(minutes=end_minute)
