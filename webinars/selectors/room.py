"""The room as a page finds it: on loading, after a break, and while its socket is down."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from eventflow import redis
from eventflow.socket_origin import socket_origin
from webinars.models import Webinar, page_intervals
from webinars.realtime.events import room_counter
from webinars.selectors.access import Access, Person

# What later apps know about a room, by the name under which `state` shows it; each gets the webinar's id.
state_parts: dict[str, Callable[[uuid.UUID], Any]] = {}


def room_state(webinar: Webinar, *, now: datetime) -> dict[str, Any]:
    """What does not come as messages: the webinar's state and times, the notice, and what other apps add."""
    epoch, seq = _counter(webinar.pk)
    return {
        "state": webinar.state,
        "title": webinar.title,
        "startTime": webinar.webinar_start_time,
        "endTime": webinar.content_window.end,
        "notice": None,
        "epoch": epoch,
        "seq": seq,
        "serverTime": now,
        **{name: part(webinar.pk) for name, part in state_parts.items()},
    }


def _counter(webinar_id: uuid.UUID) -> tuple[str | None, int | None]:
    """Where the socket's count stands; unknown while Redis is away."""
    nothing: list[Any] = [None, None]
    epoch, seq = redis.attempt(
        lambda: list[Any](redis.client().hmget(room_counter(webinar_id), ["epoch", "seq"])), otherwise=nothing
    )
    return (epoch.decode() if epoch else None, int(seq) if seq else None)


def socket_url(webinar: Webinar, *, host: str, secure: bool) -> str:
    """Where the page finds the socket (spec 8)."""
    return f"{socket_origin(host=host, secure=secure)}/ws/webinars/{webinar.pk}/"


def live_config(
    *,
    webinar: Webinar,
    person: Person,
    access: Access,
    token: str,
    token_expires_at: datetime,
    socket_url: str,
    now: datetime,
) -> dict[str, Any]:
    """Everything the live page's scripts need, for `json_script`."""
    api = {"w": webinar.pk}  # the slug may change while the page is open
    page = {"w": webinar.slug}
    can_write = (
        webinar.chat_enabled and person.user_id is not None and (not access.admin_mode or "run" in access.verbs)
    )
    return {
        "webinarId": webinar.pk,
        "slug": webinar.slug,
        "title": webinar.title,
        "state": webinar.state,
        "startTime": webinar.webinar_start_time,
        "endTime": webinar.content_window.end,
        "language": webinar.language,
        "role": access.role,
        "adminMode": access.admin_mode,
        "me": {"id": person.user_id or person.guest_id, "name": person.name or None},
        "canWrite": can_write,
        "token": token,
        "tokenExpiresAt": token_expires_at,
        "serverTime": now,
        "urls": {
            "token": reverse("webinars-api:token", kwargs=api),
            "messages": reverse("webinars-api:messages", kwargs=api),
            "state": reverse("webinars-api:state", kwargs=api),
            "track": f"/api/webinars/{webinar.pk}/access/track",
            "ping": f"/api/webinars/{webinar.pk}/presence/ping",
            "exit": f"/api/webinars/{webinar.pk}/access/exit",
            "landing": reverse("webinars:landing", kwargs=page),
            "ended": reverse("webinars:ended", kwargs=page),
            "socket": socket_url,
        },
        "intervals": page_intervals(webinar.interval_overrides),
        "maxMessageLength": settings.CHAT_MESSAGE_MAX_LENGTH,
        "player": {"kind": webinar.player, "url": webinar.player_url},
    }
