"""A webinar's statistics tab: how people came, stayed and left, and whether it all adds up (spec 6, 7, 14)."""

import uuid
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from stats.admin.adding_up import lines_of
from stats.admin.charts import charts_of
from stats.admin.head import head_of, theirs
from stats.admin.section_cards import CARDS, cards_of
from stats.sections import statistics
from stats.selectors.access import access_timeline, next_poll_seconds
from stats.selectors.attendance import sealed_now
from stats.selectors.curves import DEFINITIONS, curves
from stats.selectors.reconciliation import reconciliation
from webinars.admin.base import acting_user
from webinars.admin.tabs import Page, Tab, add_page, add_tab, webinar_tabs
from webinars.models import Webinar
from webinars.selectors.standing import standing_of
from webinars.services.audit import record_view
from webinars.tombstones import ERASED_PERSON

# As old as the API's answers may be (spec 6).
CACHE_SECONDS = 5


def statistics_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id)
    now = timezone.now()
    with timezone.override(webinar.zone):
        found = figures_for(request, webinar, now)
        context = {
            **model_admin.admin_site.each_context(request),
            **head_of(webinar, seal=sealed_now(webinar), now=now),
            **found,
            "title": webinar.title,
            "webinar": webinar,
            "webinar_tabs": webinar_tabs(request, webinar, current="statistics"),
            "others": others(request, webinar),
            "compare_url": reverse("admin:webinars_webinar_compare", args=[webinar.pk]),
            "config": {
                "zone": webinar.time_zone,
                "webinar": webinar.title,
                "slug": webinar.slug,
                "charts": found["charts"],
                "live": webinar.state == Webinar.State.LIVE,
                "nextPollSeconds": next_poll_seconds(),
                "url": reverse("admin:webinars_webinar_statistics_data", args=[webinar.pk]),
            },
        }
        return TemplateResponse(request, "admin/stats/statistics.html", context).render()


def data_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    """What moves on the page while the webinar runs: the charts, and every figure's text by its name."""
    webinar = theirs(request, object_id)
    with timezone.override(webinar.zone):
        found = figures_for(request, webinar, timezone.now())
    answer = JsonResponse(
        {
            "charts": found["charts"],
            "figures": {figure["name"]: figure["text"] for card in found["cards"] for figure in card["figures"]}
            | {f"adding-up-{line['name']}": line["text"] for line in found["lines"]},
            "state": webinar.state,
            "asOf": found["as_of"],
            "nextPollSeconds": next_poll_seconds(),
        }
    )
    answer["Cache-Control"] = "private, no-store"
    return answer


def figures_for(request: HttpRequest, webinar: Webinar, now: datetime) -> dict[str, Any]:
    """With names for those who may see them, which is on record."""
    ours = {"agency_id": webinar.agency_id, "client_id": webinar.client_id}
    sees_people = standing_of(request).may("see_personal", **ours)
    found = figures_of(webinar, sees_people=sees_people, now=now)
    if sees_people:
        record_view("statistics", actor_id=acting_user(request).pk, now=now, webinar=webinar)
    return found


def figures_of(webinar: Webinar, *, sees_people: bool, now: datetime) -> dict[str, Any]:
    """Everything that the page shows, at most 5 s old, in the language in force. No query while the cache is warm."""
    key = f"console-statistics:{webinar.pk}:{'personal' if sees_people else 'plain'}:{get_language()}"
    known: dict[str, Any] | None = cache.get(key)
    if known is not None:
        return known
    curve = curves(webinar, now)
    timeline = access_timeline(webinar.pk).buckets
    charts = charts_of(webinar, curves=curve, definitions=DEFINITIONS, timeline=timeline)
    as_of, sections = statistics(webinar, names=list(CARDS), may_see_personal=sees_people, now=now)
    adding = reconciliation(webinar, now, may_see_personal=sees_people)
    found = {
        "charts": [chart.as_json() for chart in charts],
        "cards": cards_of(sections, webinar),
        "lines": [line._asdict() for line in lines_of(adding, webinar)],
        "adding_up": {
            "people": {kind: [named(person) for person in people] for kind, people in adding["people"].items()},
            "duplicates": adding["duplicates"],
        },
        "as_of": as_of,
    }
    cache.set(key, found, CACHE_SECONDS)
    return found


def named(person: dict[str, Any]) -> dict[str, Any]:
    """Whoever was erased is named as that. They share no mailbox."""
    return person if person["userId"] else {**person, "displayName": str(ERASED_PERSON)}


def others(request: HttpRequest, webinar: Webinar, *, most: int = 50) -> list[Webinar]:
    """Webinars of the same client to compare with, the newest first."""
    found = standing_of(request).webinars("see_statistics").filter(client_id=webinar.client_id)
    began = found.exclude(pk=webinar.pk).exclude(state=Webinar.State.DRAFT)
    return list(began.order_by("-webinar_start_time")[:most])


add_tab(
    Tab(
        "statistics",
        _("Statistics"),
        "see_statistics",
        35,
        lambda webinar: reverse("admin:webinars_webinar_statistics", args=[webinar.pk]),
        path="statistics/",
        view=statistics_view,
    )
)
add_page(Page("statistics_data", "statistics/data/", data_view))
