"""A webinar's attendance tab: who was there, for how long, and how sure that is (spec 7, 14)."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ValidationError

from presence import definitions
from stats.admin import attendance_table as table
from stats.admin.head import head_of, theirs
from stats.admin.seal_steps import correct_url
from stats.admin.strip import scale_of
from stats.models import AttendanceSeal
from stats.selectors.attendance import AttendanceQuery, attendance_page
from stats.templatetags.console_clock import full_time
from webinars.admin.base import acting_user
from webinars.admin.tabs import Tab, add_tab, webinar_tabs
from webinars.models import Webinar
from webinars.selectors.standing import standing_of
from webinars.services.audit import record_view

TOTALS = {
    "people": _("People with a page open at any time from the doors' opening to the end of the collect window."),
    "attended": _("People with at least one page open within the content window."),
    "averageUniqueSeconds": _("The unique times of those who attended, divided by their number."),
    "guests": _("Pages opened without an account. Each page counts for itself; they are in no other figure here."),
}


def attendance_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id)
    now = timezone.now()
    standing = standing_of(request)
    sees_people = standing.may("see_personal", agency_id=webinar.agency_id, client_id=webinar.client_id)
    query, problems = query_of(request)
    try:
        answer = attendance_page(webinar=webinar, query=query, may_see_personal=sees_people, now=now)
    except ValidationError as error:  # the page of the address is not there any more
        query, problems = replace(query, after=None), problems_of(error)
        answer = attendance_page(webinar=webinar, query=query, may_see_personal=sees_people, now=now)
    if sees_people:
        record_view("attendance", actor_id=acting_user(request).pk, now=now, webinar=webinar)
    seals = versions(webinar, with_names=sees_people)
    newest = seals[0] if seals else None
    with timezone.override(webinar.zone):
        context = {
            **model_admin.admin_site.each_context(request),
            **head_of(webinar, seal=newest, now=now),
            "title": webinar.title,
            "webinar": webinar,
            "webinar_tabs": webinar_tabs(request, webinar, current="attendance"),
            "now": now,
            "answer": answer,
            "as_of": as_of(answer, webinar),
            "totals": answer["totals"],
            "total_definitions": TOTALS,
            "window_definition": definitions.WINDOW,
            "problems": problems,
            "query": query,
            "sees_people": sees_people,
            "correct_url": correct_url(request, webinar),
            "seals": seals,
            "preliminary": preliminary(webinar, now),
            **table_of(request, webinar, query, answer),
        }
        return TemplateResponse(request, "admin/stats/attendance.html", context).render()


def query_of(request: HttpRequest) -> tuple[AttendanceQuery, dict[str, Any]]:
    """What the address asks for; without what was not understood, which the page names. Fields left empty ask for
    nothing."""
    given = {name: value for name, value in request.GET.items() if value}
    try:
        return AttendanceQuery.parse(given), {}
    except ValidationError as error:
        return AttendanceQuery(), problems_of(error)


def problems_of(error: ValidationError) -> dict[str, Any]:
    return error.detail if isinstance(error.detail, dict) else {"": error.detail}


def as_of(answer: dict[str, Any], webinar: Webinar) -> str:
    """When the figures were taken; of a seal, which may be old, with the day."""
    moment = answer["asOf"]
    return full_time(moment, webinar) if answer["sealed"] else f"{moment.astimezone(webinar.zone):%H:%M:%S}"


def table_of(request: HttpRequest, webinar: Webinar, query: AttendanceQuery, answer: dict[str, Any]) -> dict[str, Any]:
    address = table.Address(request.GET)
    scale = scale_of(answer["window"], webinar.zone)
    heads = {"sort": query.sort, "address": address, "definitions": answer["definitions"]}
    following = answer["next"] and parse_qs(urlsplit(answer["next"]).query)["after"][0]
    return {
        "person_column": table.columns((table.PERSON_COLUMN,), **heads)[0],
        "figure_columns": table.columns(table.FIGURE_COLUMNS, **heads),
        "rows": [table.row_of(row, scale) for row in answer["rows"]],
        "axis": scale.ticks(),
        "next_url": following and address.next_page(following),
        "previous_url": address.previous_page(),
        "first_url": address.first_page(),
        "narrowed": bool(query.q or query.min_percent is not None),
        "everybody_url": address.with_changes(q=None, minPercent=None, after=None, trail=None),
    }


def versions(webinar: Webinar, *, with_names: bool) -> list[AttendanceSeal]:
    """Every seal, the newest first. Reasons and authors name people, so they need the right to personal data."""
    seals = AttendanceSeal.objects.filter(webinar=webinar).order_by("-version")
    if with_names:
        return list(seals.select_related("author"))
    return list(seals.defer("reason", "author"))


def preliminary(webinar: Webinar, now: datetime) -> dict[str, Any]:
    """When the figures become final, while they are not sealed."""
    end = webinar.collect_window.end
    return {"until": end, "over": end is not None and end + timedelta(minutes=1) < now}


add_tab(
    Tab(
        "attendance",
        _("Attendance"),
        "see_statistics",
        25,
        lambda webinar: reverse("admin:webinars_webinar_attendance", args=[webinar.pk]),
        path="attendance/",
        view=attendance_view,
    )
)
