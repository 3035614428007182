"""What open pages of a webinar are told, after the commit (spec 8). Redis being away loses the event only: what it
tells of is stored already, and pages fetch it by polling."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from webinars.realtime.events import (
    COUNTER_LIFE_SECONDS,
    Control,
    EventType,
    as_json,
    control,
    room_banned,
    room_channel,
    room_counter,
)
from webinars.realtime.scripts import PUBLISH, TELL
from webinars.realtime.shards import room_server
from webinars.realtime.tallies import script_keys, tell_arguments


def broadcast(webinar_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> None:
    """Tell every open page, once the current transaction is committed."""
    transaction.on_commit(lambda: publish(webinar_id, event_type, data))


def publish(webinar_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> int | None:
    """Number and send one event now. Answers its `seq`, or None when Redis is away."""
    keys = [room_counter(webinar_id)]
    body = as_json({"type": event_type.value, "data": data})
    arguments: list[str | int] = [uuid.uuid4().hex, COUNTER_LIFE_SECONDS, room_channel(webinar_id), body]
    seq: int | None = room_server(webinar_id).attempt(
        lambda client: client.register_script(PUBLISH)(keys=keys, args=arguments), otherwise=None
    )
    return seq


def tell_person(webinar_id: uuid.UUID, user_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> None:
    """Tell one person's open pages of this webinar, after the commit. The event has no number, and nothing heals its
    loss: it may only hasten what the page would learn anyway."""
    told = {"person": str(user_id), "event": {"type": event_type.value, "data": data}}
    transaction.on_commit(lambda: _say(webinar_id, control(Control.TELL, told)))


def _say(webinar_id: uuid.UUID, message: str) -> None:
    room_server(webinar_id).attempt(lambda client: client.publish(room_channel(webinar_id), message), otherwise=0)


def shut_out(webinar_id: uuid.UUID, user_id: uuid.UUID, *, now: datetime | None = None) -> None:
    """After the commit: close the person's sockets, and open none until their last pass is over, since they get no
    other. When Redis is away at that moment, a pass lives out its life."""
    until = int((now or timezone.now()).timestamp()) + settings.LIVE_PASS_LIFE_SECONDS
    message = control(Control.SHUT_OUT, {"person": str(user_id), "until": until})

    def remember_and_say(client: Any) -> None:
        with client.pipeline(transaction=True) as pipeline:
            pipeline.hset(room_banned(webinar_id), str(user_id), until)
            pipeline.expire(room_banned(webinar_id), settings.LIVE_PASS_LIFE_SECONDS)
            pipeline.publish(room_channel(webinar_id), message)
            pipeline.execute()

    transaction.on_commit(lambda: room_server(webinar_id).attempt(remember_and_say, otherwise=None))


def let_in_again(webinar_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """After the commit: a pass, also one from before, opens sockets again."""
    message = control(Control.LET_IN, {"person": str(user_id)})

    def forget_and_say(client: Any) -> None:
        with client.pipeline(transaction=True) as pipeline:
            pipeline.hdel(room_banned(webinar_id), str(user_id))
            pipeline.publish(room_channel(webinar_id), message)
            pipeline.execute()

    transaction.on_commit(lambda: room_server(webinar_id).attempt(forget_and_say, otherwise=None))


def tell_votes(webinar_id: uuid.UUID, votes: Mapping[uuid.UUID, int]) -> None:
    """After the commit: how many votes these questions have now. At most one event a second for a webinar."""
    tell_tally(webinar_id, "votes", {str(question_id): count for question_id, count in votes.items()})


def tell_tally(webinar_id: uuid.UUID, name: str, values: Mapping[str, object]) -> None:
    """After the commit: the newest values of figures of that kind (`tallies.KINDS`). The first is told at once, what
    follows within a second is told together."""
    keys, arguments = script_keys(webinar_id, name), tell_arguments(webinar_id, name, values)
    transaction.on_commit(
        lambda: room_server(webinar_id).attempt(
            lambda client: client.register_script(TELL)(keys=keys, args=arguments), otherwise=None
        )
    )
