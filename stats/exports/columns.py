"""The columns of what is exported: their titles, what kind of thing stands in them, and what it means."""

from dataclasses import dataclass
from typing import Any, Literal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy, pgettext_lazy

# A text; a moment; a length in whole seconds; a number; a share in percent; the offset that a moment was written with.
Kind = Literal["text", "moment", "length", "number", "percent", "offset"]


@dataclass(frozen=True)
class Column:
    """`key` names the value in a row. For an offset, it names the moment's."""

    key: str
    kind: Kind
    title: Any
    width: int


def times(key: str, title: Any) -> tuple[Column, Column]:
    return Column(key, "moment", title, 20), Column(key, "offset", pgettext_lazy("column", "UTC offset"), 11)


PEOPLE = (
    Column("displayName", "text", pgettext_lazy("column", "Name"), 22),
    Column("email", "text", pgettext_lazy("column", "Email"), 30),
    *times("registeredAt", pgettext_lazy("column", "Registered")),
    *times("firstEntered", pgettext_lazy("column", "First entered")),
    *times("lastExited", pgettext_lazy("column", "Last left")),
    Column("attendancePercent", "percent", pgettext_lazy("column", "Share of the webinar"), 12),
    Column("uniqueSeconds", "length", pgettext_lazy("column", "Time attended"), 14),
    Column("visibleSeconds", "length", pgettext_lazy("column", "Page in front"), 12),
    Column("connectedSeconds", "length", pgettext_lazy("column", "All pages added up"), 12),
    Column("overlapSeconds", "length", pgettext_lazy("column", "Two pages at once"), 12),
    Column("sessionCount", "number", pgettext_lazy("column", "Pages"), 9),
    Column("uncertaintySeconds", "length", pgettext_lazy("column", "Off by up to"), 12),
)
SESSIONS = (
    Column("displayName", "text", pgettext_lazy("column", "Name"), 22),
    Column("email", "text", pgettext_lazy("column", "Email"), 30),
    *times("entered", pgettext_lazy("column", "Entered")),
    *times("left", pgettext_lazy("column", "Left")),
    Column("ending", "text", pgettext_lazy("column", "How it ended"), 16),
    Column("duration", "length", pgettext_lazy("column", "Open for"), 12),
    Column("within", "length", pgettext_lazy("column", "Within the webinar"), 12),
    Column("watched", "length", pgettext_lazy("column", "Page in front"), 12),
    Column("browser", "text", pgettext_lazy("column", "Browser"), 60),
)
SESSION_DEFINITIONS: dict[str, Promise] = {
    "ending": gettext_lazy(
        "Left: the page said goodbye. Went silent: it stopped answering, and ends at its last heartbeat. Open: it is "
        "still open, and counts up to now as long as it is heard from."
    ),
    "duration": gettext_lazy("From entering to leaving, also outside the webinar."),
    "within": gettext_lazy("The part of it that lies within the content window."),
    "watched": gettext_lazy("The time in which the page was seen to be in front, also outside the webinar."),
}


def columns_of(columns: tuple[Column, ...], *, with_offsets: bool) -> list[Column]:
    """Offsets only where the zone's clock changes: elsewhere they say the same in every row."""
    return [column for column in columns if with_offsets or column.kind != "offset"]


def title_of(column: Column, zone_name: str) -> str:
    """Moments name the zone whose clock they are on."""
    return f"{column.title} ({zone_name})" if column.kind == "moment" else str(column.title)
