"""How people came, stayed and left within the content window: curves, their peak, and what all watched (spec 7).

Each statement is written once and reads one of two sources: the sessions, or the rows of a seal, which keep
everybody's stretches when the sessions are pruned. Both give `strips`: one row per person who attended, with the
stretches in which any page of theirs was open, merged, within the window.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from presence.sql.ledger import FIGURES, PAGES

HISTOGRAM_CLASSES = 10
STAYED_PERCENT = 80

STRIPS_OF_LEDGER = f"""{PAGES}, strips AS (
    SELECT max(finishes) AS last_exited,
           range_agg(tstzrange(begins, finishes)) FILTER (WHERE finishes > begins) AS present_ranges
    FROM pages WHERE begins IS NOT NULL GROUP BY user_id
)"""
STRIPS_OF_SEAL = """strips AS (
    SELECT s.last_exited, s.present_ranges FROM sealed_attendance s
    WHERE s.seal_id = %(seal_id)s AND s.session_count > 0
)"""

# Half-open stretches, so that who leaves at an instant is not there any more, and who comes is.
CHANGES = """stretches AS MATERIALIZED (
    SELECT lower(r) AS begins, upper(r) AS finishes FROM (SELECT unnest(present_ranges) AS r FROM strips) AS apart
), changes AS (
    SELECT begins AS at, 1 AS change, (begins > %(start)s)::int AS came, 0 AS went FROM stretches
    UNION ALL SELECT finishes, -1, 0, (finishes < %(until)s)::int FROM stretches
)"""


def _steps(strips: str) -> str:
    """A row for each step of the window: how many came and went, how many were there at least and at most, and how
    many of all who attended were there in this step or later. Each step has a change of nothing at its beginning, so
    that it knows who is there when nobody comes or goes."""
    return f"""
WITH {strips}, {CHANGES}, steps AS (
    SELECT %(start)s + n * %(step)s::interval AS begins FROM generate_series(0, %(steps)s - 1) n
), levels AS (
    SELECT at, sum(sum(change)) OVER (ORDER BY at) AS people, sum(came) AS came, sum(went) AS went
    FROM (SELECT * FROM changes UNION ALL SELECT begins, 0, 0, 0 FROM steps) AS all_changes
    WHERE at < %(until)s
    GROUP BY at
), moved AS (
    SELECT date_bin(%(step)s, at, %(start)s) AS begins, sum(came) AS came, sum(went) AS went,
           min(people) AS fewest, max(people) AS most
    FROM levels GROUP BY 1
), left_for_good AS (
    SELECT date_bin(%(step)s, last_exited - interval '1 microsecond', %(start)s) AS begins, count(*) AS people
    FROM strips WHERE last_exited > %(start)s GROUP BY 1
)
SELECT steps.begins, moved.came::int, moved.went::int, moved.fewest::int, moved.most::int,
       coalesce(sum(left_for_good.people) OVER (ORDER BY steps.begins DESC), 0)::int,
       (SELECT count(*) FROM strips)::int, (SELECT count(*) FROM stretches WHERE begins = %(start)s)::int
FROM steps JOIN moved USING (begins) LEFT JOIN left_for_good USING (begins)
ORDER BY steps.begins"""


# ORM equivalent: none; UserSession.objects.filter(webinar=…), and the merging and counting in Python.
# Index: session_of_person, or sealed_attendance_pkey. Cost: docs/benchmarks.md; two sorts of all comings and goings.
STEPS_OF_LEDGER = _steps(STRIPS_OF_LEDGER)
STEPS_OF_SEAL = _steps(STRIPS_OF_SEAL)

# The largest number of people at one instant, and the first instant of it.
# ORM equivalent, index and cost as above, with one sort.
PEAK = f"""
WITH {STRIPS_OF_LEDGER}, {CHANGES}
SELECT at, (sum(sum(change)) OVER (ORDER BY at))::int AS people FROM changes GROUP BY at
ORDER BY people DESC, at LIMIT 1"""

_CLASSES = ", ".join(f"count(*) FILTER (WHERE class = {number})" for number in range(HISTOGRAM_CLASSES))


def _watch(rows: str) -> str:
    """What the figures of all who attended come to. The classes are equal parts of the window by unique time, the last
    one with its upper end."""
    return f"""
WITH {rows}, attended AS (
    SELECT f.*, CASE WHEN %(until)s > %(start)s THEN least({HISTOGRAM_CLASSES - 1}, floor(
        {HISTOGRAM_CLASSES} * f.unique_seconds / extract(epoch FROM %(until)s - %(start)s)))::int END AS class
    FROM figures f WHERE f.session_count > 0
)
SELECT count(*), coalesce(sum(connected_seconds), 0)::bigint, coalesce(sum(unique_seconds), 0)::bigint,
       coalesce(sum(visible_seconds), 0)::bigint, coalesce(sum(uncertainty_seconds), 0)::bigint,
       percentile_cont(0.5) WITHIN GROUP (ORDER BY unique_seconds),
       count(*) FILTER (WHERE attendance_percent >= {STAYED_PERCENT}),
       ARRAY[{_CLASSES}]
FROM attended"""


# ORM equivalent: SealedAttendance.objects.filter(seal=…).aggregate(…) for a seal; none in one pass for the ledger.
# Index: sealed_attendance_pkey, or session_of_person. Cost: docs/benchmarks.md; that of the figures themselves.
WATCH_OF_LEDGER = _watch(FIGURES)
WATCH_OF_SEAL = _watch("figures AS (SELECT * FROM sealed_attendance WHERE seal_id = %(seal_id)s)")


class Step(NamedTuple):
    """`still_there` are people who were there in this step or later, of `attended` in all; `already_there` those who
    were there when the window began."""

    begins: datetime
    came: int
    went: int
    fewest: int
    most: int
    still_there: int
    attended: int
    already_there: int


class Watched(NamedTuple):
    """Sums of whole seconds; the median is None where nobody attended."""

    attended: int
    connected_seconds: int
    unique_seconds: int
    visible_seconds: int
    uncertainty_seconds: int
    median_unique_seconds: float | None
    stayed: int
    classes: list[int]


def steps(params: dict[str, Any], *, sealed: bool) -> list[Step]:
    with connection.cursor() as cursor:
        cursor.execute(STEPS_OF_SEAL if sealed else STEPS_OF_LEDGER, params)
        return [Step(*row) for row in cursor.fetchall()]


def watched(params: dict[str, Any], *, sealed: bool) -> Watched:
    with connection.cursor() as cursor:
        cursor.execute(WATCH_OF_SEAL if sealed else WATCH_OF_LEDGER, params)
        return Watched(*cursor.fetchone())


def peak(params: dict[str, Any]) -> tuple[datetime, int] | None:
    """None when nobody was ever there for any time."""
    with connection.cursor() as cursor:
        cursor.execute(PEAK, params)
        row: tuple[datetime, int] | None = cursor.fetchone()
        return row
