"""Posting to the chat (spec 9): stored first, then told."""

from datetime import datetime

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from eventflow import rate_limit
from eventflow.api.errors import ApiError, NotFound, WebinarClosed
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast
from webinars.selectors.messages import is_stored, message_data
from webinars.services.live_pass import LivePass
from webinars.sql import chat as sql


class MayNotWrite(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "read_only", _("You can read this chat, but not write in it."))


class ChatDisabled(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "chat_disabled", _("The chat of this webinar is switched off."))


class TooFast(ApiError):
    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            429,
            "rate_limited",
            _("You are writing faster than the chat allows. Please wait a moment."),
            retry_after=wait_seconds,
        )


def post_message(*, live_pass: LivePass, body: str, client_id: str, now: datetime) -> tuple[dict[str, object], bool]:
    """Store a message and broadcast it after the commit. Answers its data and whether it is new: the same
    `client_id` always means the same message, however often and however simultaneously it is sent."""
    may_post = live_pass.user_id is not None and (not live_pass.admin_mode or live_pass.may("run"))
    if not may_post or live_pass.user_id is None:
        raise MayNotWrite
    wait = rate_limit.wait_seconds(
        f"chat:{live_pass.webinar_id}:{live_pass.user_id}",
        limit=settings.CHAT_RATE_MESSAGES,
        seconds=settings.CHAT_RATE_SECONDS,
    )
    if wait and not is_stored(live_pass.webinar_id, user_id=live_pass.user_id, client_message_id=client_id):
        raise TooFast(wait)
    is_host = live_pass.role != "attendee"
    try:
        posted = _store(live_pass, body, client_id, is_host, now)
    except IntegrityError:  # the same message, at the same time
        posted = _store_again(live_pass, body, client_id, is_host, now)
    if posted is None:
        raise NotFound
    if posted.seq is None:
        _refuse(posted)
    data = message_data(
        id=posted.id,
        seq=posted.seq,
        body=posted.body,
        user_id=live_pass.user_id,
        author_name=live_pass.name,
        is_host=is_host,
        created_at=posted.created_at,
        client_message_id=client_id,
        deleted_at=None,
    )
    if posted.is_new:
        broadcast(live_pass.webinar_id, EventType.MESSAGE_CREATED, {"message": data})
    return data, posted.is_new


def _store_again(live_pass: LivePass, body: str, client_id: str, is_host: bool, now: datetime) -> sql.Posted | None:
    try:
        return _store(live_pass, body, client_id, is_host, now)
    except IntegrityError:  # not that: the webinar or the person was deleted at this instant
        return None


def _store(live_pass: LivePass, body: str, client_id: str, is_host: bool, now: datetime) -> sql.Posted | None:
    assert live_pass.user_id is not None
    return sql.post_message(
        webinar_id=live_pass.webinar_id,
        user_id=live_pass.user_id,
        client_message_id=client_id,
        body=body,
        author_name=live_pass.name,
        is_host=is_host,
        is_manager=live_pass.admin_mode,
        now=now,
    )


def _refuse(posted: sql.Posted) -> None:
    if not posted.may_write:
        raise MayNotWrite
    if not posted.is_open:
        raise WebinarClosed
    raise ChatDisabled
