from datetime import datetime
from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from presence import definitions
from stats.sections.section import Section
from stats.selectors.curves import DEFINITIONS, histogram, percent, watch_summary
from webinars.models import Webinar


def figures(webinar: Webinar, now: datetime, may_see_personal: bool) -> dict[str, Any]:
    source, watched = watch_summary(webinar, now=now)
    people = watched.attended

    def each(seconds: int) -> int | None:
        return round(seconds / people) if people else None

    return {
        "attended": people,
        "connectedSeconds": watched.connected_seconds,
        "uniqueSeconds": watched.unique_seconds,
        "visibleSeconds": watched.visible_seconds,
        "uncertaintySeconds": watched.uncertainty_seconds,
        "averageConnectedSeconds": each(watched.connected_seconds),
        "averageUniqueSeconds": each(watched.unique_seconds),
        "averageVisibleSeconds": each(watched.visible_seconds),
        "medianUniqueSeconds": None if watched.median_unique_seconds is None else round(watched.median_unique_seconds),
        "averageAttendancePercent": percent(watched.unique_seconds, people * source.seconds),
        "watchHistogram": histogram(watched, seconds=source.seconds),
        "stayed": watched.stayed,
        "stayedPercent": percent(watched.stayed, people),
        "sealed": source.sealed,
    }


def _sum(figure: str) -> Any:
    return format_lazy("{} {}", definitions.FIGURES[figure], _("Added up over all who attended."))


def _average(figure: str) -> Any:
    return format_lazy("{} {}", definitions.FIGURES[figure], _("Averaged over all who attended."))


SECTION = Section(
    name="watch",
    title=_("Watch time"),
    figures=figures,
    definitions={
        "attended": DEFINITIONS["attended"],
        "connectedSeconds": _sum("connectedSeconds"),
        "uniqueSeconds": _sum("uniqueSeconds"),
        "visibleSeconds": _sum("visibleSeconds"),
        "uncertaintySeconds": _sum("uncertaintySeconds"),
        "averageConnectedSeconds": _average("connectedSeconds"),
        "averageUniqueSeconds": _average("uniqueSeconds"),
        "averageVisibleSeconds": _average("visibleSeconds"),
        "medianUniqueSeconds": format_lazy(
            "{} {}",
            definitions.FIGURES["uniqueSeconds"],
            _("Half of all who attended stayed for at most this long, the other half at least."),
        ),
        "averageAttendancePercent": _average("attendancePercent"),
        "watchHistogram": DEFINITIONS["watchHistogram"],
        "stayed": _("People whose unique time is 80 percent of the window or more."),
        "stayedPercent": _("Their share of all who attended."),
        "sealed": _("Whether the figures are sealed and will not change any more."),
    },
)
