"""Windows and local times across midnight, changed clocks and an unknown end (spec 2)."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone, translation
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from webinars import sql
from webinars.admin.moment_field import MomentField
from webinars.calendar_file import calendar_file
from webinars.local_times import in_words, moments_of, on_the_clock
from webinars.models import Webinar
from webinars.templatetags.webinar_times import hours_in_zone, minutes_long
from webinars.tests.factories import UserFactory, WebinarFactory

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
LORD_HOWE = ZoneInfo("Australia/Lord_Howe")  # its clocks change by half an hour
SPRING = datetime(2026, 3, 8, 7, 0, tzinfo=UTC)  # 02:00 EST becomes 03:00 EDT
AUTUMN = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)  # 02:00 EDT becomes 01:00 EST

zones = st.sampled_from([SEOUL, NEW_YORK, LORD_HOWE, ZoneInfo("Europe/London"), ZoneInfo("UTC")])
years = {"min_value": datetime(2000, 1, 2), "max_value": datetime(2199, 12, 30)}  # noqa: DTZ001  wall clocks
walls = st.datetimes(**years) | st.builds(
    lambda turn, offset: (turn + timedelta(minutes=offset)).replace(tzinfo=None),
    st.sampled_from([SPRING - timedelta(hours=5), AUTUMN - timedelta(hours=4)]),
    st.integers(-90, 90),
)


def wall(text):
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("zone", "shown", "moments"),
    [
        (SEOUL, "2026-03-08T02:30", ["2026-03-07T17:30Z"]),
        (NEW_YORK, "2026-03-08T01:59:59", ["2026-03-08T06:59:59Z"]),
        (NEW_YORK, "2026-03-08T02:00", []),
        (NEW_YORK, "2026-03-08T02:59:59", []),
        (NEW_YORK, "2026-03-08T03:00", ["2026-03-08T07:00Z"]),
        (NEW_YORK, "2026-11-01T00:59:59", ["2026-11-01T04:59:59Z"]),
        (NEW_YORK, "2026-11-01T01:00", ["2026-11-01T05:00Z", "2026-11-01T06:00Z"]),
        (NEW_YORK, "2026-11-01T01:59:59", ["2026-11-01T05:59:59Z", "2026-11-01T06:59:59Z"]),
        (NEW_YORK, "2026-11-01T02:00", ["2026-11-01T07:00Z"]),
        (LORD_HOWE, "2026-10-04T02:15", []),
        (LORD_HOWE, "2026-04-05T01:45", ["2026-04-04T14:45Z", "2026-04-04T15:15Z"]),
    ],
)
def test_the_moments_of_a_local_time(zone, shown, moments):
    assert moments_of(wall(shown), zone) == [datetime.fromisoformat(moment) for moment in moments]


@given(zone=zones, shown=walls)
@example(zone=NEW_YORK, shown=wall("2026-03-08T02:30"))
@example(zone=NEW_YORK, shown=wall("2026-11-01T01:30"))
@settings(deadline=None)
def test_every_local_time_is_found_or_refused(zone, shown):
    """Against a search through all offsets that these zones ever have."""
    moments = moments_of(shown, zone)

    around = [shown.replace(tzinfo=UTC) + timedelta(minutes=minutes) for minutes in range(-14 * 60, 14 * 60 + 1, 15)]
    assert moments == [moment for moment in around if on_the_clock(moment, zone) == shown]


@given(zone=zones, shown=walls)
@settings(deadline=None)
def test_the_field_takes_the_first_moment_and_refuses_none(zone, shown):
    shown = shown.replace(microsecond=0)
    moments = moments_of(shown, zone)
    field = MomentField()

    with timezone.override(zone):
        if moments:
            assert field.clean([f"{shown:%Y-%m-%d}", f"{shown:%H:%M:%S}"]) == moments[0]
        else:
            with pytest.raises(ValidationError) as refusal:
                field.clean([f"{shown:%Y-%m-%d}", f"{shown:%H:%M:%S}"])
            assert refusal.value.code == "skipped"


@pytest.mark.parametrize(
    ("sent", "sentence"),
    [
        (
            ["2026-03-08", "02:30"],
            "The clocks in America/New_York skip 02:30 on this day. Choose an earlier or a later",
        ),
        (["0001-01-01", "00:00"], "Enter a year from 2000 to 2199."),
        (["9999-12-31", "23:59"], "Enter a year from 2000 to 2199."),
        (["2026-03-08", ""], "Enter a valid time."),
        (["", "10:00"], "Enter a valid date."),
        (["", ""], "This field is required."),
        (["yesterday", "10:00"], "Enter a valid date."),
    ],
)
def test_the_field_says_what_is_wrong(sent, sentence):
    with timezone.override(NEW_YORK), translation.override("en"):
        with pytest.raises(ValidationError) as refusal:
            MomentField(required=not any(sent)).clean(sent)

        assert refusal.value.messages[0].startswith(sentence)


def test_an_empty_end_is_unknown():
    assert MomentField(required=False).clean(["", ""]) is None


def webinar(start, end, **fields):
    return Webinar(
        title="W", time_zone="America/New_York", webinar_start_time=start, webinar_scheduled_end_time=end, **fields
    )


@pytest.mark.parametrize(
    ("start", "length", "zone", "hours"),
    [
        (datetime(2026, 3, 4, 14, 30, tzinfo=UTC), 60, "Asia/Seoul", "23:30 – 00:30"),
        (SPRING - timedelta(minutes=30), 60, "America/New_York", "01:30 EST – 03:30 EDT"),
        (AUTUMN - timedelta(minutes=30), 45, "America/New_York", "01:30 EDT – 01:15 EST"),
        (AUTUMN - timedelta(minutes=30), 45, "Asia/Seoul", "14:30 – 15:15"),
        (datetime(2026, 3, 4, 1, 0, tzinfo=UTC), 24 * 60 + 30, "Asia/Seoul", "10:00 – 5 Mar, 10:30"),
    ],
)
def test_hours_and_length_are_true_over_midnight_and_changed_clocks(start, length, zone, hours):
    held = webinar(start, start + timedelta(minutes=length))
    held.time_zone = zone

    with translation.override("en"):
        assert (hours_in_zone(held), minutes_long(held)) == (hours, length)


def test_a_moment_in_words_says_which_of_two_hours_it_is():
    held = webinar(AUTUMN, None)

    with translation.override("en"):
        assert [in_words(AUTUMN + timedelta(hours=hours), held) for hours in (-2, -1, 0, 1)] == [
            "1 Nov 2026, 00:00 (America/New_York)",
            "1 Nov 2026, 01:00 (America/New_York, EDT)",
            "1 Nov 2026, 01:00 (America/New_York, EST)",
            "1 Nov 2026, 02:00 (America/New_York)",
        ]


def test_the_calendar_entry_is_as_long_as_the_webinar():
    held = webinar(AUTUMN - timedelta(minutes=30), AUTUMN + timedelta(minutes=15), updated_at=SPRING)

    lines = calendar_file(webinar=held, url="https://a.example", now=SPRING).split("\r\n")

    assert [line for line in lines if line.startswith("DT")] == [
        "DTSTAMP:20260308T070000Z",
        "DTSTART:20261101T053000Z",
        "DTEND:20261101T061500Z",
    ]


around_start = st.integers(-120, 240)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    start=st.sampled_from([SPRING, AUTUMN, datetime(2026, 3, 4, 14, 50, tzinfo=UTC)]),
    planned=st.none() | st.integers(1, 120),
    actual=st.none() | st.integers(0, 150),
    post=st.integers(0, 45),
    doors=st.none() | st.integers(-90, 0),
    asked=around_start,
)
def test_the_windows_agree_in_python_and_in_the_database(start, planned, actual, post, doors, asked):
    def at(minutes):
        return None if minutes is None else start + timedelta(minutes=minutes)

    held = WebinarFactory(
        state="live" if actual is None else "ended",
        webinar_start_time=start,
        webinar_scheduled_end_time=at(planned),
        webinar_actual_end_time=at(actual),
        post_window_minutes=post,
        doors_opened_at=at(doors),
    )
    now = at(asked)
    end = planned if actual is None else actual

    admitted = sql.admit(webinar_id=held.pk, user_id=UserFactory().pk, now=now)

    in_content = asked >= 0 and (end is None or asked < end)
    is_collected = asked >= min(-30, doors or 0) and (end is None or asked < end + post)
    mine = Webinar.objects.filter(pk=held.pk)
    assert (held.content_window.contains(now), mine.in_content_window(now).exists()) == (in_content, in_content)
    assert (held.collect_window.contains(now), admitted.is_open) == (is_collected, is_collected)
    assert mine.collected_after(now).exists() == (end is None or asked < end + post)
