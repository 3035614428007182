"""A person's strip: what is drawn and what is said are the same stretches (spec 7)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation

from stats.admin.strip import Scale, draw

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # 14:00 in Seoul
HOUR = Scale(START, 3600, ZoneInfo("Asia/Seoul"))


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def strip(present=(), visible=(), doubled=(), scale=HOUR):
    return draw({"present": list(present), "visible": list(visible), "doubled": list(doubled)}, scale)


def test_what_was_open_and_what_was_in_front_differ_in_height():
    drawn = strip(present=[[0, 1800]], visible=[[900, 1800]])

    assert drawn.layers == [("present", "M0 14h500v8h-500z"), ("visible", "M250 6h250v16h-250z")]


def test_two_pages_at_once_are_marked_above():
    drawn = strip(present=[[0, 1800]], visible=[[0, 1800]], doubled=[[360, 720]])

    assert drawn.layers[-1] == ("doubled", "M100 0h100v3h-100z")


def test_every_stretch_is_drawn():
    drawn = strip(present=[[0, 360], [720, 1080]])

    assert drawn.layers == [("present", "M0 14h100v8h-100zM200 14h100v8h-100z")]


def test_a_stretch_of_seconds_is_still_seen_and_stays_inside():
    drawn = strip(present=[[10, 11], [3599, 3600]])

    assert drawn.layers == [("present", "M3 14h3v8h-3zM997 14h3v8h-3z")]


def test_a_window_without_length_draws_nothing():
    drawn = strip(scale=Scale(START, 0, ZoneInfo("Asia/Seoul")))

    assert (drawn.layers, drawn.words) == ([], "Not there within the window")


@pytest.mark.parametrize(
    ("stretches", "words"),
    [
        ({}, "Not there within the window"),
        ({"present": [[120, 2700]], "visible": [[120, 2400]]}, "Present 14:02–14:45, in front 38 minutes"),
        ({"present": [[0, 60]], "visible": [[0, 60]]}, "Present 14:00–14:01, in front 1 minute"),
        ({"present": [[0, 60]], "visible": [[0, 20]]}, "Present 14:00–14:01, in front less than a minute"),
        ({"present": [[0, 60]]}, "Present 14:00–14:01, in front 0 minutes"),
        (
            {"present": [[0, 600], [900, 1200]], "visible": [[0, 600]], "doubled": [[0, 300]]},
            "Present 14:00–14:10, 14:15–14:20, in front 10 minutes, two pages at once 5 minutes",
        ),
        (
            {"present": [[n * 600, n * 600 + 300] for n in range(5)]},
            "Present 14:00–14:05, 14:10–14:15, 14:20–14:25, 2 more stretches, in front 0 minutes",
        ),
    ],
)
def test_the_words_say_the_same(stretches, words):
    assert strip(**stretches).words == words


def test_a_window_of_days_says_the_day():
    scale = Scale(START, 2 * 86_400, ZoneInfo("Asia/Seoul"))

    assert scale.ticks() == ["2 Mar, 14:00", "3 Mar, 14:00", "4 Mar, 14:00"]
    assert strip(present=[[0, 60]], scale=scale).words == "Present 2 Mar, 14:00–2 Mar, 14:01, in front 0 minutes"


def test_the_axis_has_the_beginning_the_middle_and_the_end():
    assert HOUR.ticks() == ["14:00", "14:30", "15:00"]
