"""The minute's count (spec 6)."""

from datetime import datetime, timedelta

from django.db import IntegrityError

from stats.sql.snapshot import snapshot
from stats.sql.summaries import count_people, settle_days

# From here on, counting a webinar's people takes longer than an answer may (a few milliseconds).
LARGE_SESSIONS = 50_000
# Late comers are counted for this long after the last sample.
COUNTED_AFTER = timedelta(minutes=15)
# What one minute does at most.
SETTLED_AT_ONCE = 200
COUNTED_AT_ONCE = 20


def run_minute(*, now: datetime) -> int:
    """The minute job: the samples, and what long histories come to. Answers how many webinars got a sample."""
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


def refresh_summaries(*, now: datetime) -> None:
    """Keep answers about long histories fast (stats/sql/summaries.py). May run at any time, and twice at once."""
    settle_days(now=now, webinars=SETTLED_AT_ONCE)
    count_people(now=now, large=LARGE_SESSIONS, after=COUNTED_AFTER, webinars=COUNTED_AT_ONCE)
