"""The room as a page finds it: on loading, after a break, and while its socket is down."""

import uuid
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse

from eventflow.socket_origin import socket_origin
from webinars.models import Webinar, page_intervals
from webinars.realtime.events import room_counter
from webinars.realtime.shards import room_server
from webinars.selectors.access import Access, Person
from webinars.selectors.leading import powers_of
from webinars.selectors.messages import MessagesPage

# What later apps know about a room, by the name under which `state` shows it; each gets the webinar's id.
state_parts: dict[str, Callable[[uuid.UUID], Any]] = {}


def room_facts(webinar: Webinar) -> dict[str, Any]:
    """What everybody in the room follows while it changes: state, times and switches. The event `webinar.state`
    carries these, so nothing that only hosts may know belongs here."""
    return {
        "state": webinar.state,
        "startTime": webinar.webinar_start_time,
        "endTime": webinar.content_window.end,
        "actualEndTime": webinar.webinar_actual_end_time,
        "chatEnabled": webinar.chat_enabled,
        "slowSeconds": webinar.chat_slow_seconds,
        "questionsEnabled": webinar.questions_enabled,
        "questionsModerated": webinar.questions_moderated,
    }


def room_switches(webinar: Webinar) -> dict[str, Any]:
    """What moderators see and turn while the room runs; the words are for nobody else."""
    return {
        "chatEnabled": webinar.chat_enabled,
        "slowSeconds": webinar.chat_slow_seconds,
        "blockedWords": webinar.blocked_words,
        "questionsEnabled": webinar.questions_enabled,
        "questionsModerated": webinar.questions_moderated,
    }


def notice_data(webinar: Webinar) -> dict[str, Any] | None:
    """The line at the top of the page (spec 11); `messageId` names the message that was pinned, if it was one."""
    if not webinar.notice:
        return None
    return {
        "text": webinar.notice,
        "author": webinar.notice_author,
        "messageId": webinar.notice_message_id,
        "setAt": webinar.notice_set_at,
    }


def room_state(webinar: Webinar, *, now: datetime) -> dict[str, Any]:
    """What does not come as messages: the room's facts, the notice, and what other apps add."""
    epoch, seq = _counter(webinar.pk)
    return {
        **room_facts(webinar),
        "title": webinar.title,
        "notice": notice_data(webinar),
        "epoch": epoch,
        "seq": seq,
        "serverTime": now,
        **{name: part(webinar.pk) for name, part in state_parts.items()},
    }


def _counter(webinar_id: uuid.UUID) -> tuple[str | None, int | None]:
    """Where the socket's count stands; unknown while Redis is away."""
    nothing: list[Any] = [None, None]
    epoch, seq = room_server(webinar_id).attempt(
        lambda client: list[Any](client.hmget(room_counter(webinar_id), ["epoch", "seq"])), otherwise=nothing
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
    messages: MessagesPage,
    now: datetime,
) -> dict[str, Any]:
    """Everything the live page's scripts need, for `json_script`. `messages` are those that it shows at first."""
    api = {"w": webinar.pk}  # the slug may change while the page is open
    page = {"w": webinar.slug}
    powers = powers_of(person=person, access=access)
    muted = person.muted_until is not None and person.muted_until > now and not access.admin_mode
    return {
        "webinarId": webinar.pk,
        "slug": webinar.slug,
        "title": webinar.title,
        "facts": room_facts(webinar),
        "notice": notice_data(webinar),
        "language": webinar.language,
        "role": access.role,
        "adminMode": access.admin_mode,
        "me": {"id": person.user_id or person.guest_id, "name": person.name or None},
        "may": asdict(powers),
        "mutedUntil": person.muted_until if muted else None,
        "token": token,
        "tokenExpiresAt": token_expires_at,
        "serverTime": now,
        "pageSince": int(now.timestamp() * 1000),
        "lastSeq": messages.last_seq,
        "lastChangedSeq": messages.last_changed_seq,
        "hasEarlier": messages.has_earlier,
        "urls": {
            "token": reverse("webinars-api:token", kwargs=api),
            "messages": reverse("webinars-api:messages", kwargs=api),
            "message": f"{reverse('webinars-api:messages', kwargs=api)}/__id__",
            "members": f"/api/webinars/{webinar.pk}/members",
            "silenced": reverse("webinars-api:silenced", kwargs=api),
            "room": reverse("webinars-api:room", kwargs=api),
            "notice": reverse("webinars-api:notice", kwargs=api),
            "questions": f"/api/webinars/{webinar.pk}/questions",
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
