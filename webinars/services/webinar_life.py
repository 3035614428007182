"""Open the doors, start, end (spec 2)."""

from datetime import datetime

from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from eventflow.api.errors import ApiError
from webinars.models import Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast


class WrongState(ApiError):
    """The webinar is not in a state in which that can be done."""

    def __init__(self, message: object) -> None:
        super().__init__(409, "wrong_state", message)


def open_doors(webinar: Webinar, *, now: datetime) -> Webinar:
    """Let people in from now on, earlier than 30 minutes before the start. Opening twice changes nothing."""
    changed = Webinar.objects.filter(pk=webinar.pk, state__in=["draft", "scheduled"]).filter(
        Q(doors_opened_at__isnull=True) | Q(state="draft")
    )
    if not changed.update(state=Webinar.State.SCHEDULED, doors_opened_at=now, updated_at=now):
        webinar.refresh_from_db()
        if webinar.state != Webinar.State.SCHEDULED:
            raise WrongState(_("This webinar has already started."))
    return _announce(webinar)


def start(webinar: Webinar, *, now: datetime) -> Webinar:
    """Go live. Before the planned time the content window begins now; after it, it stays where it was planned,
    so that nobody's presence since then is lost. Starting twice changes nothing."""
    waiting = Webinar.objects.filter(pk=webinar.pk, state__in=["draft", "scheduled"])
    early = waiting.filter(webinar_start_time__gt=now)
    started = early.update(
        state=Webinar.State.LIVE,
        webinar_start_time=now,
        doors_opened_at=Coalesce("doors_opened_at", now),
        updated_at=now,
    ) or waiting.update(state=Webinar.State.LIVE, updated_at=now)
    if not started:
        webinar.refresh_from_db()
        if webinar.state == Webinar.State.ENDED:
            raise WrongState(_("This webinar has already ended."))
    return _announce(webinar)


def end(webinar: Webinar, *, now: datetime) -> Webinar:
    """End it, also when nobody pressed start: sets the actual end and tells every open page. Sessions go on until the
    collect window closes. Ending twice keeps the first end."""
    has_begun = Q(state=Webinar.State.LIVE) | Q(state=Webinar.State.SCHEDULED, webinar_start_time__lte=now)
    ended = Webinar.objects.filter(has_begun, pk=webinar.pk).update(
        state=Webinar.State.ENDED, webinar_actual_end_time=now, updated_at=now
    )
    if not ended:
        webinar.refresh_from_db()
        if webinar.state != Webinar.State.ENDED:
            raise WrongState(_("This webinar has not started yet."))
    return _announce(webinar)


def _announce(webinar: Webinar) -> Webinar:
    webinar.refresh_from_db()
    broadcast(
        webinar.pk,
        EventType.WEBINAR_STATE,
        {
            "state": webinar.state,
            "startTime": webinar.webinar_start_time,
            "endTime": webinar.content_window.end,
            "actualEndTime": webinar.webinar_actual_end_time,
        },
    )
    return webinar
