"""A webinar's charts as the console draws, lists and saves them: one set of columns and rows for all three (spec 14).

The first column is where a step begins: a time in the webinar's zone, the minutes since the start, or the minutes
watched. A value that nobody knows is None, and stays a gap.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from webinars.models import Webinar


@dataclass(frozen=True)
class Chart:
    """`kind` says what the first column is: time, since or watched; `step` is a step's length, in seconds. `series`
    say how the other columns are drawn, in their order: line, dashed, band (from the column's values to those of the
    one after it), bars or bars-down; `labels` are their short names in the drawing."""

    name: str
    kind: str
    title: str
    definition: str
    unit: str
    step: float
    columns: list[str]
    series: list[str]
    labels: list[str]
    rows: list[list[Any]] = field(default_factory=list)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


class Samples(NamedTuple):
    """What the samples of one step come to."""

    average: float
    fewest: int
    most: int


def charts_of(
    webinar: Webinar,
    *,
    curves: Mapping[str, Any],
    definitions: Mapping[str, Any],
    timeline: Sequence[Mapping[str, Any]],
) -> list[Chart]:
    return [
        concurrency(webinar, curves=curves, definitions=definitions, timeline=timeline),
        comings(webinar, curves=curves, definitions=definitions),
        retention(webinar, curves=curves, definitions=definitions),
        watched(curves=curves, definitions=definitions),
    ]


def concurrency(
    webinar: Webinar,
    *,
    curves: Mapping[str, Any],
    definitions: Mapping[str, Any],
    timeline: Sequence[Mapping[str, Any]],
) -> Chart:
    step = curves["stepSeconds"]
    by_ledger = dict(zip(curves["minutes"], curves["peopleConnected"]["most"], strict=True))
    grid = steps_between(timeline, curves["minutes"], start=webinar.webinar_start_time, webinar=webinar, step=step)
    sampled = samples_by_step(timeline, grid, bucket_seconds=webinar.bucket_seconds, step=step)
    return Chart(
        name="concurrency",
        kind="time",
        title=_("People at once"),
        definition=" ".join(
            [
                _(
                    "The solid line is the average of the minute's samples, the band reaches from the fewest to the "
                    "most. The dashed line is the most at once by the ledger."
                ),
                str(definitions["peopleConnected"]),
            ]
        ),
        unit="people",
        step=step,
        columns=[_("From"), _("Average of the samples"), _("Fewest"), _("Most"), _("Most by the ledger")],
        series=["line", "band", "", "dashed"],
        labels=[pgettext("chart", "sampled"), "", "", pgettext("chart", "ledger")],
        rows=[[local(at, webinar), *sampled.get(at, (None, None, None)), by_ledger.get(at)] for at in grid],
    )


def steps_between(
    timeline: Sequence[Mapping[str, Any]],
    minutes: Sequence[datetime],
    *,
    start: datetime,
    webinar: Webinar,
    step: int,
) -> list[datetime]:
    """The beginnings of all steps in which a sample or the ledger knows something, and of those between."""
    buckets = [bucket["time"] for bucket in timeline]
    known = [*buckets[:1], *minutes[:1], *minutes[-1:]]
    if buckets:
        known.append(buckets[-1] + timedelta(seconds=max(webinar.bucket_seconds - step, 0)))
    if not known:
        return []
    first = (min(known) - start) // timedelta(seconds=step)
    last = (max(known) - start) // timedelta(seconds=step)
    return [start + timedelta(seconds=step * number) for number in range(first, last + 1)]


def samples_by_step(
    timeline: Sequence[Mapping[str, Any]], grid: Sequence[datetime], *, bucket_seconds: int, step: int
) -> dict[datetime, Samples]:
    """A step within a bucket has what the bucket has; several buckets within a step are what they come to together.
    Steps and buckets need not begin together: the middle decides."""
    width, length = timedelta(seconds=step), timedelta(seconds=bucket_seconds)
    if length >= width:
        times = [bucket["time"] for bucket in timeline]
        within = {at: bisect_right(times, at + width / 2) - 1 for at in grid}
        return {
            at: together([timeline[index]])
            for at, index in within.items()
            if index >= 0 and at + width / 2 < times[index] + length
        }
    found: dict[datetime, list[Mapping[str, Any]]] = {}
    for bucket in timeline:
        index = bisect_right(grid, bucket["time"] + length / 2) - 1
        if index >= 0:
            found.setdefault(grid[index], []).append(bucket)
    return {at: together(buckets) for at, buckets in found.items()}


def together(buckets: Sequence[Mapping[str, Any]]) -> Samples:
    samples = sum(bucket["sampleCount"] for bucket in buckets)
    total = sum(bucket["avgParticipants"] * bucket["sampleCount"] for bucket in buckets)
    return Samples(
        round(total / samples, 2),
        min(bucket["minParticipants"] for bucket in buckets),
        max(bucket["maxParticipants"] for bucket in buckets),
    )


def comings(webinar: Webinar, *, curves: Mapping[str, Any], definitions: Mapping[str, Any]) -> Chart:
    moved = zip(curves["minutes"], curves["entries"], curves["exits"], strict=True)
    return Chart(
        name="comings",
        kind="time",
        title=_("Coming and leaving"),
        definition=f"{definitions['entries']} {definitions['exits']}",
        unit="people",
        step=curves["stepSeconds"],
        columns=[_("From"), _("Came"), _("Left")],
        series=["bars", "bars-down"],
        labels=[pgettext("chart", "came"), pgettext("chart", "left")],
        rows=[[local(at, webinar), came, went] for at, came, went in moved],
    )


def retention(webinar: Webinar, *, curves: Mapping[str, Any], definitions: Mapping[str, Any]) -> Chart:
    still = zip(curves["minutes"], curves["stillThere"], strict=True)
    return Chart(
        name="retention",
        kind="since",
        title=_("Who stayed"),
        definition=str(definitions["stillThere"]),
        unit="percent",
        step=curves["stepSeconds"],
        columns=[_("Minute since the start"), _("Still there (%)")],
        series=["line"],
        labels=[pgettext("chart", "still there")],
        rows=[[since(at, curves), share] for at, share in still],
    )


def watched(*, curves: Mapping[str, Any], definitions: Mapping[str, Any]) -> Chart:
    classes = curves["watchHistogram"]
    return Chart(
        name="watched",
        kind="watched",
        title=_("How long people watched"),
        definition=str(definitions["watchHistogram"]),
        unit="people",
        step=classes[0]["toSeconds"] if classes else 60,
        columns=[_("From (minutes)"), _("To (minutes)"), _("People")],
        series=["", "bars"],
        labels=["", ""],
        rows=[[minutes(each["fromSeconds"]), minutes(each["toSeconds"]), each["people"]] for each in classes],
    )


def overlaid(curves: Sequence[Mapping[str, Any]], *, figure: str) -> list[list[Any]]:
    """Rows of several webinars' curves over the minutes since each one's start; None where one is already over. Of
    curves with different steps, the places that all of them have."""
    values = [
        {since(at, each): value for at, value in zip(each["minutes"], series_of(each, figure), strict=True)}
        for each in curves
    ]
    coarsest = max(each["stepSeconds"] for each in curves) / 60
    marks = sorted({mark for known in values for mark in known if mark % coarsest == 0})
    return [[mark, *(known.get(mark) for known in values)] for mark in marks]


def series_of(curves: Mapping[str, Any], figure: str) -> Sequence[Any]:
    found: Sequence[Any] = curves["peopleConnected"]["most"] if figure == "most" else curves[figure]
    return found


def since(at: datetime, curves: Mapping[str, Any]) -> float:
    """Minutes from the start of the window."""
    return minutes((at - curves["window"]["start"]).total_seconds())


def minutes(seconds: float) -> float:
    """Whole where they are."""
    found = round(seconds / 60, 1)
    return int(found) if found == int(found) else found


def local(at: datetime, webinar: Webinar) -> str:
    return at.astimezone(webinar.zone).isoformat()
