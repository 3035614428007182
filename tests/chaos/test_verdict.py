"""What the chaos program takes for a broken promise, and what not."""

import json

import pytest

from tests.chaos.disturbances import Frozen
from tests.chaos.journal import Call, Event, Journal
from tests.chaos.page import Page
from tests.chaos.store import MessageStore
from tests.chaos.verdict import browser_difference, difference, is_error, slow_calls, while_frozen

STORED = [(1, "a", False), (2, "b", True), (3, "c", False)]


def row(number):
    return (number, str(number), False)


@pytest.mark.parametrize(
    "shown",
    [
        STORED[:2],
        [*STORED, (4, "d", False)],
        [STORED[1], STORED[0], STORED[2]],
        [*STORED, STORED[2]],
        [(1, "a", False), (2, "b", False), (3, "c", False)],
        [(1, "a", False), (2, "x", True), (3, "c", False)],
        [],
    ],
    ids=["missing", "extra", "order", "doubled", "not deleted", "another", "nothing"],
)
def test_a_page_must_hold_exactly_what_is_stored(shown):
    assert difference(STORED, STORED) == ""
    assert difference(shown, STORED) != ""
    assert browser_difference(shown, STORED) != ""


def test_a_browser_may_have_forgotten_the_oldest_of_very_many():
    stored = [row(number) for number in range(1, 701)]

    assert browser_difference(stored[-500:], stored) == ""
    assert browser_difference(stored[-399:], stored) != ""
    assert browser_difference(stored[-500:-1], stored) != ""


def test_a_call_has_less_time_while_redis_is_frozen():
    journal = Journal()
    journal.calls = [
        Call(5.0, 14.9, "GET messages", 200, ""),
        Call(5.0, 15.1, "POST messages", 0, "ReadTimeout"),
        Call(20.0, 4.9, "GET messages", 200, ""),
        Call(29.9, 5.1, "GET state", 200, ""),
    ]

    assert slow_calls(journal, [Frozen("Redis", 20.0, 30.0, frozenset(), False)]) == [
        "POST messages at 5.0 s took 15.1 s (0 ReadTimeout)",
        "GET state at 29.9 s took 5.1 s (200 )",
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Traceback (most recent call last):", True),
        (json.dumps({"level": "error", "event": "request_finished", "code": 500}), True),
        (json.dumps({"level": "error", "event": "realtime: the reader failed", "exception": "…"}), True),
        (json.dumps({"level": "error", "event": "request_finished", "code": 503}), False),
        (json.dumps({"level": "error", "event": "Service Unavailable: /api/"}), False),
        (json.dumps({"level": "error", "event": "Service Unavailable: /api/", "exception": "…"}), True),
        (json.dumps({"level": "warning", "event": "Redis is away"}), False),
        ("[WARNING] something", False),
    ],
)
def test_what_in_a_log_is_an_error(line, expected):
    assert is_error(line) is expected


def frozen_story(*events, holds_room=True):
    """One page, a post and a ping that go on, and Redis frozen from 20 to 30 s."""
    journal = Journal()
    journal.calls = [Call(25.0, 0.1, what, 204, "") for what in ("POST messages", "POST presence")]
    journal.events = [Event(at, "page 1", what) for at, what in events]
    page = Page.__new__(Page)
    page.name = "page 1"
    return while_frozen(journal, [Frozen("Redis", 20.0, 30.0, frozenset({"page 1"}), holds_room)], [page])[0]


def test_a_page_that_is_served_another_way_in_time_and_comes_back_is_well():
    assert frozen_story((25.0, "lost 1013"), (33.0, "polling"), (45.0, "live")) == []
    assert frozen_story((25.0, "lost 1013"), (34.0, "live")) == []


@pytest.mark.parametrize(
    "events",
    [
        [(25.0, "lost 1013"), (36.0, "polling"), (45.0, "live")],
        [(25.0, "lost 1013"), (33.0, "polling")],
        [(25.0, "lost 1013"), (33.0, "polling"), (76.0, "live")],
        [],
    ],
    ids=["late", "never back", "late back", "nothing noticed"],
)
def test_a_page_that_waits_too_long_for_a_frozen_redis_is_a_problem(events):
    [problem] = frozen_story(*events)

    assert problem.startswith("pages were not served within 15 s")


def test_a_redis_that_holds_no_rooms_concerns_no_page():
    assert frozen_story(holds_room=False) == []


def message(seq, *, changed=None, deleted=False):
    return {
        "id": f"id {seq}", "seq": seq, "clientId": f"client {seq}", "body": "…", "deleted": deleted,
        "changedSeq": changed,
    }  # fmt: skip


def test_a_page_knows_what_it_misses():
    store = MessageStore()

    store.add([message(1), message(3)])

    assert (store.last_seq, store.is_incomplete) == (1, True)
    store.add([message(2)])
    assert (store.last_seq, store.is_incomplete) == (3, False)
    store.delete({"id": "id 2", "seq": 2, "changedSeq": 2})
    assert (store.last_changed, store.is_incomplete) == (0, True)
    answer = {"messages": [], "changed": [message(1, changed=1, deleted=True)], "lastChangedSeq": 2}
    assert store.add_answer(answer, after=3, changed_after=0, full=200) is True
    assert (store.last_changed, store.is_incomplete) == (2, False)
    assert store.shown() == [(1, "id 1", True), (2, "id 2", True), (3, "id 3", False)]


def test_a_deletion_that_comes_before_its_message_is_not_forgotten():
    store = MessageStore()

    store.delete({"id": "id 1", "seq": 1, "changedSeq": 1})
    store.add([message(1)])

    assert store.shown() == [(1, "id 1", True)]


def test_two_messages_with_one_number_are_told():
    store = MessageStore()

    store.add([message(1), message(1) | {"id": "another"}])

    assert store.doubled == ["number 1 is id 1 and another"]
