"""What a file says about itself: what it is of, how sure it is, what its figures mean, and their sums (spec 7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

import eventflow
from presence import definitions
from stats.exports.cells import offset_text
from stats.exports.columns import PEOPLE, SESSION_DEFINITIONS, SESSIONS, Kind, title_of
from stats.exports.contents import Contents
from webinars.models import Webinar


@dataclass(frozen=True)
class Line:
    """A heading when there is no value. `kind` is None for it."""

    label: str
    kind: Kind | None = None
    value: Any = None


TOTALS: dict[str, tuple[Any, Kind]] = {
    "people": (gettext_lazy("People with a page open at any time while the doors were open"), "number"),
    "attended": (gettext_lazy("People who attended: with a page open within the content window"), "number"),
    "averageUniqueSeconds": (gettext_lazy("Attended, on average over those who attended"), "length"),
    "averageAttendancePercent": (gettext_lazy("Share of the webinar, on average over those who attended"), "percent"),
    "uniqueSeconds": (gettext_lazy("Attended, all people together"), "length"),
    "visibleSeconds": (gettext_lazy("Page in front, all people together"), "length"),
    "connectedSeconds": (gettext_lazy("All pages added up, all people together"), "length"),
    "overlapSeconds": (gettext_lazy("Two pages at once, all people together"), "length"),
    "uncertaintySeconds": (gettext_lazy("Off by up to, all people together"), "length"),
}
GUESTS: dict[str, tuple[Any, Kind]] = {
    "sessionCount": (pgettext_lazy("guests", "Pages"), "number"),
    "connectedSeconds": (pgettext_lazy("guests", "All pages added up"), "length"),
    "visibleSeconds": (pgettext_lazy("guests", "Page in front"), "length"),
    "uncertaintySeconds": (pgettext_lazy("guests", "Off by up to"), "length"),
}


def about(contents: Contents) -> list[Line]:
    return [
        *_what_it_is(contents),
        Line(_("Sums")),
        *_sums(contents.head["totals"], TOTALS),
        Line(_("Guests: pages that were opened without an account, each counted for itself")),
        *_sums(contents.head["totals"]["guests"], GUESTS),
        *_meanings(contents),
    ]


def _what_it_is(contents: Contents) -> list[Line]:
    head, webinar = contents.head, contents.webinar
    window = head["window"]
    return [
        Line(_("Attendance")),
        Line(_("Webinar"), "text", webinar.title),
        Line(_("Address"), "text", webinar.slug),
        Line(_("Client"), "text", webinar.client.name),
        Line(_("Time zone of all times"), "text", zone_text(webinar, window["start"])),
        Line(_("Content window from"), "moment", window["start"]),
        Line(_("Content window to"), "moment", window["end"]) if window["end"] else _open_end(),
        Line(_("Counted up to"), "moment", window["until"]),
        Line(_("Length that was counted"), "length", window["seconds"]),
        *_seal(contents),
        Line(_("Computed"), "moment", head["asOf"]),
        Line(_("Software"), "text", f"EventFlow {_software(contents)}"),
        *_filter(contents),
    ]


def zone_text(webinar: Webinar, start: datetime) -> str:
    """The zone by its name, and how far its clock is ahead of UTC at that moment."""
    offset = offset_text(start, webinar.zone)
    return _("%(zone)s (%(offset)s at the start)") % {"zone": webinar.time_zone, "offset": offset}


def _open_end() -> Line:
    return Line(_("Content window to"), "text", _("not known yet"))


def _seal(contents: Contents) -> list[Line]:
    seal = contents.seal
    if seal is None:
        return [Line(_("Sealed"), "text", _("Not sealed: preliminary. The figures can still change."))]
    lines = [
        Line(_("Sealed"), "moment", seal.sealed_at),
        Line(_("Sealed version"), "number", seal.version),
        Line("SHA-256", "text", seal.sha256),
    ]
    if seal.reason and contents.personal:  # it may name people
        lines.append(Line(_("Reason"), "text", seal.reason))
    if contents.pages_are_gone:
        gone = _("The single pages were deleted after the time for which they are kept. The figures are as sealed.")
        lines.append(Line(pgettext("sheet", "Pages"), "text", gone))
    return lines


def _software(contents: Contents) -> str:
    """That which computed the figures."""
    return contents.seal.software_version if contents.seal else eventflow.__version__


def _filter(contents: Contents) -> list[Line]:
    if not contents.personal or not contents.narrowed:
        return []
    query, lines = contents.query, [Line(_("This file holds only some of the people"))]
    if query.q:
        lines.append(Line(_("Name or email contains"), "text", query.q))
    if query.min_percent is not None:
        lines.append(Line(_("Share of the webinar, at least"), "percent", float(query.min_percent)))
    return lines


def _sums(totals: dict[str, Any], which: dict[str, tuple[Any, Kind]]) -> list[Line]:
    return [
        Line(str(label), kind, totals[key]) if totals[key] is not None else Line(str(label), "text", "–")
        for key, (label, kind) in which.items()
    ]


def _meanings(contents: Contents) -> list[Line]:
    """Each figure in the words that it was computed, or sealed, with."""
    stated, zone = contents.head["definitions"], contents.webinar.time_zone
    window = stated.get("window", str(definitions.WINDOW))
    lines = [Line(_("What the figures mean")), Line(_("Content window"), "text", window)]
    for column in PEOPLE:
        if column.kind != "offset" and column.key in stated:
            lines.append(Line(title_of(column, zone), "text", stated[column.key]))
    if contents.personal:
        lines.append(Line(_("What the list of pages means")))
        for column in SESSIONS:
            if column.key in SESSION_DEFINITIONS:
                lines.append(Line(title_of(column, zone), "text", str(SESSION_DEFINITIONS[column.key])))
    return lines


def sheet_titles() -> dict[str, str]:
    """At most 31 characters, and none of []:*?/\\ in them, in every language."""
    return {
        "people": pgettext("sheet", "People"),
        "sessions": pgettext("sheet", "Pages"),
        "about": pgettext("sheet", "Definitions"),
    }


def known_language(language: str | None) -> str:
    """One that files are written in: the product's first one for any other."""
    return "en" if (language or translation.get_language() or "").startswith("en") else "ko"
