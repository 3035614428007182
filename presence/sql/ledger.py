"""The attendance ledger: what each person's sessions come to within the content window (spec 7).

The figures are defined in `presence/definitions.py`, word for word as they are computed here. Each statement computes
a whole webinar, or some people of it, in one pass. The texts are common table expressions, so that the statements
that sort, search, seal and export (`stats/sql/`) are built around the same computation.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings

from webinars.models import Webinar, interval


class Frame(NamedTuple):
    """What figures are clipped to and counted with: the content window [start, until) as far as it is over by `now`,
    and the lengths that decide how sure an end is. `until` is never before `start`. `ping` and `track` are the longest
    that a page in front, or behind, which is well and can be reached, goes without a heartbeat that is written."""

    webinar_id: UUID
    start: datetime
    until: datetime
    now: datetime
    stale: timedelta
    ping: timedelta
    track: timedelta

    @property
    def seconds(self) -> float:
        """The window's length so far."""
        return (self.until - self.start).total_seconds()

    def params(self, user_ids: Sequence[UUID] | None = None) -> dict[str, Any]:
        return {**self._asdict(), "user_ids": list(user_ids) if user_ids is not None else None}


def frame_of(webinar: Webinar, *, now: datetime) -> Frame:
    start, end = webinar.content_window
    overrides = webinar.interval_overrides
    # A heartbeat that comes too soon after another is not written: the next may be a whole turn later.
    throttle = settings.PRESENCE_WRITE_THROTTLE_SECONDS
    ping = interval("PRESENCE_PING_INTERVAL_SECONDS", overrides) + interval("PRESENCE_PING_JITTER_SECONDS", overrides)
    return Frame(
        webinar_id=webinar.pk,
        start=start,
        until=max(start, now if end is None else min(end, now)),
        now=now,
        stale=timedelta(seconds=settings.SESSION_STALE_SECONDS),
        ping=timedelta(seconds=ping + throttle),
        track=timedelta(seconds=interval("ACCESS_TRACK_INTERVAL_SECONDS", overrides) + throttle),
    )


def seconds(length: str) -> str:
    """An interval as whole seconds."""
    return f"round(extract(epoch FROM {length}))::int"


def length(ranges: str) -> str:
    """The length of a set of stretches, as an interval. Sets that hold nothing, which many do, are not taken apart; a
    set-returning column is half as dear as a function in FROM."""
    return (
        f"CASE WHEN isempty({ranges}) THEN interval '0'"
        f" ELSE (SELECT sum(upper(r) - lower(r)) FROM (SELECT unnest({ranges}) AS r) AS apart) END"
    )


WINDOW = "tstzrange(%(start)s, %(until)s)"
LAST_HEARTBEAT = "coalesce(s.last_heartbeat_at, s.entered_at)"
# An open session counts to now, but not past its last heartbeat + 5 minutes. Where `now` is some time ago, what closed
# since was open.
COUNTED_END = f"least(%(now)s, coalesce(s.exited_at, {LAST_HEARTBEAT} + %(stale)s))"
# How far the end can be off: to when the heartbeat that never came was due at the latest. A hidden page sends `track`
# only.
OWED = "CASE WHEN s.is_visible THEN %(ping)s::interval ELSE %(track)s::interval END"
SILENT = f"(s.silent_ranges * tstzmultirange({WINDOW}))"
UNSURE = f"""CASE
            WHEN s.exited_at IS NULL THEN greatest(least(ends, %(until)s) - greatest({LAST_HEARTBEAT}, %(start)s),
                                                   interval '0')
            WHEN s.closed_reason = 'timeout' THEN greatest(least(ends + {OWED}, %(until)s) - greatest(ends, %(start)s),
                                                           interval '0')
            ELSE interval '0' END
        + CASE WHEN isempty(s.silent_ranges) THEN interval '0' ELSE {length(SILENT)} END"""

# Open for some of the window, or opened within it and never heard of again.
INSIDE = (
    "s.entered_at < %(until)s AND %(start)s < %(until)s"
    " AND (ends > %(start)s OR s.entered_at = ends AND ends >= %(start)s)"
)

# One row per page of a person, clipped to the window: [begins, finishes), null where it does not touch the window.
# A page that was opened and never heard of again has no length, and touches the window at one instant.
# `now` may be some time ago (the pages of one table count to the same moment); who entered later was not there yet.
PAGES = f"""pages AS (
    SELECT s.user_id, s.entered_at, s.watched_ranges, {UNSURE} AS unsure,
           CASE WHEN s.closed_reason = 'timeout' THEN ends END AS lost,
           CASE WHEN inside THEN greatest(s.entered_at, %(start)s) END AS begins,
           CASE WHEN inside THEN least(ends, %(until)s) END AS finishes
    FROM webinar_user_sessions s
    CROSS JOIN LATERAL (SELECT {COUNTED_END} AS ends) AS counted
    CROSS JOIN LATERAL (
        SELECT {INSIDE} AS inside
    ) AS clipped
    WHERE s.webinar_id = %(webinar_id)s AND s.user_id IS NOT NULL AND s.entered_at <= %(now)s
      AND (%(user_ids)s::uuid[] IS NULL OR s.user_id = ANY(%(user_ids)s::uuid[]))
)"""

# `reached` is how far the person's earlier pages went: what lies before it was counted already (the union), and is
# where two pages were open at once. The order is that of session_of_person.
PAGES_IN_ORDER = """pages_in_order AS (
    SELECT p.*, max(finishes) OVER (
        PARTITION BY user_id ORDER BY entered_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM pages p
)"""

# One row per person, also for those who were never there within the window. Lengths are intervals, to the microsecond.
# ORM equivalent: none in one pass; UserSession.objects.filter(webinar=…) and the unions in Python.
# Index: session_of_person (the rows of one webinar by person). Cost: docs/benchmarks.md.
LENGTHS = f"""lengths AS (
    SELECT user_id,
           count(begins)::int AS session_count,
           min(begins) AS first_entered,
           max(finishes) AS last_exited,
           least(coalesce(sum(finishes - begins), interval '0'), %(until)s - %(start)s) AS connected,
           coalesce(sum(greatest(finishes - greatest(begins, reached), interval '0')), interval '0') AS unique_length,
           range_agg(tstzrange(begins, least(finishes, reached))) FILTER (WHERE reached > begins) AS doubled,
           range_agg(watched_ranges) * tstzmultirange({WINDOW}) AS watched,
           coalesce(sum(unsure), interval '0') AS unsure,
           max(entered_at) AS last_entered,
           array_agg(lost) FILTER (WHERE lost IS NOT NULL) AS lost
    FROM pages_in_order GROUP BY user_id
)"""

# A page that went silent may be the one that the person came back with, and may have been within reach again, for a
# turn at most, before it had a reason to speak. People with one page, who are most, have nothing to look at here.
BACK = """CASE WHEN lost[1] < last_entered OR array_length(lost, 1) > 1
                 THEN (SELECT coalesce(sum(greatest(least(least(last_entered, %(until)s) - greatest(silent, %(start)s),
                                                          %(track)s), interval '0')), interval '0')
                       FROM (SELECT unnest(lost) AS silent) AS apart WHERE silent < last_entered)
                 ELSE interval '0' END"""

# The figures of spec 7, in whole seconds.
FIGURES = f"""{PAGES}, {PAGES_IN_ORDER}, {LENGTHS}, figures AS (
    SELECT user_id, session_count, first_entered, last_exited,
           {seconds("connected")} AS connected_seconds,
           {seconds("unique_length")} AS unique_seconds,
           {seconds(length("watched"))} AS visible_seconds,
           CASE WHEN doubled IS NULL THEN 0 ELSE {seconds(length("doubled"))} END AS overlap_seconds,
           {seconds(f"(unsure + {BACK})")} AS uncertainty_seconds,
           CASE WHEN %(until)s > %(start)s
                THEN round((100 * extract(epoch FROM unique_length)
                            / extract(epoch FROM %(until)s - %(start)s))::numeric, 1) END AS attendance_percent
    FROM lengths
)"""


class Figures(NamedTuple):
    """What one person's sessions come to (presence/definitions.py). Seconds are whole; times are UTC."""

    user_id: UUID
    session_count: int
    first_entered: datetime | None
    last_exited: datetime | None
    connected_seconds: int
    unique_seconds: int
    visible_seconds: int
    overlap_seconds: int
    uncertainty_seconds: int
    attendance_percent: Any  # Decimal with one decimal, None while the window has no length


FIGURE_COLUMNS = ", ".join(Figures._fields)
SELECT_FIGURES = f"WITH {FIGURES} SELECT {FIGURE_COLUMNS} FROM figures ORDER BY user_id"

# When each person was connected, in front, and with two pages at once: the strip. Sets of stretches within the window.
# ORM equivalent, index and cost as above.
STRETCHES = f"""{PAGES}, {PAGES_IN_ORDER}, stretches AS (
    SELECT user_id,
           coalesce(range_agg(tstzrange(begins, finishes)) FILTER (WHERE finishes > begins), '{{}}') AS present_ranges,
           range_agg(watched_ranges) * tstzmultirange({WINDOW}) AS visible_ranges,
           coalesce(range_agg(tstzrange(begins, least(finishes, reached))) FILTER (WHERE reached > begins), '{{}}')
               AS doubled_ranges
    FROM pages_in_order GROUP BY user_id
)"""


class Stretches(NamedTuple):
    """`Multirange`s of datetimes within the content window."""

    user_id: UUID
    present_ranges: Any
    visible_ranges: Any
    doubled_ranges: Any


SELECT_STRETCHES = f"WITH {STRETCHES} SELECT {', '.join(Stretches._fields)} FROM stretches ORDER BY user_id"

# Guests have no account, so that each of their pages stands for itself.
# ORM equivalent: UserSession.objects.filter(webinar=…, user=None).aggregate(…). Index: session_of_person.
SELECT_GUESTS = f"""
SELECT count(*) FILTER (WHERE inside)::int,
       coalesce(sum({seconds("least(ends, %(until)s) - greatest(s.entered_at, %(start)s)")}) FILTER (WHERE inside), 0),
       coalesce(sum({seconds("watched")}), 0),
       coalesce(sum({seconds("unsure")}), 0)
FROM webinar_user_sessions s
CROSS JOIN LATERAL (SELECT {COUNTED_END} AS ends) AS counted
CROSS JOIN LATERAL (
    SELECT {INSIDE} AS inside,
           {length(f"(s.watched_ranges * tstzmultirange({WINDOW}))")} AS watched, {UNSURE} AS unsure
) AS clipped
WHERE s.webinar_id = %(webinar_id)s AND s.user_id IS NULL"""


class GuestFigures(NamedTuple):
    session_count: int
    connected_seconds: int
    visible_seconds: int
    uncertainty_seconds: int
