"""Curves of the content window: how people came, stayed and left (spec 7, 14)."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from presence.sql.ledger import Frame, frame_of
from stats.models import AttendanceSeal
from stats.sql import curves as sql
from stats.sql.curves import Watched
from webinars.models import Webinar, Window

# A day of minutes; longer windows have longer steps.
MOST_STEPS = 1_440
STEP_SECONDS = (60, 300, 900, 3_600, 21_600, 86_400)

DEFINITIONS: dict[str, Promise] = {
    "attended": _("People with a page that was open within the content window. Guests are not among them."),
    "alreadyThere": _("People who were there when the window began."),
    "entries": _(
        "How many people came in each step: opened a page while none of theirs was open. Coming back counts again."
    ),
    "exits": _("How many people left in each step: closed their last page, or it fell silent."),
    "stillThere": _("The share of all who attended who were there in this step or later, in percent."),
    "peopleConnected": _(
        "The smallest and the largest number of people within each step, by the ledger: each person once, however "
        "many pages they have open."
    ),
    "watchHistogram": _(
        "How many people watched for how long: all who attended, by their unique time, in equal parts of the window."
    ),
}


@dataclass(frozen=True)
class Source:
    """Where a webinar's attendance is read: the newest seal, else the ledger of its sessions."""

    start: datetime
    until: datetime
    params: dict[str, Any]
    sealed: bool

    @property
    def seconds(self) -> float:
        return (self.until - self.start).total_seconds()


def attendance_source(webinar: Webinar, *, now: datetime) -> Source:
    """Sealed figures are final, and stay when the sessions are pruned. One query."""
    seal = (
        AttendanceSeal.objects.filter(webinar_id=webinar.pk)
        .order_by("-version")
        .values_list("pk", "window_start", "window_end")
        .first()
    )
    if seal is None:
        frame = frame_of(webinar, now=now)
        return Source(frame.start, frame.until, frame.params(), sealed=False)
    seal_id, start, end = seal
    return Source(start, end, {"seal_id": seal_id, "start": start, "until": end}, sealed=True)


def curves(webinar: Webinar, now: datetime) -> dict[str, Any]:
    """Lists with one value for each of `minutes`, the steps' beginnings; a step is longer than a minute where the
    window is longer than a day (`stepSeconds`). Three queries."""
    source = attendance_source(webinar, now=now)
    step_seconds = _step_seconds(source.seconds)
    rows = sql.steps(
        {
            **source.params,
            "step": timedelta(seconds=step_seconds),
            "steps": math.ceil(source.seconds / step_seconds),
        },
        sealed=source.sealed,
    )
    watched = sql.watched(source.params, sealed=source.sealed)
    return {
        "minutes": [row.begins for row in rows],
        "stepSeconds": step_seconds,
        "attended": watched.attended,
        "alreadyThere": rows[0].already_there if rows else 0,
        "entries": [row.came for row in rows],
        "exits": [row.went for row in rows],
        "stillThere": [percent(row.still_there, watched.attended) for row in rows],
        "peopleConnected": {"fewest": [row.fewest for row in rows], "most": [row.most for row in rows]},
        "watchHistogram": histogram(watched, seconds=source.seconds),
        "sealed": source.sealed,
        "window": {"start": source.start, "end": source.until},
    }


def watch_summary(webinar: Webinar, *, now: datetime) -> tuple[Source, Watched]:
    """What all who attended watched. Two queries."""
    source = attendance_source(webinar, now=now)
    return source, sql.watched(source.params, sealed=source.sealed)


def histogram(watched: Watched, *, seconds: float) -> list[dict[str, Any]]:
    """Equal classes of the window, [from, to), the last one with its upper end. Empty without a length."""
    if seconds <= 0:
        return []
    width = seconds / len(watched.classes)
    return [
        {"fromSeconds": round(width * number), "toSeconds": round(width * (number + 1)), "people": people}
        for number, people in enumerate(watched.classes)
    ]


def percent(part: float, whole: float) -> float | None:
    """One decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None


class LedgerPeak(NamedTuple):
    """The largest number of people at one instant, and the first such instant; 0 and None when nobody was there."""

    people: int
    at: datetime | None


def ledger_peak(webinar_id: UUID, window: Window, now: datetime) -> LedgerPeak:
    """By the sessions, each person once, within the window as far as it is over. Never from a seal. One query."""
    frame = Frame(
        webinar_id=webinar_id,
        start=window.start,
        until=max(window.start, now if window.end is None else min(window.end, now)),
        now=now,
        stale=timedelta(seconds=settings.SESSION_STALE_SECONDS),
        ping=timedelta(0),  # how sure an end is does not move it
        track=timedelta(0),
    )
    found = sql.peak(frame.params())
    return LedgerPeak(found[1], found[0]) if found is not None else LedgerPeak(0, None)


def _step_seconds(seconds: float) -> int:
    return next((step for step in STEP_SECONDS if seconds <= step * MOST_STEPS), STEP_SECONDS[-1])
