"""The console's attendance table: which columns it has, how they sort, and what a row says in words (spec 14)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext_lazy, pgettext_lazy

from presence.durations import clock_text
from stats.admin.strip import Scale, draw
from webinars.tombstones import ERASED_PERSON

# How many earlier pages the way back remembers: their keys stand in the page's address.
TRAIL = 8


@dataclass(frozen=True)
class Figure:
    """One figure of a column. `descending` is how a first click sorts: the largest first, names from A."""

    key: str
    title: Any
    descending: bool = True


NAME = Figure("displayName", gettext_lazy("Name"), descending=False)
EMAIL = Figure("email", gettext_lazy("Email"), descending=False)
UNIQUE = Figure("uniqueSeconds", pgettext_lazy("figure", "Unique"))
PERCENT = Figure("attendancePercent", pgettext_lazy("figure", "Share"))
VISIBLE = Figure("visibleSeconds", pgettext_lazy("figure", "In front"))
CONNECTED = Figure("connectedSeconds", pgettext_lazy("figure", "Connected"))
OVERLAP = Figure("overlapSeconds", pgettext_lazy("figure", "Two at once"))
PAGES = Figure("sessionCount", pgettext_lazy("figure", "Pages"))
FIRST = Figure("firstEntered", pgettext_lazy("figure", "In"), descending=False)
LAST = Figure("lastExited", pgettext_lazy("figure", "Out"))
UNSURE = Figure("uncertaintySeconds", pgettext_lazy("figure", "Off by up to"))

# The strip stands between the person and the figures.
PERSON_COLUMN = (NAME, EMAIL)
FIGURE_COLUMNS = ((UNIQUE,), (PERCENT,), (VISIBLE,), (CONNECTED,), (OVERLAP,), (PAGES,), (FIRST, LAST), (UNSURE,))


class Address:
    """The tab's own query string, with some of it changed. The answer's keys page only within one sort and filter."""

    def __init__(self, params: QueryDict) -> None:
        self.params = params

    def with_changes(self, **changes: str | list[str] | None) -> str:
        params = self.params.copy()
        for name, value in changes.items():
            if value is None or value == []:
                params.pop(name, None)
            elif isinstance(value, list):
                params.setlist(name, value)
            else:
                params[name] = value
        return f"?{params.urlencode()}"

    def sorted_by(self, sort: str) -> str:
        return self.with_changes(sort=sort, after=None, trail=None)

    def next_page(self, key: str) -> str:
        trail = [*self.params.getlist("trail"), self.params.get("after", "")][-TRAIL:]
        return self.with_changes(after=key, trail=trail)

    def previous_page(self) -> str | None:
        """None on the first page, and where the way back is no longer known."""
        trail = self.params.getlist("trail")
        if not trail or not self.params.get("after"):
            return None
        return self.with_changes(after=trail[-1] or None, trail=trail[:-1])

    def first_page(self) -> str | None:
        return self.with_changes(after=None, trail=None) if self.params.get("after") else None


def columns(
    figures: tuple[tuple[Figure, ...], ...], *, sort: str, address: Address, definitions: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """The heads: each figure's title, definition, and the address that sorts by it."""
    sorted_by, descending = sort.removeprefix("-"), sort.startswith("-")
    heads = []
    for group in figures:
        keys = {figure.key for figure in group}
        heads.append(
            {
                "figures": [
                    {
                        "key": figure.key,
                        "title": figure.title,
                        "definition": definitions.get(figure.key, ""),
                        "sorted": ("descending" if descending else "ascending") if figure.key == sorted_by else "",
                        "url": address.sorted_by(next_sort(figure, sort)),
                    }
                    for figure in group
                ],
                "aria_sort": ("descending" if descending else "ascending") if sorted_by in keys else "none",
            }
        )
    return heads


def next_sort(figure: Figure, sort: str) -> str:
    """What a click on the head asks for: its own order first, then the other way round."""
    natural, reverse = (f"-{figure.key}", figure.key) if figure.descending else (figure.key, f"-{figure.key}")
    return reverse if sort == natural else natural


def row_of(row: Mapping[str, Any], scale: Scale) -> dict[str, Any]:
    """A row of the answer, as the page shows it."""
    percent = row["attendancePercent"]
    return {
        "user_id": row["userId"],
        "name": row["displayName"] or (row["email"].split("@")[0] if row["email"] else ERASED_PERSON),
        "email": row["email"],
        "strip": draw(row["strip"], scale),
        "cells": [
            cell(clock_text(row["uniqueSeconds"]), row["uniqueSeconds"]),
            cell("–" if percent is None else f"{float(percent):.1f} %", percent),
            cell(clock_text(row["visibleSeconds"]), row["visibleSeconds"]),
            cell(clock_text(row["connectedSeconds"]), row["connectedSeconds"]),
            cell(clock_text(row["overlapSeconds"]), row["overlapSeconds"]),
            cell(str(row["sessionCount"]), row["sessionCount"]),
            cell(from_to(row["firstEntered"], row["lastExited"], scale), row["firstEntered"]),
            cell(off_by(row["uncertaintySeconds"]), row["uncertaintySeconds"]),
        ],
    }


def cell(text: str, value: Any) -> dict[str, Any]:
    """What is nothing steps back, so that what is something is seen."""
    return {"text": text, "nothing": not value}


def from_to(first: datetime | None, last: datetime | None, scale: Scale) -> str:
    if first is None or last is None:
        return "–"
    return f"{scale.clock_of(first)}–{scale.clock_of(last)}"


def off_by(seconds: int) -> str:
    """± 2:05; minutes go on past sixty."""
    return f"± {seconds // 60}:{seconds % 60:02}"
