"""Keeping order in a room (spec 9): delete, mute, ban, and take each of these back.

Every act is one transaction with its entry in the audit log, told after the commit, and changes nothing when it is
repeated. Locks are taken in the order person, registration, room, webinar, as posting and erasing do.
"""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from eventflow.api.errors import ApiError, NotFound
from webinars.models import ChatRoom, Message, Registration
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast, let_in_again, shut_out, tell_person
from webinars.selectors.access import webinar_and_person
from webinars.selectors.messages import message_of
from webinars.selectors.silenced import silenced_people
from webinars.services import audit
from webinars.services.hosting import Host, Lead, host_of, lock_person, may_lead
from webinars.services.live_pass import LivePass
from webinars.services.notice import unpin

LONGEST_MUTE_MINUTES = 24 * 60
# Two clicks, or a request that was sent again, mean one mute.
SAME_MUTE = timedelta(seconds=10)


class IsHost(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "is_host", _("Hosts can be silenced by members of the organizing team only."))


class IsMember(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "is_member", _("Members of the organizing team cannot be silenced in a room."))


class Yourself(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "yourself", _("You cannot do this to yourself."))


class NobodyHere(ApiError):
    def __init__(self) -> None:
        super().__init__(404, "not_found", _("This person is not registered for this webinar."))


def delete_message(*, live_pass: LivePass, message_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """Take its text away from every page. A pinned one stops being the notice."""
    return _change_message(live_pass, message_id, now, _delete)


def restore_message(*, live_pass: LivePass, message_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """Put a deleted message back in its place."""
    return _change_message(live_pass, message_id, now, _restore)


def _change_message(
    live_pass: LivePass,
    message_id: uuid.UUID,
    now: datetime,
    change: Callable[[Host, ChatRoom, Message, datetime], None],
) -> dict[str, Any]:
    host = host_of(live_pass, Lead.ANSWER, now=now)
    with transaction.atomic():
        lock_person(host.user_id)
        room = ChatRoom.objects.select_for_update(no_key=True).filter(webinar=host.webinar).first()
        message = Message.objects.filter(webinar=host.webinar, pk=message_id).first()
        if room is None or message is None:
            raise NotFound
        change(host, room, message, now)
    return message_of(message)


def _delete(host: Host, room: ChatRoom, message: Message, now: datetime) -> None:
    _may_touch(host, message, own=message.user_id == host.user_id)
    if message.deleted_at is not None:
        return
    message.deleted_at, message.deleted_by_id = now, host.user_id
    _number(room, message, now)
    unpin(host, message, now=now)
    _record(host, "message.deleted", now, message)
    data = {"id": message.pk, "seq": message.seq, "changedSeq": message.changed_seq}
    broadcast(message.webinar_id, EventType.MESSAGE_DELETED, data)


def _restore(host: Host, room: ChatRoom, message: Message, now: datetime) -> None:
    me = host.user_id
    _may_touch(host, message, own=message.user_id == me and message.deleted_by_id in (me, None))
    if message.deleted_at is None:
        return
    message.deleted_at = message.deleted_by = None
    _number(room, message, now)
    _record(host, "message.restored", now, message)
    broadcast(message.webinar_id, EventType.MESSAGE_CREATED, {"message": message_of(message)})


def _may_touch(host: Host, message: Message, *, own: bool) -> None:
    """Hosts may take back what they wrote themselves; moderators keep order among attendees, members among all."""
    if own:
        return
    if not may_lead(Lead.MODERATE, role=host.access.role, verbs=frozenset(host.access.verbs)):
        raise exceptions.PermissionDenied()
    if message.is_host and not host.outranks_hosts:
        raise IsHost


def _number(room: ChatRoom, message: Message, now: datetime) -> None:
    room.last_changed_seq += 1
    room.save(update_fields=["last_changed_seq"])
    message.changed_seq, message.updated_at = room.last_changed_seq, now
    message.save(update_fields=["deleted_at", "deleted_by", "changed_seq", "updated_at"])


def _record(host: Host, action: str, now: datetime, message: Message) -> None:
    audit.record(
        action,
        webinar=host.webinar,
        actor_id=host.user_id,
        now=now,
        subject_type="message",
        subject_id=message.pk,
        details={"seq": message.seq, "user_id": str(message.user_id)},
    )


def mute(*, live_pass: LivePass, user_id: uuid.UUID, minutes: int, now: datetime) -> datetime:
    """Let them read on and write again after so many minutes from now; answers when. The last word counts, also when
    it is a shorter time."""
    host = host_of(live_pass, Lead.MODERATE, now=now)
    with transaction.atomic():
        registration = _whom_to_silence(host, user_id)
        until, before = now + timedelta(minutes=minutes), registration.muted_until
        if before is not None and timedelta(0) <= until - before < SAME_MUTE:
            return before
        registration.muted_until = until
        _save(host, registration, "member.muted", now, {"minutes": minutes, "until": until.isoformat()})
        tell_person(host.webinar.pk, user_id, EventType.MEMBER_MUTED, {"until": until})
    return until


def unmute(*, live_pass: LivePass, user_id: uuid.UUID, now: datetime) -> None:
    host = host_of(live_pass, Lead.MODERATE, now=now)
    with transaction.atomic():
        registration = _registration_of(host, user_id)
        if registration.muted_until is None or registration.muted_until <= now:
            return
        registration.muted_until = None
        _save(host, registration, "member.unmuted", now)
        tell_person(host.webinar.pk, user_id, EventType.MEMBER_MUTED, {"until": None})


def ban(*, live_pass: LivePass, user_id: uuid.UUID, now: datetime) -> datetime:
    """Out of the room, and not in again: sockets close, and nothing is accepted from a pass that is still valid.
    Answers since when."""
    host = host_of(live_pass, Lead.MODERATE, now=now)
    with transaction.atomic():
        registration = _whom_to_silence(host, user_id)
        if registration.banned_at is not None:
            return registration.banned_at
        registration.banned_at = now
        _save(host, registration, "member.banned", now)
        shut_out(host.webinar.pk, user_id)
    return now


def unban(*, live_pass: LivePass, user_id: uuid.UUID, now: datetime) -> None:
    host = host_of(live_pass, Lead.MODERATE, now=now)
    with transaction.atomic():
        registration = _registration_of(host, user_id)
        if registration.banned_at is None:
            return
        registration.banned_at = None
        _save(host, registration, "member.unbanned", now)
        let_in_again(host.webinar.pk, user_id)


def silenced(*, live_pass: LivePass, now: datetime) -> list[dict[str, Any]]:
    """Who is muted or banned, for who may take it back."""
    return silenced_people(host_of(live_pass, Lead.MODERATE, now=now).webinar, now=now)


def _whom_to_silence(host: Host, user_id: uuid.UUID) -> Registration:
    """The registration of whom it is done to, locked."""
    if user_id == host.user_id:
        raise Yourself
    found = webinar_and_person(str(host.webinar.pk), user_id=user_id)
    if found is None:
        raise NotFound
    if found[1].is_manager and found[1].is_active:
        raise IsMember
    return _registration_of(host, user_id)


def _registration_of(host: Host, user_id: uuid.UUID) -> Registration:
    """The registration of whom it is taken back from, locked: also of somebody who became a member since."""
    if user_id == host.user_id:
        raise Yourself
    registrations = Registration.objects.select_for_update(no_key=True)
    registration = registrations.filter(webinar=host.webinar, user_id=user_id).first()
    if registration is None:
        raise NobodyHere
    if registration.role != Registration.RoomRole.ATTENDEE and not host.outranks_hosts:
        raise IsHost
    return registration


def _save(
    host: Host, registration: Registration, action: str, now: datetime, details: dict[str, Any] | None = None
) -> None:
    registration.updated_at = now
    registration.save(update_fields=["muted_until", "banned_at", "updated_at"])
    audit.record(
        action,
        webinar=host.webinar,
        actor_id=host.user_id,
        now=now,
        subject_type="person",
        subject_id=registration.user_id,
        details=details,
    )
