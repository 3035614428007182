"""What became of a paste or file of addresses: looked at, fetched, taken back (spec 3)."""

import uuid
from collections.abc import Iterator
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect
from django.utils import timezone, translation
from django.views.decorators.http import require_POST, require_safe

from webinars.addresses.reports import in_words, list_bytes, report_bytes
from webinars.admin.allowed_emails import may_change, page, taken_off, theirs, url
from webinars.admin.base import acting_user
from webinars.admin.tabs import Page, add_page
from webinars.models import AllowedEmailImport, AllowedEmailLine, Webinar
from webinars.selectors.allowed_emails import addresses, kept_imports
from webinars.services import audit
from webinars.services.allowed_emails import ListIsBusy, take_back

PER_PAGE = 100


def _import(webinar: Webinar, import_id: uuid.UUID) -> AllowedEmailImport:
    found = kept_imports(webinar, now=timezone.now()).filter(pk=import_id).first()
    if found is None:
        raise Http404
    return found


def _lines(request: HttpRequest, made: AllowedEmailImport) -> tuple[str, QuerySet[AllowedEmailLine]]:
    """Of which outcome, or of all; in the order of the file."""
    wanted = request.GET.get("outcome", "")
    if wanted not in AllowedEmailLine.Outcome.values:
        return "", made.lines.all()
    return wanted, made.lines.filter(outcome=wanted)


def report_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID, import_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id, "see_personal")
    made = _import(webinar, import_id)
    audit.record_view("allowed_emails", actor_id=acting_user(request).pk, now=timezone.now(), webinar=webinar)
    wanted, lines = _lines(request, made)
    found = Paginator(lines, PER_PAGE).get_page(request.GET.get("page"))
    context = {
        "made": made,
        "found": found,
        "rows": [{"line": one.line, "text": one.text, "why": in_words(one)} for one in found],
        "outcome": wanted,
        "outcomes": [
            (value, title, count)
            for (value, title), count in zip(
                AllowedEmailLine.Outcome.choices, (made.known, made.repeated, made.rejected), strict=True
            )
            if count
        ],
        "left_out": made.known + made.repeated + made.rejected,
        "may_change": may_change(request, webinar),
        "back_url": url("allowed", webinar),
        "lines_url": url("allowed_lines", webinar, made.pk),
        "take_back_url": url("allowed_take_back", webinar, made.pk),
    }
    return page(request, model_admin, webinar, "admin/webinars/allowed_emails_report.html", context)


@require_safe
def lines_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID, import_id: uuid.UUID) -> HttpResponseBase:
    """The lines that added nothing, as CSV."""
    webinar = theirs(request, object_id, "see_personal")
    made = _import(webinar, import_id)
    _wanted, lines = _lines(request, made)
    return _file(request, webinar, "allowed_email_report", report_bytes(lines.iterator(1000)))


@require_safe
def list_file_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponseBase:
    """The whole list, as CSV that can be imported again."""
    webinar = theirs(request, object_id, "see_personal")
    return _file(request, webinar, "allowed_emails", list_bytes(addresses(webinar).iterator(1000)))


def _file(request: HttpRequest, webinar: Webinar, what: str, pieces: Iterator[bytes]) -> HttpResponseBase:
    """On record before its first piece."""
    audit.record(
        "personal.exported",
        webinar=webinar,
        actor_id=acting_user(request).pk,
        now=timezone.now(),
        details={"what": what, "format": "csv"},
    )
    response = StreamingHttpResponse(
        _in_language(pieces, translation.get_language()), content_type="text/csv; charset=utf-8"
    )
    response["Content-Disposition"] = f'attachment; filename="{what.replace("_", "-")}-{webinar.pk}.csv"'
    response["Cache-Control"] = "no-store"
    return response


def _in_language(pieces: Iterator[bytes], language: str) -> Iterator[bytes]:
    """The language of the request is gone when its answer streams."""
    while True:
        with translation.override(language):
            piece = next(pieces, None)
        if piece is None:
            return
        yield piece


@require_POST
def take_back_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID, import_id: uuid.UUID) -> HttpResponse:
    webinar = theirs(request, object_id, "run")
    made = _import(webinar, import_id)
    try:
        count = take_back(made=made, webinar=webinar, actor_id=acting_user(request).pk, now=timezone.now())
    except ListIsBusy as busy:
        messages.error(request, str(busy.message))
    else:
        messages.success(request, taken_off(count))
    return redirect(url("allowed_import", webinar, made.pk))


add_page(Page("allowed_list", "who-gets-in/list.csv", list_file_view))
add_page(Page("allowed_import", "who-gets-in/imports/<uuid:import_id>/", report_view))
add_page(Page("allowed_lines", "who-gets-in/imports/<uuid:import_id>/lines.csv", lines_view))
add_page(Page("allowed_take_back", "who-gets-in/imports/<uuid:import_id>/take-back/", take_back_view))
