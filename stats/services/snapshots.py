"""The minute's count (spec 6)."""

import logging
import time
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import DatabaseError, IntegrityError, connection

from stats.sql.snapshot import CLOCKS_DIFFER, clock_ahead, snapshot
from stats.sql.summaries import count_people, settle_days

logger = logging.getLogger(__name__)

# From here on, counting a webinar's people takes longer than an answer may (a few milliseconds).
LARGE_SESSIONS = 50_000
# Late comers are counted for this long after the last sample.
COUNTED_AFTER = timedelta(minutes=15)
# What one statement does at most: well below a second, and the connection ends what takes 30. How often a minute
# repeats it is bounded by time.
SETTLED_AT_ONCE = 20
DAYS_AT_ONCE = 10
COUNTED_AT_ONCE = 5
LOOKED_AT_ONCE = 500
SECONDS = 10.0


def minute_job(*, now: datetime) -> int:
    """What the schedule runs: the minute, unless `now` is more than a minute away from the database's clock. Samples
    would get a wrong time, and two schedulers would each count a minute of their own."""
    ahead = clock_ahead(now)
    if abs(ahead) > CLOCKS_DIFFER:
        logger.error(
            "No sample is taken: this machine's clock is %.0f s ahead of the database's", ahead.total_seconds()
        )
        return 0
    return run_minute(now=now)


def run_minute(*, now: datetime) -> int:
    """The samples, and what long histories come to. Answers how many webinars got a sample."""
    sampled = take_snapshot(now=now)
    refresh_summaries(now=now)
    return sampled


def take_snapshot(*, now: datetime) -> int:
    """Add one sample to the current bucket of every webinar that is running or has people in it. Repeating it within
    the minute, also at the same time, changes nothing. Answers how many webinars got a sample.

    How the number can be wrong: a person counts until `PRESENCE_ACTIVE_WINDOW_SECONDS` after the last ping, so who
    leaves is counted for up to that long; a minute in which nothing ran is missing, and shows as a gap.
    """
    try:
        return snapshot(now=now)
    except IntegrityError:  # a webinar was deleted at this instant: the others still want their sample
        return snapshot(now=now)


def refresh_summaries(*, now: datetime, seconds: float = SECONDS) -> None:
    """Keep answers about long histories fast (stats/sql/summaries.py). May run at any time, and twice at once.

    What is not done after `seconds` for days, and as many for people, is left to the next minute. When one of the two
    fails, that is logged and the other is done; inside a transaction it raises.
    """
    _step("Days were not settled", lambda: _repeat(lambda: _settle(now), seconds=seconds))
    _step("People were not counted", lambda: _repeat(lambda: _count(now), seconds=seconds))


def _settle(now: datetime) -> bool:
    """Whether there may be more to settle."""
    settled = settle_days(now=now, webinars=SETTLED_AT_ONCE, days=DAYS_AT_ONCE)
    return settled.behind > 0 or settled.webinars == SETTLED_AT_ONCE


def _count(now: datetime) -> bool:
    """Whether there may be more to count."""
    counted = count_people(
        now=now, large=LARGE_SESSIONS, after=COUNTED_AFTER, webinars=COUNTED_AT_ONCE, looked=LOOKED_AT_ONCE
    )
    return counted == COUNTED_AT_ONCE


def _repeat(act: Callable[[], bool], *, seconds: float) -> None:
    """Once at least, and until there is no more or the time is over."""
    until = time.monotonic() + seconds
    while act() and time.monotonic() < until:
        pass


def _step(failure: str, act: Callable[[], None]) -> None:
    try:
        act()
    except DatabaseError:
        if connection.in_atomic_block:
            raise
        logger.exception(failure)
