"""Correcting sealed attendance: what a new version would say, why, and one button (spec 7, Sealing)."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

from django import forms
from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from unfold.widgets import UnfoldAdminTextareaWidget

from eventflow.api.errors import ApiError
from presence.durations import clock_text
from presence.sql.ledger import frame_of
from stats.models import AttendanceSeal
from stats.selectors.sealed_totals import totals_of
from stats.selectors.seals import newest_seal
from stats.selectors.verification import settings_notes
from stats.services import sealing
from stats.services.sealing import seal_attendance, why_not_sealed
from stats.sql.verification import keep_times_in_utc
from webinars.admin.base import acting_user
from webinars.admin.tabs import Page, add_page, webinar_tabs
from webinars.admin.webinar_form import notices
from webinars.local_times import in_words
from webinars.models import Webinar
from webinars.selectors.standing import standing_of

LONGEST_REASON = 1_000

# Of the totals, what a person who corrects them wants to see.
SHOWN: dict[tuple[str, str], tuple[Any, Callable[[Any], Any]]] = {
    ("people", "people"): (_("People with a session"), str),
    ("people", "attended"): (pgettext_lazy("figure", "Attended"), str),
    ("people", "connectedSeconds"): (_("Connected, everybody together"), clock_text),
    ("people", "uniqueSeconds"): (_("Unique, everybody together"), clock_text),
    ("people", "visibleSeconds"): (_("In front, everybody together"), clock_text),
    ("people", "uncertaintySeconds"): (_("Uncertainty, everybody together"), clock_text),
    ("guests", "sessionCount"): (_("Pages of guests"), str),
    ("guests", "connectedSeconds"): (_("Guests, connected together"), clock_text),
    ("reconciliation", "registered"): (pgettext_lazy("figure", "Registered"), str),
    ("reconciliation", "absent"): (pgettext_lazy("figure", "Absent"), str),
}


class Moved(NamedTuple):
    name: Any
    sealed: Any
    now: Any


class CorrectionForm(forms.Form):
    """`seen_version` is the seal that the person saw when they wrote the reason."""

    seen_version = forms.IntegerField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label=_("Reason"),
        max_length=LONGEST_REASON,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3}),
        help_text=_("It is sealed with the figures and stays readable for everybody who may see names."),
    )


def correct_view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
    webinar = standing_of(request).webinars("run").select_related("client").filter(pk=object_id).first()
    seal = newest_seal(webinar) if webinar is not None else None
    if webinar is None or seal is None:
        raise Http404
    now = timezone.now()
    back = reverse("admin:webinars_webinar_attendance", args=[webinar.pk])
    if problem := why_not_corrected(seal, webinar, now=now):
        messages.error(request, str(problem))
        return redirect(back)
    form = CorrectionForm(request.POST or None, initial={"seen_version": seal.version})
    if request.method == "POST" and form.is_valid() and correct(request, webinar, form.cleaned_data, now):
        return redirect(back)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": webinar.title,
        "webinar": webinar,
        "webinar_tabs": webinar_tabs(request, webinar, current="attendance"),
        "seal": seal,
        "notes": list(settings_notes(seal)),
        "moved": moved_figures(seal, webinar, now=now),
        "form": form,
        "back_url": back,
    }
    with timezone.override(webinar.zone):
        return TemplateResponse(request, "admin/stats/correct.html", context).render()


def correct(request: HttpRequest, webinar: Webinar, given: dict[str, Any], now: datetime) -> AttendanceSeal | None:
    """The new version; None when it was refused, which the person is told."""
    try:
        seal = seal_attendance(webinar=webinar, now=now, author=acting_user(request), **given)
    except ApiError as error:
        messages.error(request, str(error.message))
        return None
    said = _("The attendance is corrected: version %(version)d is sealed.") % {"version": seal.version}
    messages.success(request, str(said))
    return seal


def why_not_corrected(seal: AttendanceSeal, webinar: Webinar, *, now: datetime) -> object | None:
    """The sentence that says why no new version can be sealed, or None."""
    return why_not_sealed(webinar, now=now) or sealing.why_not_corrected(seal)


def moved_figures(seal: AttendanceSeal, webinar: Webinar, *, now: datetime) -> list[Moved]:
    """What a new version would say otherwise, with the settings of now."""
    with transaction.atomic():
        keep_times_in_utc()
        today = totals_of(frame_of(webinar, now=now))
    return [
        Moved(name, write(seal.totals[part][figure]), write(today[part][figure]))
        for (part, figure), (name, write) in SHOWN.items()
        if seal.totals[part][figure] != today[part][figure]
    ]


def correct_url(request: HttpRequest, webinar: Webinar) -> str | None:
    """For those who may run the webinar."""
    if not standing_of(request).may("run", agency_id=webinar.agency_id, client_id=webinar.client_id):
        return None
    return reverse("admin:webinars_webinar_correct", args=[webinar.pk])


def sealed_notice(webinar: Webinar) -> str | None:
    """For the settings, where the times are changed."""
    seal = newest_seal(webinar)
    if seal is None:
        return None
    said = _(
        "Attendance is sealed (version %(version)d, %(time)s). Other times change no sealed figure; to count with "
        "them, correct the sealed attendance."
    )
    return str(said % {"version": seal.version, "time": in_words(seal.sealed_at, webinar)})


notices.append(sealed_notice)
add_page(Page("correct", "attendance/correct/", correct_view))
