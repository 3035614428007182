"""The ledger's statement over rows of every shape, against sets of whole seconds (spec 7)."""

import random
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from presence.models import UserSession
from presence.selectors.ledger import guest_figures, person_figures, person_stretches
from presence.sql.ledger import frame_of
from presence.tests.ledger_oracle import Session, Times, counted_end, figures
from presence.tests.ledger_oracle import guest_figures as figures_of_guests
from webinars.models import User
from webinars.tests.factories import UserFactory, WebinarFactory

ZERO = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
PEOPLE = 30
MANY = 1_000
LAST = 2_400


def any_moment(pick):
    """Often one of few, so that pages begin and end together, and at the ends of the window."""
    return pick(0, LAST // 60) * 60 if pick(0, 2) else pick(0, LAST)


def any_session(pick):
    """A row that the table's own rules allow; whether such a page could be is not asked. `pick(low, high)` chooses."""
    entered, beat, exited = sorted(any_moment(pick) for _ in range(3))
    reason = [None, "exit", "timeout"][pick(0, 2)]
    if reason is None:
        exited = None
    elif reason == "timeout" or pick(0, 1):
        exited = beat
    return Session(
        entered=entered,
        beat=beat,
        visible=bool(pick(0, 1)),
        exited=exited,
        reason=reason,
        watched=seconds_between([any_moment(pick) for _ in range(pick(0, 2) * 2)], entered, beat),
        silent=seconds_between([any_moment(pick) for _ in range(pick(0, 1) * 2)], entered, beat),
    )


def any_person(pick):
    return [any_session(pick) for _ in range(pick(1, 4))]


def any_times(pick):
    start = pick(0, LAST // 60) * 60
    end = start + pick(1, LAST) if pick(0, 3) else None
    return Times(start, end, now=any_moment(pick), **({"ping": 60, "track": 200} if pick(0, 3) == 3 else {}))


def seconds_between(ends, first, last):
    """The seconds of the stretches between every two of `ends`, within [first, last)."""
    ends = sorted(ends)
    pairs = zip(ends[::2], ends[1::2], strict=True)
    return {second for start, end in pairs for second in range(max(start, first), min(end, last))}


def drawn(make):
    """A hypothesis strategy of what `make(pick)` makes."""
    return st.composite(lambda draw: make(lambda low, high: draw(st.integers(low, high))))()


def at(second):
    return ZERO + timedelta(seconds=second)


def ranges_of(seconds):
    """A set of seconds as a multirange."""
    starts = sorted(second for second in seconds if second - 1 not in seconds)
    ends = sorted(second + 1 for second in seconds if second + 1 not in seconds)
    return TimestamptzMultirange(
        [TimestamptzRange(at(one), at(other)) for one, other in zip(starts, ends, strict=True)]
    )


def write(webinar, user, session):
    return UserSession(
        webinar=webinar,
        client=webinar.client,
        agency=webinar.agency,
        user=user,
        session_id=str(uuid.uuid4()),
        entered_at=at(session.entered),
        # The column may be empty; the entry is the first sign of life then.
        last_heartbeat_at=at(session.beat) if session.beat != session.entered else None,
        exited_at=None if session.exited is None else at(session.exited),
        closed_reason=session.reason,
        is_visible=session.visible,
        watched_ranges=ranges_of(session.watched),
        silent_ranges=ranges_of(session.silent),
    )


def webinar_with(times):
    return WebinarFactory(
        webinar_start_time=at(times.start),
        webinar_scheduled_end_time=None if times.end is None else at(times.end),
        interval_overrides={
            "PRESENCE_PING_INTERVAL_SECONDS": times.ping, "ACCESS_TRACK_INTERVAL_SECONDS": times.track,
        },
    )  # fmt: skip


def as_the_oracle_says(expected):
    moments = {"first_entered", "last_exited"}
    return {name: at(value) if name in moments and value is not None else value for name, value in expected.items()}


def seconds_of(multirange):
    return {
        second
        for one in multirange
        for second in range(round((one.lower - ZERO).total_seconds()), round((one.upper - ZERO).total_seconds()))
    }


def compare(webinar, times, sessions_of, guests):
    """Every figure and strip of everybody; `sessions_of` is by user id."""
    frame = frame_of(webinar, now=at(times.now))
    there = {user: rows for user, rows in sessions_of.items() if any(row.entered <= times.now for row in rows)}

    found = {row.user_id: row._asdict() for row in person_figures(frame)}
    strips = person_stretches(frame)

    assert found == {
        user: {"user_id": user, **as_the_oracle_says(figures(rows, times))} for user, rows in there.items()
    }
    assert guest_figures(frame)._asdict() == figures_of_guests(guests, times)
    for user, rows in there.items():
        rows = [row for row in rows if row.entered <= times.now]
        present = [set(range(row.entered, counted_end(row, times.now))) & times.seconds for row in rows]
        assert seconds_of(strips[user].present_ranges) == set().union(*present)
        assert seconds_of(strips[user].visible_ranges) == set().union(*(row.watched for row in rows)) & times.seconds
        assert seconds_of(strips[user].doubled_ranges) == {
            second for second in set().union(*present) if sum(second in one for one in present) > 1
        }


@pytest.fixture
def somebodies(db):
    return UserFactory.create_batch(PEOPLE)


def closed(entered, exited, reason="exit", **more):
    return Session(entered=entered, beat=exited, exited=exited, reason=reason, **more)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(
    people=st.lists(drawn(any_person), min_size=1, max_size=PEOPLE),
    guests=st.lists(drawn(any_session), max_size=4),
    times=drawn(any_times),
)
@example(  # zero length, at every edge of the window
    people=[[closed(moment, moment)] for moment in (599, 600, 601, 1199, 1200, 1201)],
    guests=[closed(600, 600), closed(1200, 1200)],
    times=Times(600, 1200, now=2000),
)
@example(  # three pages, one within another, and two that only touch
    people=[[closed(0, 1000), closed(100, 900), closed(200, 800)], [closed(0, 300), closed(300, 600)]],
    guests=[],
    times=Times(0, 1000, now=2000),
)
@example(  # open: fresh, stale, and hidden; the end is not known
    people=[[Session(0, 900)], [Session(0, 500)], [Session(0, 700, visible=False)], [Session(1001, 1001)]],
    guests=[Session(0, 900)],
    times=Times(0, None, now=1000),
)
@example(  # went silent before the window, and came back within it
    people=[[closed(0, 100, "timeout"), closed(700, 900)], [closed(0, 580, "timeout"), closed(601, 900)]],
    guests=[closed(0, 100, "timeout"), closed(700, 900)],
    times=Times(600, 1200, now=2000),
)
@example(  # the window has not begun; a page that left since was open then
    people=[[closed(0, 900)]], guests=[closed(0, 900)], times=Times(600, 1200, now=300)
)
@pytest.mark.django_db
def test_every_figure_of_any_rows(somebodies, people, guests, times):
    write_and_compare(somebodies, people, guests, times)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.django_db
def test_every_figure_of_very_many_rows(seed):
    chance = random.Random(seed)
    crowd = User.objects.bulk_create(User(email=f"{seed}-{number}@example.com") for number in range(MANY))
    guests = [any_session(chance.randint) for _ in range(MANY // 4)]
    times = Times(400, 1900, now=[3000, 1500, 1900][seed])

    write_and_compare(crowd, [any_person(chance.randint) for _ in crowd], guests, times)


def write_and_compare(users, people, guests, times):
    webinar = webinar_with(times)
    of_people = {user.pk: rows for user, rows in zip(users, people, strict=False)}
    UserSession.objects.bulk_create(
        write(webinar, user, session) for user, rows in zip(users, people, strict=False) for session in rows
    )
    UserSession.objects.bulk_create(write(webinar, None, session) for session in guests)

    compare(webinar, times, of_people, guests)
