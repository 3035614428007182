"""The minute's count (spec 6)."""

from datetime import datetime

from django.db import IntegrityError

from stats.sql.snapshot import snapshot


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
