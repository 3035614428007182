"""Posting to the chat (spec 9): stored first, then told."""

import math
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from eventflow import rate_limit
from eventflow.api.errors import ApiError, NotFound, WebinarClosed
from webinars.blocked_words import has_blocked
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast
from webinars.selectors.messages import message_data
from webinars.services.live_pass import LivePass
from webinars.sql import chat as sql


class MayNotWrite(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "read_only", _("You can read this chat, but not write in it."))


class Banned(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "banned", _("You cannot take part in this webinar any more."))


class Muted(ApiError):
    def __init__(self, until: datetime, *, now: datetime) -> None:
        left = {"n": math.ceil((until - now) / timedelta(minutes=1))}
        sentence = ngettext_lazy(
            "A host has muted you. You can write again in %(n)d minute.",
            "A host has muted you. You can write again in %(n)d minutes.",
            "n",
        )
        super().__init__(403, "muted", sentence % left, extra={"until": until})


class ChatDisabled(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "chat_disabled", _("The chat of this webinar is switched off."))


class BlockedWord(ApiError):
    def __init__(self) -> None:
        super().__init__(400, "blocked_word", _("This message has a word that is not welcome here. It was not sent."))


class TooFast(ApiError):
    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            429,
            "rate_limited",
            _("You are writing faster than the chat allows. Please wait a moment."),
            retry_after=wait_seconds,
        )


def post_message(*, live_pass: LivePass, body: str, client_id: str, now: datetime) -> tuple[dict[str, Any], bool]:
    """Store a message and broadcast it after the commit. Answers its data and whether it is new: the same
    `client_id` always means the same message, however often and however simultaneously it is sent. Two statements; a
    third when the same message comes twice at once."""
    user_id = live_pass.user_id
    if user_id is None or (live_pass.admin_mode and not live_pass.may("run")):
        raise MayNotWrite
    who: dict[str, Any] = {
        "webinar_id": live_pass.webinar_id,
        "user_id": user_id,
        "client_message_id": client_id,
        "is_manager": live_pass.admin_mode,
        "now": now,
    }
    gate = sql.chat_gate(**who)
    if gate is None:
        raise NotFound
    if gate.stored is not None:
        return message_data(**gate.stored), False
    _refuse(gate.standing, now=now)
    if not gate.is_host and has_blocked(body, gate.blocked_words):
        raise BlockedWord
    _count(live_pass, client_id, slow_seconds=0 if gate.is_host else gate.slow_seconds)
    message = {**who, "body": body, "author_name": live_pass.name}
    try:
        posted = sql.post_message(**message)
    except IntegrityError:  # the same message, at the same time
        posted = _post_again(message)
    if posted is None:
        raise NotFound
    if posted.message is None:  # changed since the gate
        _refuse(posted.standing, now=now)
        raise NotFound
    data = message_data(**posted.message)
    if posted.is_new:
        broadcast(live_pass.webinar_id, EventType.MESSAGE_CREATED, {"message": data})
    return data, posted.is_new


def _post_again(message: dict[str, Any]) -> sql.Posted | None:
    try:
        return sql.post_message(**message)
    except IntegrityError:  # not that: the webinar or the person was deleted at this instant
        return None


def _refuse(standing: sql.Standing, *, now: datetime) -> None:
    if standing.banned:
        raise Banned
    if not standing.may_write:
        raise MayNotWrite
    if not standing.is_open:
        raise WebinarClosed
    if not standing.chat_enabled:
        raise ChatDisabled
    if standing.muted_until is not None:
        raise Muted(standing.muted_until, now=now)


def _count(live_pass: LivePass, client_id: str, *, slow_seconds: int) -> None:
    """One more message of this person's allowance; the same message once only. Slow mode takes the place of the usual
    limit."""
    wait = rate_limit.wait_seconds(
        f"chat:{live_pass.webinar_id}:{live_pass.user_id}",
        limit=1 if slow_seconds else settings.CHAT_RATE_MESSAGES,
        seconds=slow_seconds or settings.CHAT_RATE_SECONDS,
        what=client_id,
    )
    if wait:
        raise TooFast(wait)
