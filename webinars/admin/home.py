"""The console's home: is everything all right? Live now, next, recently ended, and the state of the machinery.

Later apps bring the numbers: `figures` by webinar, and `facts` about what runs in the background.
"""

import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse

from webinars.admin.tabs import front_url
from webinars.models import Webinar
from webinars.selectors.standing import Standing, standing_of

LIVE_SHOWN = 20
NEXT_SHOWN = 5
ENDED_SHOWN = 5


@dataclass(frozen=True)
class Fact:
    """One line of health: what is looked at, whether it is all right, how it stands, and where something can be done
    about it."""

    name: Any
    ok: bool
    state: Any
    url: str | None = None


Figures = Mapping[uuid.UUID, Mapping[str, Any]]
figures: list[Callable[[Sequence[Webinar], datetime], Figures]] = []
facts: list[Callable[[Standing, datetime], list[Fact]]] = []


def home_context(request: HttpRequest, *, now: datetime) -> dict[str, Any]:
    standing = standing_of(request)
    theirs = standing.webinars("see_statistics").select_related("client")
    live = list(theirs.filter(state=Webinar.State.LIVE).order_by("webinar_start_time")[:LIVE_SHOWN])
    coming = list(theirs.filter(state__in=["draft", "scheduled"]).order_by("webinar_start_time")[:NEXT_SHOWN])
    ended = list(theirs.filter(state=Webinar.State.ENDED).order_by("-webinar_start_time")[:ENDED_SHOWN])
    known: dict[uuid.UUID, dict[str, Any]] = {}
    for of_app in figures:
        for key, values in of_app([*live, *ended], now).items():
            known.setdefault(key, {}).update(values)
    health = [fact for of_app in facts for fact in of_app(standing, now)]
    return {
        "live": [card(webinar, known) for webinar in live],
        "coming": [card(webinar, known) for webinar in coming],
        "ended": [card(webinar, known) for webinar in ended],
        "health": health,
        "all_right": all(fact.ok for fact in health),
        "now": now,
        "add_url": reverse("admin:webinars_webinar_add") if standing.may_anywhere("run") else None,
    }


def card(webinar: Webinar, known: Figures) -> dict[str, Any]:
    return {"webinar": webinar, "url": front_url(webinar), **known.get(webinar.pk, {})}
