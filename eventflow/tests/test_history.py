from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from eventflow.demo.ended_webinar import buckets
from eventflow.demo.history import History, PageSession, Sample, Visit, play, simulate

START = datetime(2026, 3, 4, 5, 0, tzinfo=UTC)
END = START + timedelta(minutes=58)


@pytest.fixture(scope="module")
def history() -> History:
    return simulate(start=START, end=END, people=80, seed=7)


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def visit(*, enters: float, leaves: float, away: tuple[tuple[float, float], ...] = (), cleanly: bool = True) -> Visit:
    stretches = tuple((at(hidden), at(shown)) for hidden, shown in away)
    return Visit(0, at(enters), at(leaves), stretches, cleanly)


class Steady:
    """Chance that always takes the middle: heartbeats every 120 s."""

    def uniform(self, low: float, high: float) -> float:
        return (low + high) / 2


def played(found: Visit) -> list[PageSession]:
    return play(found, chance=Steady(), first_number=0, beats=[], start=START)


def test_a_watched_visit_is_watched_from_entry_to_exit():
    [session] = played(visit(enters=1, leaves=8.5))

    assert (session.entered_at, session.exited_at, session.closed_reason) == (at(1), at(8.5), "exit")
    assert session.watched == [(at(1), at(8.5))]


def test_time_looked_away_is_not_watched():
    [session] = played(visit(enters=0, leaves=10, away=((3, 5),)))

    assert session.watched == [(at(0), at(3)), (at(5), at(10))]
    assert session.watched_time == timedelta(minutes=8)


def test_a_page_away_for_long_is_closed_by_the_sweeper_and_comes_back_as_another_session():
    first, second = played(visit(enters=1, leaves=20, away=((3, 14),)))

    assert (first.exited_at, first.closed_reason) == (at(3), "timeout")
    assert (second.entered_at, second.exited_at, second.closed_reason) == (at(14), at(20), "exit")


def test_a_page_away_for_longer_than_it_owes_and_not_swept_yet_is_silent_for_that_time():
    [session] = played(
        visit(
            enters=0,
            leaves=9.5,
            away=(
                (1, 3),
                (3.5, 9),
            ),
        )
    )

    assert (session.silent, session.closed_reason) == ([(at(3.5), at(9))], "exit")


def test_a_lost_line_ends_at_the_last_heartbeat():
    [session] = played(visit(enters=0, leaves=5, cleanly=False))

    assert (session.exited_at, session.closed_reason) == (at(4), "timeout")
    assert session.watched == [(at(0), at(4))]


def test_the_same_seed_is_the_same_history(history):
    again = simulate(start=START, end=END, people=80, seed=7)

    assert again == history


def test_samples_count_the_people_seen_within_three_minutes(history):
    window = timedelta(seconds=180)

    for sample in history.samples():
        seen = {
            person
            for person, moments in history.seen.items()
            if any(sample.at - window <= moment <= sample.at for moment in moments)
        }
        assert sample.participants == len(seen), sample.at


def test_samples_are_a_minute_apart_without_a_gap(history):
    moments = [sample.at for sample in history.samples()]

    assert {later - earlier for earlier, later in pairwise(moments)} == {timedelta(minutes=1)}


def test_sessions_are_closed_and_watched_within_themselves(history):
    for session in history.sessions:
        assert session.entered_at <= session.last_heartbeat_at == session.exited_at
        for begin, end in session.watched:
            assert session.entered_at <= begin < end <= session.exited_at


def test_everybody_seen_had_a_session_and_the_other_way_round(history):
    assert {session.person for session in history.sessions} == set(history.seen)


def test_a_believable_crowd_has_exits_timeouts_and_people_who_come_back(history):
    reasons = Counter(session.closed_reason for session in history.sessions)
    visits = Counter(session.person for session in history.sessions)

    assert reasons["exit"] > reasons["timeout"] > 5
    assert sum(count > 1 for count in visits.values()) > 5


def test_buckets_add_up_their_samples():
    samples = [Sample(at(minute), count) for minute, count in [(3, 5), (4, 9), (5, 7), (7, 2)]]

    found = list(buckets(samples, seconds=300))

    assert found == [
        {
            "time_bucket": at(0), "sample_count": 2, "sum_participants": 14, "min_participants": 5,
            "max_participants": 9, "last_participants": 9, "first_sample_at": at(3), "last_sample_at": at(4),
        },
        {
            "time_bucket": at(5), "sample_count": 2, "sum_participants": 9, "min_participants": 2,
            "max_participants": 7, "last_participants": 2, "first_sample_at": at(5), "last_sample_at": at(7),
        },
    ]  # fmt: skip
