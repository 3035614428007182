"""Pings, exits and sweepers at the same time, on connections of their own: nothing is doubled, lost or reopened."""

import random
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
from django.db import transaction

from presence.models import LivePresence, UserSession
from presence.services import sessions
from presence.services.sessions import close_stale_sessions
from presence.tests.factories import SessionFactory
from presence.tests.pages import Page
from webinars.tests.at_once import Team
from webinars.tests.factories import RegistrationFactory, WebinarFactory

pytestmark = pytest.mark.django_db(transaction=True)

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
ROUNDS = 300


@pytest.fixture
def webinar(transactional_db):
    return WebinarFactory(webinar_start_time=START, webinar_scheduled_end_time=None)


@pytest.fixture
def person(webinar):
    return RegistrationFactory(webinar=webinar).user


@pytest.fixture
def team():
    team = Team(8)
    yield team
    team.close()


def seconds(multirange):
    return sum((r.upper - r.lower).total_seconds() for r in multirange)


def outcome(page, entered):
    row = page.row
    length = None if row.exited_at is None else (row.exited_at - entered).total_seconds()
    assert Decimal(seconds(row.watched_ranges)) == row.watched_seconds_raw
    return length, row.closed_reason, int(row.watched_seconds_raw), int(seconds(row.silent_ranges))


def test_a_ping_against_the_sweeper(webinar, person, team):
    """Whoever comes first decides, and the other sees it."""
    swept_first = (False, 1, (0.0, "timeout", 0, 0))
    pinged_first = (True, 0, (None, None, 301, 301))
    seen = []

    for number in range(ROUNDS):
        page, entered = Page(webinar, person), START + timedelta(hours=number)
        page.track(entered)
        now = entered + timedelta(seconds=301)
        alive, swept = team.at_once(partial(page.ping, now), partial(close_stale_sessions, now=now))
        seen.append((alive, swept, outcome(page, entered)))
        page.leave(now)

    assert [one for one in seen if one not in (swept_first, pinged_first)] == []


def test_an_exit_against_the_sweeper(webinar, person, team):
    swept_first = (False, 1, (0.0, "timeout", 0, 0))
    left_first = (True, 0, (301.0, "exit", 301, 301))
    seen = []

    for number in range(ROUNDS):
        page, entered = Page(webinar, person), START + timedelta(hours=number)
        page.track(entered)
        now = entered + timedelta(seconds=301)
        left, swept = team.at_once(partial(page.leave, now), partial(close_stale_sessions, now=now))
        seen.append((left, swept, outcome(page, entered)))

    assert [one for one in seen if one not in (swept_first, left_first)] == []


def test_the_same_ping_several_times_at_once_counts_once(webinar, person, team):
    page = Page(webinar, person)
    page.track(START)

    for beat in range(1, 51):
        now = START + timedelta(seconds=120 * beat)
        assert team.at_once(*[partial(page.ping, now)] * 4) == [True] * 4

    assert outcome(page, START) == (None, None, 6000, 0)


def test_the_same_exit_several_times_at_once_closes_once(webinar, person, team):
    closed = []
    for number in range(50):
        page, entered = Page(webinar, person), START + timedelta(hours=number)
        page.track(entered)
        now = entered + timedelta(seconds=100)
        closed.append(sorted(team.at_once(*[partial(page.leave, now)] * 4)))
        assert outcome(page, entered) == (100.0, "exit", 100, 0)

    assert closed == [[False, False, False, True]] * 50


def test_sweepers_at_once_close_everything_once(webinar, person, team, monkeypatch):
    monkeypatch.setattr(sessions, "SWEEP_BATCH", 7)
    SessionFactory.create_batch(300, webinar=webinar, user=person, entered_at=START)
    now = START + timedelta(hours=1)

    swept = team.at_once(*[partial(close_stale_sessions, now=now)] * 4)

    assert sum(swept) == 300
    assert set(UserSession.objects.values_list("exited_at", "closed_reason")) == {(START, "timeout")}


def test_the_sweeper_passes_over_a_session_that_a_ping_holds(webinar, person, team):
    held, other = Page(webinar, person), Page(webinar, person)
    now = START + timedelta(seconds=301)
    held.track(START)
    other.track(START)

    with transaction.atomic():
        held.ping(now)
        (swept,) = team.at_once(partial(close_stale_sessions, now=now))

    assert swept == 1
    assert (held.row.exited_at, other.row.exited_at) == (None, START)


def test_a_ping_that_waited_for_the_sweeper_finds_the_session_closed(webinar, person, team):
    page = Page(webinar, person)
    page.track(START)
    now = START + timedelta(seconds=301)

    with transaction.atomic():
        close_stale_sessions(now=now)
        ping = team.start(partial(page.ping, now))

    assert ping.result(20) is False
    assert outcome(page, START) == (0.0, "timeout", 0, 0)


def test_an_exit_that_waited_for_a_ping_counts_what_follows_it(webinar, person, team):
    page = Page(webinar, person)
    page.track(START)

    with transaction.atomic():
        page.ping(START + timedelta(seconds=120))
        left = team.start(partial(page.leave, START + timedelta(seconds=130)))

    assert left.result(20) is True
    assert outcome(page, START) == (130.0, "exit", 130, 0)


def test_a_crowd_of_pages_in_any_order(webinar, person, team):
    """Tracks, pings, exits and sweeps of the same pages from eight sides: the account of each page stays whole, and
    what is closed stays as it was closed."""
    pages = [Page(webinar, person) for _ in range(20)]
    for page in pages:
        page.track(START)
    closed = {}

    def remember():
        for row in UserSession.objects.filter(exited_at__isnull=False).values():
            assert closed.setdefault(row["id"], row) == row

    def act(seed):
        chance = random.Random(seed)
        for step in range(1, 41):
            now = START + timedelta(seconds=30 * step + chance.randrange(30))
            page = chance.choice(pages)
            match chance.randrange(20):
                case 0:
                    page.leave(now)
                case 1:
                    close_stale_sessions(now=now)
                case 2 | 3 | 4:
                    page.track(now)
                case _:
                    page.ping(now, chance.choice([True, False, None]))

    team.at_once(*[partial(act, seed) for seed in range(7)], remember)
    remember()
    team.at_once(*[partial(act, seed) for seed in range(7, 15)])
    remember()

    assert UserSession.objects.count() == len(pages)
    assert LivePresence.objects.count() == 1
    for row in UserSession.objects.all():
        assert Decimal(seconds(row.watched_ranges)) == row.watched_seconds_raw
        for stretch in [*row.watched_ranges, *row.silent_ranges]:
            assert row.entered_at <= stretch.lower
        for stretch in row.watched_ranges:
            assert stretch.upper <= row.last_heartbeat_at
        for stretch in row.silent_ranges:  # a page that left after a long silence may have been there beyond its end
            assert stretch.upper <= row.last_heartbeat_at or row.closed_reason == "exit"
