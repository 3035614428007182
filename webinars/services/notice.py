"""The notice: one line at the top of every page (spec 11), a host's own words or a message that was pinned."""

import uuid
from datetime import datetime
from typing import Any

from django.db import transaction

from eventflow.api.errors import NotFound
from webinars.models import ChatRoom, Message, Webinar
from webinars.realtime.events import EventType
from webinars.selectors.room import notice_data
from webinars.services import audit
from webinars.services.hosting import Host, Lead, host_of, lock_person, locked_webinar
from webinars.services.live_pass import LivePass
from webinars.services.room_news import News, tell_news

NO_NOTICE: dict[str, Any] = {"notice": "", "notice_author": "", "notice_message_id": None, "notice_set_at": None}
CLEARED: News = (EventType.NOTICE_CLEARED, {})


def set_notice(*, live_pass: LivePass, text: str, now: datetime) -> dict[str, Any]:
    host = host_of(live_pass, Lead.MODERATE, now=now)
    with transaction.atomic():
        lock_person(host.user_id)
        return _set(host, text=text, author=host.person.name, message_id=None, now=now)


def pin_message(*, live_pass: LivePass, message_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """Under the room's lock, so that no message is pinned while it is being deleted."""
    host = host_of(live_pass, Lead.MODERATE, now=now)
    with transaction.atomic():
        ChatRoom.objects.select_for_update(no_key=True).filter(webinar=host.webinar).first()
        message = Message.objects.filter(webinar=host.webinar, pk=message_id, deleted_at__isnull=True).first()
        if message is None:
            raise NotFound
        return _set(host, text=message.body, author=message.author_name, message_id=message.pk, now=now)


def clear_notice(*, live_pass: LivePass, now: datetime) -> None:
    host = host_of(live_pass, Lead.MODERATE, now=now)
    with transaction.atomic():
        _clear(host, now=now)


def unpin(host: Host, message: Message, *, now: datetime) -> None:
    """Within the transaction that takes the message away."""
    _clear(host, now=now, notice_message_id=message.pk)


def _set(host: Host, *, text: str, author: str, message_id: uuid.UUID | None, now: datetime) -> dict[str, Any]:
    webinar = locked_webinar(host)
    line = " ".join(text.split())
    if (webinar.notice, webinar.notice_author, webinar.notice_message_id) != (line, author, message_id):
        webinar.notice, webinar.notice_author = line, author
        webinar.notice_message_id, webinar.notice_set_at = message_id, now
        webinar.save(update_fields=[*NO_NOTICE])
        details = {"message_id": str(message_id)} if message_id is not None else {}
        audit.record("notice.set", webinar=webinar, actor_id=host.user_id, now=now, details=details)
        tell_notice(webinar)
    return notice_data(webinar) or {}


def _clear(host: Host, *, now: datetime, **only: Any) -> None:
    """Claimed by the update itself: of two that clear it at once, one tells."""
    if Webinar.objects.filter(pk=host.webinar.pk, **only).exclude(notice="").update(**NO_NOTICE):
        audit.record("notice.cleared", webinar=host.webinar, actor_id=host.user_id, now=now)
        tell_no_notice(host.webinar.pk)


def tell_notice(webinar: Webinar) -> None:
    tell_news(webinar.pk, _news_of(webinar), news_of=_news_of)


def tell_no_notice(webinar_id: uuid.UUID) -> None:
    tell_news(webinar_id, CLEARED, news_of=_news_of)


def _news_of(webinar: Webinar) -> News:
    notice = notice_data(webinar)
    return CLEARED if notice is None else (EventType.NOTICE_SET, notice)
