"""Two webinars of one client side by side (spec 14)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from stats import figure_words as words
from stats.admin.charts import Chart, overlaid
from stats.admin.head import theirs
from stats.admin.statistics import others
from stats.sections import statistics
from stats.selectors.curves import DEFINITIONS, curves
from webinars.admin.tabs import Page, add_page, webinar_tabs
from webinars.models import Webinar
from webinars.selectors.standing import standing_of


@dataclass(frozen=True)
class Compared:
    """A figure of a section; a share is compared in points, everything else also in percent."""

    section: str
    figure: str
    title: Any
    write: words.Words = words.amount


FIGURES = (
    Compared("registrants", "registered", gettext_lazy("Registered")),
    Compared("watch", "attended", gettext_lazy("Attended")),
    Compared("registrants", "attendedPercent", gettext_lazy("Share that attended"), words.share),
    Compared("access", "maxConcurrentParticipants", gettext_lazy("Peak")),
    Compared("access", "avgConcurrentParticipants", gettext_lazy("Average at once")),
    Compared("watch", "averageUniqueSeconds", gettext_lazy("Average time"), words.length),
    Compared("watch", "medianUniqueSeconds", gettext_lazy("Median time"), words.length),
    Compared("watch", "averageAttendancePercent", gettext_lazy("Average share of the window"), words.share),
    Compared("watch", "stayedPercent", gettext_lazy("Share of those who stayed"), words.share),
    Compared("chat", "messages", gettext_lazy("Messages")),
    Compared("qa", "questions", gettext_lazy("Questions")),
)
SECTIONS = ("access", "watch", "registrants", "chat", "qa")


def compare_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id)
    other = other_of(request, webinar)
    now = timezone.now()
    compared = compared_of(webinar, other, now) if other is not None else {}
    with timezone.override(webinar.zone):
        context = {
            **model_admin.admin_site.each_context(request),
            **compared,
            "title": webinar.title,
            "webinar": webinar,
            "other": other,
            "others": others(request, webinar),
            "webinar_tabs": webinar_tabs(request, webinar, current="statistics"),
            "compare_url": reverse("admin:webinars_webinar_compare", args=[webinar.pk]),
            "statistics_url": reverse("admin:webinars_webinar_statistics", args=[webinar.pk]),
            "now": now,
            "config": {
                "zone": webinar.time_zone,
                "webinar": f"A: {webinar.title} · B: {other.title}" if other is not None else webinar.title,
                "slug": f"{webinar.slug}-{other.slug}" if other is not None else webinar.slug,
                "charts": compared.get("charts", []),
                "live": False,
            },
        }
        return TemplateResponse(request, "admin/stats/comparison.html", context).render()


def other_of(request: HttpRequest, webinar: Webinar) -> Webinar | None:
    """The webinar to compare with: of the same client, and theirs to see; everything else does not exist. None while
    none is chosen."""
    wanted = request.GET.get("with")
    if not wanted:
        return None
    try:
        key = uuid.UUID(wanted)
    except ValueError:
        raise Http404 from None
    found = standing_of(request).webinars("see_statistics").filter(client_id=webinar.client_id, pk=key).first()
    if found is None:
        raise Http404
    return found


def compared_of(webinar: Webinar, other: Webinar, now: datetime) -> dict[str, Any]:
    """Figures and charts without anybody's name."""
    first, second = ({"sections": sections_of(each, now), "curves": curves(each, now)} for each in (webinar, other))
    return {
        "figures": [compare(figure, first["sections"], second["sections"], webinar, other) for figure in FIGURES],
        "charts": [chart.as_json() for chart in charts_of_two(first["curves"], second["curves"])],
    }


def sections_of(webinar: Webinar, now: datetime) -> dict[str, dict[str, Any]]:
    return statistics(webinar, names=SECTIONS, may_see_personal=False, now=now)[1]


def compare(
    shown: Compared, first: Mapping[str, Any], second: Mapping[str, Any], webinar: Webinar, other: Webinar
) -> dict[str, Any]:
    one, two = (sections[shown.section]["figures"][shown.figure] for sections in (first, second))
    return {
        "name": f"{shown.section}-{shown.figure}",
        "title": shown.title,
        "definition": first[shown.section]["definitions"][shown.figure],
        "first": shown.write(one, webinar),
        "second": shown.write(two, other),
        "difference": difference(shown, one, two, webinar),
        "ratio": ratio(shown, one, two),
    }


def difference(shown: Compared, one: float | None, two: float | None, webinar: Webinar) -> str:
    """How much more the first has than the second."""
    if one is None or two is None:
        return words.UNKNOWN
    apart = one - two
    sign = "+" if apart > 0 else "−" if apart < 0 else "±"
    if shown.write is words.share:
        return _("%(sign)s%(points)s points") % {"sign": sign, "points": f"{abs(apart):.1f}"}
    return f"{sign}{shown.write(abs(apart), webinar)}"


def ratio(shown: Compared, one: float | None, two: float | None) -> str:
    if one is None or not two or shown.write is words.share:
        return words.UNKNOWN
    change = 100 * (one - two) / two
    return f"{'+' if change > 0 else '−' if change < 0 else '±'}{abs(change):.1f} %"


def charts_of_two(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[Chart]:
    step = max(first["stepSeconds"], second["stepSeconds"])

    def chart(name: str, figure: str, title: str, definition: str, unit: str) -> Chart:
        return Chart(
            name=name,
            kind="since",
            title=title,
            definition=definition,
            unit=unit,
            step=step,
            columns=[_("Minute since the start"), "A", "B"],
            series=["line", "dashed"],
            labels=["A", "B"],
            rows=overlaid([first, second], figure=figure),
        )

    return [
        chart("retention", "stillThere", _("Who stayed"), str(DEFINITIONS["stillThere"]), "percent"),
        chart("concurrency", "most", _("People at once"), str(DEFINITIONS["peopleConnected"]), "people"),
    ]


add_page(Page("compare", "compare/", compare_view))
