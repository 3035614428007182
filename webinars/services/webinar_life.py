"""Open the doors, start, extend, end (spec 2).

Each is one transaction with its entry in the audit log, and leaves none where nothing changed. `actor_id` is None for
whoever works at the machine itself.
"""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from eventflow.api.errors import ApiError
from webinars import sql
from webinars.local_times import in_words
from webinars.models import Webinar
from webinars.realtime.events import EventType
from webinars.selectors.room import room_facts
from webinars.services import audit
from webinars.services.room_news import News, tell_news

EXTENSION_MINUTES = 15


class WrongState(ApiError):
    """The webinar is not in a state in which that can be done."""

    def __init__(self, message: object) -> None:
        super().__init__(409, "wrong_state", message)


class EndHasMoved(WrongState):
    """Somebody else, or the same person's first click, moved the planned end already."""

    def __init__(self, webinar: Webinar) -> None:
        end = webinar.webinar_scheduled_end_time
        now_at = in_words(end, webinar) if end is not None else "–"
        super().__init__(_("The planned end has just been moved to %(end)s. Nothing was added.") % {"end": now_at})


def planned_times_are_over() -> WrongState:
    """Nobody could enter any more, and the webinar would be ended and sealed within a minute."""
    return WrongState(_("The planned times of this webinar are over. Change them in the settings first."))


@transaction.atomic
def open_doors(webinar: Webinar, *, now: datetime, actor_id: uuid.UUID | None = None) -> Webinar:
    """Let people in from now on, earlier than 30 minutes before the start. Opening twice changes nothing."""
    waiting = Webinar.objects.filter(pk=webinar.pk, state__in=["draft", "scheduled"])
    closed = waiting.filter(Q(doors_opened_at__isnull=True) | Q(state="draft")).collected_after(now)
    if closed.update(state=Webinar.State.SCHEDULED, doors_opened_at=now, updated_at=now):
        _record("webinar.doors_opened", webinar, actor_id=actor_id, now=now)
    else:
        webinar.refresh_from_db()
        if waiting.exists() and not waiting.collected_after(now).exists():
            raise planned_times_are_over()
        if webinar.state != Webinar.State.SCHEDULED:
            raise WrongState(_("This webinar has already started."))
    return _announce(webinar)


@transaction.atomic
def start(webinar: Webinar, *, now: datetime, actor_id: uuid.UUID | None = None) -> Webinar:
    """Go live. Before the planned time the content window begins now; after it, it stays where it was planned,
    so that nobody's presence since then is lost. Starting twice changes nothing."""
    waiting = Webinar.objects.filter(pk=webinar.pk, state__in=["draft", "scheduled"]).collected_after(now)
    early = waiting.filter(webinar_start_time__gt=now)
    started = early.update(
        state=Webinar.State.LIVE,
        webinar_start_time=now,
        doors_opened_at=Coalesce("doors_opened_at", now),
        updated_at=now,
    ) or waiting.update(state=Webinar.State.LIVE, updated_at=now)
    if started:
        _record("webinar.started", webinar, actor_id=actor_id, now=now)
    else:
        webinar.refresh_from_db()
        if webinar.state == Webinar.State.ENDED:
            raise WrongState(_("This webinar has already ended."))
        if webinar.state != Webinar.State.LIVE:
            raise planned_times_are_over()
    return _announce(webinar)


def why_not_extended(webinar: Webinar, *, now: datetime) -> object | None:
    """The sentence that says why `extend` would refuse, or None."""
    if webinar.state == Webinar.State.ENDED:
        return _("This webinar has already ended.")
    if not webinar.has_begun(now):
        return _("This webinar has not started yet.")
    if webinar.webinar_scheduled_end_time is None:
        return _("This webinar has no planned end, so there is nothing to extend.")
    closed_at = webinar.collect_window.end
    if closed_at is not None and closed_at <= now:
        return _(
            "Attendance was counted until %(time)s, so this webinar can no longer be extended. "
            "Change its end in the settings."
        ) % {"time": in_words(closed_at, webinar)}
    return None


@transaction.atomic
def extend(
    webinar: Webinar,
    *,
    minutes: int = EXTENSION_MINUTES,
    seen_end: datetime | None = None,
    now: datetime,
    actor_id: uuid.UUID | None = None,
) -> Webinar:
    """Move the planned end by `minutes`, again and again until it lies after `now`: planned to 16:00 and extended at
    16:20, it is 16:30. It starts from the end that the caller saw, so that two clicks at once move it once: the other
    raises EndHasMoved. `seen_end` may differ from the webinar's by less than a second."""
    planned = webinar.webinar_scheduled_end_time
    if problem := why_not_extended(webinar, now=now):
        raise WrongState(problem)
    assert planned is not None
    if seen_end is not None and abs(seen_end - planned) >= timedelta(seconds=1):
        raise EndHasMoved(webinar)
    step = timedelta(minutes=minutes)
    moved_to = planned + step * max(1, (now - planned) // step + 1)
    moved = (
        Webinar.objects.begun(now)
        .collected_after(now)
        .filter(pk=webinar.pk, webinar_scheduled_end_time=planned)
        .update(webinar_scheduled_end_time=moved_to, updated_at=now)
    )
    if not moved:
        webinar.refresh_from_db()
        problem = why_not_extended(webinar, now=now)
        raise WrongState(problem) if problem else EndHasMoved(webinar)
    planned_end = [planned.isoformat(), moved_to.isoformat()]
    _record("webinar.extended", webinar, actor_id=actor_id, now=now, planned_end=planned_end)
    return _announce(webinar)


@transaction.atomic
def end(webinar: Webinar, *, now: datetime, actor_id: uuid.UUID | None = None) -> Webinar:
    """End it, also when nobody pressed start: sets the actual end and tells every open page. Sessions go on until the
    collect window closes; when that is over already, the webinar ended as planned, and an end now would count hours in
    which nobody could be there. Ending twice keeps the first end."""
    begun = Webinar.objects.begun(now).filter(pk=webinar.pk)
    ended = begun.collected_after(now).update(
        state=Webinar.State.ENDED, webinar_actual_end_time=now, updated_at=now
    ) or begun.update(
        state=Webinar.State.ENDED, webinar_actual_end_time=F("webinar_scheduled_end_time"), updated_at=now
    )
    if ended:
        _record("webinar.ended", webinar, actor_id=actor_id, now=now)
    else:
        webinar.refresh_from_db()
        if webinar.state != Webinar.State.ENDED:
            raise WrongState(_("This webinar has not started yet."))
    return _announce(webinar)


def end_overdue(now: datetime) -> int:
    """End what nobody ended: webinars whose collect window is over end when they were planned to. Answers how many.
    A webinar with an unknown end stays open. Safe to run twice at once."""
    with transaction.atomic():
        ended = Webinar.objects.filter(pk__in=sql.end_overdue(now=now))
        audit.record_in_each("webinar.ended", webinars=ended, now=now, details={"by": "schedule"})
        for webinar in ended:
            announce(webinar)
    return len(ended)


def _record(act: str, webinar: Webinar, *, actor_id: uuid.UUID | None, now: datetime, **details: Any) -> None:
    by = {"by": "command"} if actor_id is None else {}
    audit.record(act, webinar=webinar, actor_id=actor_id, now=now, details={**by, **details})


def _announce(webinar: Webinar) -> Webinar:
    webinar.refresh_from_db()
    announce(webinar)
    return webinar


def announce(webinar: Webinar) -> None:
    """Tell every open page how the webinar stands, after the commit."""
    tell_news(webinar.pk, _news_of(webinar), news_of=_news_of)


def _news_of(webinar: Webinar) -> News:
    return EventType.WEBINAR_STATE, room_facts(webinar)
