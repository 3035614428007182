"""A webinar's attendance, chat and questions as files: asked for, watched while written, fetched (spec 14)."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from rest_framework.exceptions import ValidationError

from stats.admin.head import theirs
from stats.exports.answers import Wanted, file_or_export, kept_file
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.selectors.exports import export_state, own_export, own_exports
from stats.services.exports import TooManyExports
from webinars.admin.base import acting_user
from webinars.admin.tabs import Page, add_page, add_tool, list_of, webinar_tabs
from webinars.models import Webinar
from webinars.selectors.standing import standing_of

REFRESH_SECONDS = 5


@dataclass(frozen=True)
class Place:
    """Where a kind of file is asked for: the tab that shows what is in it, and the page that starts it."""

    tab: str
    tab_url: Callable[[Webinar], str]
    start: str
    back: Any


PLACES = {
    Export.Kind.ATTENDANCE: Place(
        "attendance",
        lambda webinar: _url("attendance", webinar),
        "export_start",
        gettext_lazy("Back to the attendance"),
    ),
    Export.Kind.CHAT: Place("message", list_of("webinars_message"), "export_chat", gettext_lazy("Back to the chat")),
    Export.Kind.QUESTIONS: Place(
        "question", list_of("webinars_question"), "export_questions", gettext_lazy("Back to the questions")
    ),
    Export.Kind.REGISTRATIONS: Place(
        "registration",
        list_of("webinars_registration"),
        "export_registrations",
        gettext_lazy("Back to the people"),
    ),
}


def start_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponseBase:
    """The choice of a file; sent off, the file itself, or the page of its progress."""
    webinar = theirs(request, object_id)
    if request.method != "POST":
        return choice(request, model_admin, webinar)
    try:
        query = AttendanceQuery.parse({name: request.POST[name] for name in _given(request.POST)})
    except ValidationError:
        return _not_understood(request, webinar, Export.Kind.ATTENDANCE)
    return _start(request, webinar, Export.Kind.ATTENDANCE, query, personal=sees_people(request, webinar))


def chat_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponseBase:
    return _room_view(request, model_admin, object_id, Export.Kind.CHAT)


def questions_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponseBase:
    return _room_view(request, model_admin, object_id, Export.Kind.QUESTIONS)


def registrations_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponseBase:
    return _room_view(request, model_admin, object_id, Export.Kind.REGISTRATIONS)


def _room_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID, kind: Export.Kind) -> HttpResponseBase:
    """The same for those who may see personal data; for everybody else it does not exist."""
    webinar = theirs(request, object_id)
    if not sees_people(request, webinar):
        raise Http404
    if request.method == "POST":
        return _start(request, webinar, kind, AttendanceQuery(), personal=True)
    context = {"kind": kind, "kept": _kept(request, webinar, kind)}
    return _page(request, model_admin, webinar, "admin/stats/room_export_choice.html", context, kind)


def _start(
    request: HttpRequest, webinar: Webinar, kind: Export.Kind, query: AttendanceQuery, *, personal: bool
) -> HttpResponseBase:
    file_format = request.POST.get("format", "")
    if file_format not in Export.Format.values:
        return _not_understood(request, webinar, kind)
    user, now = acting_user(request), timezone.now()
    try:
        made = file_or_export(Wanted(webinar, user, kind, file_format, now, personal=personal, query=query))
    except TooManyExports as error:
        messages.error(request, str(error.message))
        return redirect(_url(PLACES[kind].start, webinar))
    return redirect(_url("export", webinar, made)) if isinstance(made, Export) else made


def _not_understood(request: HttpRequest, webinar: Webinar, kind: Export.Kind) -> HttpResponseBase:
    messages.error(request, _("Please check what you entered."))
    return redirect(_url(PLACES[kind].start, webinar))


def choice(request: HttpRequest, model_admin: Any, webinar: Webinar) -> HttpResponse:
    context = {
        "sees_people": sees_people(request, webinar),
        "query": {name: request.GET[name] for name in _given(request.GET)},
        "kept": _kept(request, webinar, Export.Kind.ATTENDANCE),
    }
    return _page(request, model_admin, webinar, "admin/stats/export_choice.html", context)


def _kept(request: HttpRequest, webinar: Webinar, kind: Export.Kind) -> list[dict[str, Any]]:
    kept = own_exports(
        webinar=webinar,
        user=acting_user(request),
        sees_people=sees_people(request, webinar),
        now=timezone.now(),
        kind=kind,
    )
    return [{"export": export, "url": _url("export", webinar, export)} for export in kept]


@never_cache
def progress_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID, export_id: uuid.UUID) -> HttpResponse:
    export = theirs_to_fetch(request, object_id, export_id)
    context = {
        "export": export,
        "state": export_state(export),
        "refresh_seconds": REFRESH_SECONDS,
        "state_url": _url("export_state", export.webinar, export),
        "file_url": _url("export_file", export.webinar, export),
        "start_url": _url(PLACES[Export.Kind(export.kind)].start, export.webinar),
        "query": export.query,
    }
    return _page(request, model_admin, export.webinar, "admin/stats/export.html", context, Export.Kind(export.kind))


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
    request: HttpRequest,
    model_admin: Any,
    webinar: Webinar,
    template: str,
    context: dict[str, Any],
    kind: Export.Kind = Export.Kind.ATTENDANCE,
) -> HttpResponse:
    place = PLACES[kind]
    everything = {
        **model_admin.admin_site.each_context(request),
        "title": webinar.title,
        "webinar": webinar,
        "webinar_tabs": webinar_tabs(request, webinar, current=place.tab),
        "back_url": place.tab_url(webinar),
        "back_label": place.back,
        **context,
    }
    with timezone.override(webinar.zone):
        return TemplateResponse(request, template, everything).render()


add_page(Page("export_start", "exports/", start_view))
add_page(Page("export_chat", "exports/chat/", chat_view))
add_page(Page("export_questions", "exports/questions/", questions_view))
add_page(Page("export_registrations", "exports/registrations/", registrations_view))
add_page(Page("export", "exports/<uuid:export_id>/", progress_view))
add_page(Page("export_state", "exports/<uuid:export_id>/state/", state_view))
add_page(Page("export_file", "exports/<uuid:export_id>/file/", file_view))
add_tool("message", "admin/stats/chat_exports.html")
add_tool("question", "admin/stats/question_exports.html")
add_tool("registration", "admin/stats/registration_exports.html")
