"""A person's presence over the content window, drawn as a strip and said in words (spec 7, 14)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

# The drawing's own units; the page stretches it to the width of its column.
WIDTH, HEIGHT = 1000, 24
# A stretch of seconds in a long webinar still has to be seen.
NARROWEST = 3
# Top and bottom of what a layer fills: they differ in height, so that the strip reads without colour.
LAYERS = {"present": (14, 22), "visible": (6, 22), "doubled": (0, 3)}
STRETCHES_SAID = 3

Stretch = Sequence[float]


@dataclass(frozen=True)
class Strip:
    """`layers` are SVG path data by name, in the order of drawing; `words` say the same."""

    layers: list[tuple[str, str]]
    words: str


@dataclass(frozen=True)
class Scale:
    """The window that all strips of a table share."""

    start: datetime
    seconds: float
    zone: ZoneInfo

    def clock(self, second: float) -> str:
        """The hour and minute in the webinar's zone; with the day where the window is longer than one."""
        return self.clock_of(self.start + timedelta(seconds=second))

    def clock_of(self, moment: datetime) -> str:
        long = self.seconds > timedelta(days=1).total_seconds()
        pattern = pgettext("date format", "j M, H:i") if long else "H:i"
        return date_format(moment.astimezone(self.zone), pattern)

    def ticks(self) -> list[str]:
        return [self.clock(self.seconds * part) for part in (0, 0.5, 1)] if self.seconds else [self.clock(0)]


def scale_of(window: dict[str, Any], zone: ZoneInfo) -> Scale:
    """From the `window` of the attendance answer."""
    return Scale(window["start"], window["seconds"], zone)


def draw(stretches: dict[str, list[Stretch]], scale: Scale) -> Strip:
    """From the `strip` of a row: seconds from the window's start. What is not known (None) is not drawn."""
    layers = [(name, path(stretches.get(name) or (), name, scale.seconds)) for name in LAYERS]
    return Strip([(name, drawn) for name, drawn in layers if drawn], in_words(stretches, scale))


def path(stretches: Iterable[Stretch], layer: str, seconds: float) -> str:
    top, bottom = LAYERS[layer]
    boxes = (box(begin, end, seconds) for begin, end in stretches) if seconds else ()
    return "".join(f"M{left} {top}h{width}v{bottom - top}h-{width}z" for left, width in boxes)


def box(begin: float, end: float, seconds: float) -> tuple[int, int]:
    left = min(round(WIDTH * begin / seconds), WIDTH - NARROWEST)
    return left, max(round(WIDTH * end / seconds) - left, NARROWEST)


def in_words(stretches: dict[str, list[Stretch]], scale: Scale) -> str:
    present = stretches.get("present") or []
    if not present:
        return _("Not there within the window")
    said = [f"{scale.clock(begin)}–{scale.clock(end)}" for begin, end in present[:STRETCHES_SAID]]
    more = len(present) - len(said)
    if more:
        said.append(ngettext("%(n)d more stretch", "%(n)d more stretches", more) % {"n": more})
    values = {"stretches": ", ".join(said), "front": time_of(stretches.get("visible") or [])}
    doubled = stretches.get("doubled") or []
    if doubled:
        sentence = _("Present %(stretches)s, in front %(front)s, two pages at once %(doubled)s")
        return sentence % {**values, "doubled": time_of(doubled)}
    return _("Present %(stretches)s, in front %(front)s") % values


def time_of(stretches: Iterable[Stretch]) -> str:
    """Their length, in minutes."""
    seconds = sum(end - begin for begin, end in stretches)
    if 0 < seconds < 30:
        return _("less than a minute")
    minutes = round(seconds / 60)
    return ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes}
