"""Open the doors, start, extend, end: each says what it will do, then calls one service (spec 2)."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from eventflow.api.errors import ApiError
from webinars.admin.base import acting_user
from webinars.admin.tabs import front_url, webinar_tabs
from webinars.local_times import in_words
from webinars.models import Webinar
from webinars.selectors.standing import standing_of
from webinars.services import webinar_life

# How much earlier than planned a start has to be for the planned end to need a word.
FAR_EARLY = timedelta(hours=1)
OVERTAKEN = {
    "draft": _("This webinar has not started yet."),
    "scheduled": _("This webinar has not started yet."),
    "live": _("This webinar has already started."),
    "ended": _("This webinar has already ended."),
}


@dataclass(frozen=True)
class Step:
    """`one_click` steps are taken at once from the live tab; the others ask on a page of their own first."""

    name: str
    title: Any
    question: Any
    consequences: tuple[Any, ...]
    done: Any
    act: Callable[..., Webinar]
    states: tuple[str, ...]
    icon: str
    main: bool = False
    one_click: bool = False

    def makes_sense(self, webinar: Webinar, now: datetime) -> bool:
        return self.senseless(webinar, now) is None

    def senseless(self, webinar: Webinar, now: datetime) -> Any | None:
        """Why the step cannot be taken now, or None."""
        if webinar.state not in self.states:
            return OVERTAKEN[webinar.state]
        if self.name == "open-doors" and (webinar.state == "scheduled" and webinar.collect_window.contains(now)):
            return _("The doors are open already.")
        return None

    def told(self, webinar: Webinar, now: datetime) -> list[Any]:
        """What the step will do to this webinar."""
        end = webinar.webinar_scheduled_end_time
        far_early = self.name == "start" and webinar.webinar_start_time - now > FAR_EARLY
        if not far_early or end is None:
            return list(self.consequences)
        stays = _("The planned end stays at %(time)s. If it ends earlier too, change it in the settings.")
        return [*self.consequences, stays % {"time": in_words(end, webinar)}]

    def take(self, webinar: Webinar, data: QueryDict, *, actor_id: uuid.UUID, now: datetime) -> None:
        self.act(webinar, now=now, actor_id=actor_id)

    def said(self, webinar: Webinar) -> str:
        """What to tell the person when it is done."""
        return str(self.done)


class ExtendStep(Step):
    """Moves the planned end on from the one that the person saw, so that a double click moves it once."""

    def senseless(self, webinar: Webinar, now: datetime) -> Any | None:
        return webinar_life.why_not_extended(webinar, now=now)

    def take(self, webinar: Webinar, data: QueryDict, *, actor_id: uuid.UUID, now: datetime) -> None:
        try:
            seen = parse_datetime(data.get("planned_end", ""))
        except ValueError:
            seen = None
        seen_end = seen if seen is not None and timezone.is_aware(seen) else None
        self.act(webinar, seen_end=seen_end, now=now, actor_id=actor_id)

    def said(self, webinar: Webinar) -> str:
        return str(self.done) % {"end": self._end(webinar)}

    def _end(self, webinar: Webinar) -> str:
        end = webinar.webinar_scheduled_end_time
        return in_words(end, webinar) if end is not None else ""


STEPS: dict[str, Step] = {
    step.name: step
    for step in (
        Step(
            name="open-doors",
            title=_("Open the doors"),
            question=_("Open the doors now?"),
            consequences=(
                _("People can enter and wait in the room from now on."),
                _("A draft becomes public."),
                _("Who is present is counted; the webinar has not started yet."),
            ),
            done=_("The doors are open."),
            act=webinar_life.open_doors,
            states=("draft", "scheduled"),
            icon="door_open",
        ),
        Step(
            name="start",
            title=_("Start"),
            question=_("Start the webinar now?"),
            consequences=(
                _("Every open page is told that the webinar is live."),
                _("Before the planned start, the start moves to now; attendance counts from then."),
            ),
            done=_("The webinar is live."),
            act=webinar_life.start,
            states=("draft", "scheduled"),
            icon="play_arrow",
            main=True,
        ),
        ExtendStep(
            name="extend",
            title=_("Extend 15 minutes"),
            question=_("Extend the webinar by 15 minutes?"),
            consequences=(
                _("The planned end moves by 15 minutes, as often as it takes to lie ahead. Open pages follow."),
                _("You can change it back in the settings."),
            ),
            done=_("The planned end is now %(end)s."),
            act=webinar_life.extend,
            states=("scheduled", "live"),
            icon="more_time",
            one_click=True,
        ),
        Step(
            name="end",
            title=_("End"),
            question=_("End the webinar now?"),
            consequences=(
                _("Every open page is told that the webinar has ended."),
                _("Attendance counts up to this moment. It cannot be started again."),
            ),
            done=_("The webinar has ended."),
            act=webinar_life.end,
            states=("live",),
            icon="stop",
            main=True,
        ),
    )
}


def steps_for(request: HttpRequest, webinar: Webinar, now: datetime) -> list[dict[str, Any]]:
    """The steps that make sense in this state, for those who may run the webinar."""
    if not standing_of(request).may("run", agency_id=webinar.agency_id, client_id=webinar.client_id):
        return []
    return [
        {
            "step": step,
            "url": reverse(f"admin:webinars_webinar_{step.name}", args=[webinar.pk]),
            "told": step.told(webinar, now),
        }
        for step in STEPS.values()
        if step.makes_sense(webinar, now)
    ]


def step_view(step: Step) -> Callable[..., HttpResponse]:
    def view(request: HttpRequest, model_admin: Any, object_id: uuid.UUID) -> HttpResponse:
        webinar = standing_of(request).webinars("run").select_related("client").filter(pk=object_id).first()
        if webinar is None:
            raise Http404
        now = timezone.now()
        if problem := step.senseless(webinar, now):
            messages.error(request, str(problem))
            return redirect(front_url(webinar))
        if request.method == "POST":
            try:
                step.take(webinar, request.POST, actor_id=acting_user(request).pk, now=now)
            except webinar_life.EndHasMoved as moved:
                messages.info(request, str(moved.message))
            except ApiError as error:
                messages.error(request, str(error.message))
            else:
                messages.success(request, step.said(webinar))
            return redirect(front_url(webinar))
        context = {
            **model_admin.admin_site.each_context(request),
            "opts": model_admin.opts,
            "title": webinar.title,
            "webinar": webinar,
            "webinar_tabs": webinar_tabs(request, webinar, current=""),
            "step": step,
            "told": step.told(webinar, now),
            "back_url": front_url(webinar),
        }
        return TemplateResponse(request, "admin/webinars/step.html", context)

    return view
