"""How people came, stayed and left within the content window: curves, their peak, and what all watched (spec 7).

Each statement is written once and reads one of two sources: the sessions, or the rows of a seal, which keep
everybody's stretches when the sessions are pruned. A stretch is a time in which any page of a person was open.
"""

from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection

from presence.sql.ledger import FIGURES, PAGES

HISTOGRAM_CLASSES = 10
STAYED_PERCENT = 80

# The ends of each person's stretches: 1 where one begins, -1 where one ends, and whether it was the person's last.
# They are half-open, so that who leaves at an instant is not there any more, and who comes is. A page belongs to the
# stretch before it when it begins no later than the pages before it reached. (Merging with range_agg gathers
# everybody's pages before it is done with the first person.)
CHANGES_OF_LEDGER = f"""{PAGES}, in_order AS (
    SELECT begins, max(finishes) OVER earlier AS reached, finishes, lead(begins) OVER earlier AS next_begins
    FROM pages WHERE finishes > begins
    WINDOW earlier AS (
        PARTITION BY user_id ORDER BY entered_at ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
), changes AS (
    SELECT begins AS at, 1 AS change, false AS is_last FROM in_order WHERE reached IS NULL OR begins > reached
    UNION ALL
    SELECT greatest(reached, finishes), -1, next_begins IS NULL FROM in_order
    WHERE next_begins IS NULL OR next_begins > greatest(reached, finishes)
)"""
CHANGES_OF_SEAL = """stretches AS (
    SELECT unnest(s.present_ranges) AS stretch, upper(s.present_ranges) AS last_exited
    FROM sealed_attendance s WHERE s.seal_id = %(seal_id)s
), changes AS (
    SELECT lower(stretch) AS at, 1 AS change, false AS is_last FROM stretches
    UNION ALL
    SELECT upper(stretch), -1, upper(stretch) = last_exited FROM stretches
)"""


def _steps(changes: str) -> str:
    """A row for each step of the window: how many came and went, how many were there at least and at most, and how
    many were there in this step or later. Each step has a change of nothing at its beginning, so that it knows who is
    there when nobody comes or goes."""
    return f"""
WITH {changes}, steps AS (
    SELECT %(start)s + n * %(step)s::interval AS begins FROM generate_series(0, %(steps)s - 1) n
), levels AS (
    SELECT at, change, sum(change) OVER (ORDER BY at) AS people
    FROM (SELECT at, change FROM changes UNION ALL SELECT begins, 0 FROM steps) AS all_changes
), moved AS (
    SELECT date_bin(%(step)s, at, %(start)s) AS begins,
           count(*) FILTER (WHERE change = 1 AND at = %(start)s) AS already_there,
           count(*) FILTER (WHERE change = 1 AND at > %(start)s) AS came,
           count(*) FILTER (WHERE change = -1) AS went,
           min(people) AS fewest, max(people) AS most
    FROM levels WHERE at < %(until)s GROUP BY 1
), left_for_good AS (
    SELECT date_bin(%(step)s, at - interval '1 microsecond', %(start)s) AS begins, count(*) AS people
    FROM changes WHERE is_last GROUP BY 1
)
SELECT steps.begins, moved.already_there::int, moved.came::int, moved.went::int, moved.fewest::int, moved.most::int,
       coalesce(sum(left_for_good.people) OVER (ORDER BY steps.begins DESC), 0)::int
FROM steps JOIN moved USING (begins) LEFT JOIN left_for_good USING (begins)
ORDER BY steps.begins"""


# ORM equivalent: none; UserSession.objects.filter(webinar=…), and the merging and counting in Python.
# Index: session_of_person, or sealed_attendance_pkey. Cost: docs/benchmarks.md; the pages of the webinar in order, and
# a sort of all comings and goings.
STEPS_OF_LEDGER = _steps(CHANGES_OF_LEDGER)
STEPS_OF_SEAL = _steps(CHANGES_OF_SEAL)

# The largest number of people at one instant, and the first instant of it.
# ORM equivalent, index and cost as above.
PEAK = f"""
WITH {CHANGES_OF_LEDGER}
SELECT at, (sum(change) OVER (ORDER BY at))::int AS people FROM changes ORDER BY people DESC, at LIMIT 1"""

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
    """`already_there` are those who were there when the window began, in the first step; `still_there` those who were
    there in this step or later."""

    begins: datetime
    already_there: int
    came: int
    went: int
    fewest: int
    most: int
    still_there: int


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
