"""A webinar's attendance as a file: asked for, watched while it is written, fetched (spec 14)."""

import uuid
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import ValidationError

from stats.admin.head import theirs
from stats.exports.answers import attendance_file, kept_file
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.selectors.exports import export_state, own_export, own_exports
from stats.services.exports import TooManyExports
from webinars.admin.base import acting_user
from webinars.admin.tabs import Page, add_page, webinar_tabs
from webinars.models import Webinar
from webinars.selectors.standing import standing_of

REFRESH_SECONDS = 5


def start_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponseBase:
    """The choice of a file; sent off, the file itself, or the page of its progress."""
    webinar = theirs(request, object_id)
    return start(request, webinar) if request.method == "POST" else choice(request, model_admin, webinar)


def start(request: HttpRequest, webinar: Webinar) -> HttpResponseBase:
    try:
        query = AttendanceQuery.parse({name: request.POST[name] for name in _given(request.POST)})
    except ValidationError:
        query = None
    file_format = request.POST.get("format", "")
    if query is None or file_format not in Export.Format.values:
        messages.error(request, _("Please check what you entered."))
        return redirect(_url("export_start", webinar))
    try:
        made = attendance_file(
            webinar=webinar,
            user=acting_user(request),
            personal=sees_people(request, webinar),
            file_format=file_format,
            query=query,
            now=timezone.now(),
        )
    except TooManyExports as error:
        messages.error(request, str(error.message))
        return redirect(_url("export_start", webinar))
    return redirect(_url("export", webinar, made)) if isinstance(made, Export) else made


def choice(request: HttpRequest, model_admin: Any, webinar: Webinar) -> HttpResponse:
    now, sees = timezone.now(), sees_people(request, webinar)
    kept = own_exports(webinar=webinar, user=acting_user(request), sees_people=sees, now=now)
    context = {
        "sees_people": sees,
        "query": {name: request.GET[name] for name in _given(request.GET)},
        "kept": [{"export": export, "url": _url("export", webinar, export)} for export in kept],
    }
    return _page(request, model_admin, webinar, "admin/stats/export_choice.html", context)


@never_cache
def progress_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID, export_id: uuid.UUID) -> HttpResponse:
    export = theirs_to_fetch(request, object_id, export_id)
    context = {
        "export": export,
        "state": export_state(export),
        "refresh_seconds": REFRESH_SECONDS,
        "state_url": _url("export_state", export.webinar, export),
        "file_url": _url("export_file", export.webinar, export),
        "start_url": _url("export_start", export.webinar),
        "query": export.query,
    }
    return _page(request, model_admin, export.webinar, "admin/stats/export.html", context)


@never_cache
def state_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID, export_id: uuid.UUID) -> HttpResponse:
    return JsonResponse(export_state(theirs_to_fetch(request, object_id, export_id)))


def file_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID, export_id: uuid.UUID) -> HttpResponseBase:
    file = kept_file(theirs_to_fetch(request, object_id, export_id))
    if file is None:
        raise Http404
    return file


def theirs_to_fetch(request: HttpRequest, webinar_id: uuid.UUID, export_id: uuid.UUID) -> Export:
    """What this person asked for and may still see; for everybody else it does not exist."""
    found = own_export(export_id=export_id, webinar_id=webinar_id, user=acting_user(request), now=timezone.now())
    if found is None:
        raise Http404
    return found


def sees_people(request: HttpRequest, webinar: Webinar) -> bool:
    return standing_of(request).may("see_personal", agency_id=webinar.agency_id, client_id=webinar.client_id)


def _given(params: Any) -> list[str]:
    """Of the table's own parameters, those that are filled in. A file has no pages."""
    return [name for name in ("sort", "q", "minPercent") if params.get(name)]


def _url(name: str, webinar: Webinar, export: Export | None = None) -> str:
    return reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk, *([export.pk] if export else [])])


def _page(
    request: HttpRequest, model_admin: Any, webinar: Webinar, template: str, context: dict[str, Any]
) -> HttpResponse:
    everything = {
        **model_admin.admin_site.each_context(request),
        "title": webinar.title,
        "webinar": webinar,
        "webinar_tabs": webinar_tabs(request, webinar, current="attendance"),
        "back_url": _url("attendance", webinar),
        **context,
    }
    with timezone.override(webinar.zone):
        return TemplateResponse(request, template, everything).render()


add_page(Page("export_start", "exports/", start_view))
add_page(Page("export", "exports/<uuid:export_id>/", progress_view))
add_page(Page("export_state", "exports/<uuid:export_id>/state/", state_view))
add_page(Page("export_file", "exports/<uuid:export_id>/file/", file_view))
