"""What open pages of a webinar are told, after the commit (spec 8). Redis being away loses the event only: what it
tells of is stored already, and pages fetch it by polling."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from functools import partial
from typing import Any

import redis
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from webinars.realtime.events import (
    COUNTER_LIFE_SECONDS,
    Control,
    EventType,
    Removal,
    as_json,
    control,
    room_banned,
    room_channel,
    room_counter,
    room_recent,
)
from webinars.realtime.scripts import PUBLISH, TELL
from webinars.realtime.shards import room_server
from webinars.realtime.tallies import script_keys, tell_arguments

# How many people one call to Redis shuts out.
AT_ONCE = 500

# An event that did not reach Redis has no number, so no page sees a hole. The next event from here begins a new epoch,
# and every page catches up.
_rooms_that_missed_one: set[uuid.UUID] = set()


def broadcast(webinar_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> None:
    """Tell every open page, once the current transaction is committed."""
    transaction.on_commit(lambda: publish(webinar_id, event_type, data))


def publish(webinar_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> int | None:
    """Number and send one event now. Answers its `seq`, or None when Redis is away."""
    keys = [room_counter(webinar_id), room_recent(webinar_id)]
    body = as_json({"type": event_type.value, "data": data})
    anew = int(webinar_id in _rooms_that_missed_one)
    arguments: list[str | int] = [uuid.uuid4().hex, COUNTER_LIFE_SECONDS, room_channel(webinar_id), body, anew]
    seq: int | None = room_server(webinar_id).attempt(
        lambda client: client.register_script(PUBLISH)(keys=keys, args=arguments), otherwise=None
    )
    if seq is None:
        _rooms_that_missed_one.add(webinar_id)
    elif anew:
        _rooms_that_missed_one.discard(webinar_id)
    return seq


def tell_person(webinar_id: uuid.UUID, user_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> None:
    """Tell one person's open pages of this webinar, after the commit. The event has no number, and nothing heals its
    loss: it may only hasten what the page would learn anyway."""
    transaction.on_commit(lambda: send_to_person(webinar_id, user_id, event_type, data))


def send_to_person(webinar_id: uuid.UUID, user_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> None:
    told = {"person": str(user_id), "event": {"type": event_type.value, "data": data}}
    message = control(Control.TELL, told)
    room_server(webinar_id).attempt(lambda client: client.publish(room_channel(webinar_id), message), otherwise=0)


def shut_out(webinar_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """Close the person's sockets, after the commit, and open none until their last pass is over, since they get no
    other. When Redis is away at that moment, a pass lives out its life."""
    transaction.on_commit(lambda: close_door(webinar_id, user_id, now=timezone.now()))


def close_door(webinar_id: uuid.UUID, user_id: uuid.UUID, *, now: datetime) -> None:
    until = int(now.timestamp()) + settings.LIVE_PASS_LIFE_SECONDS
    message = control(Control.SHUT_OUT, {"person": str(user_id), "until": until})

    def remember_and_say(client: redis.Redis) -> None:
        with client.pipeline(transaction=True) as pipeline:
            pipeline.hset(room_banned(webinar_id), str(user_id), str(until))
            pipeline.expire(room_banned(webinar_id), settings.LIVE_PASS_LIFE_SECONDS)
            pipeline.publish(room_channel(webinar_id), message)
            pipeline.execute()

    room_server(webinar_id).attempt(remember_and_say, otherwise=None)


def shut_out_all(webinar_id: uuid.UUID, user_ids: Collection[uuid.UUID]) -> None:
    """The same for people who are not banned: their places are gone, for as long as nobody gives them back."""
    if user_ids:
        transaction.on_commit(lambda: close_doors(webinar_id, user_ids, now=timezone.now()))


def close_doors(webinar_id: uuid.UUID, user_ids: Collection[uuid.UUID], *, now: datetime) -> None:
    until = int(now.timestamp()) + settings.LIVE_PASS_LIFE_SECONDS
    everybody = [str(user_id) for user_id in user_ids]

    def remember_and_say(client: redis.Redis, people: list[str]) -> None:
        with client.pipeline(transaction=True) as pipeline:
            pipeline.hset(room_banned(webinar_id), mapping=dict.fromkeys(people, str(until)))
            pipeline.expire(room_banned(webinar_id), settings.LIVE_PASS_LIFE_SECONDS)
            for person in people:
                told = {"person": person, "until": until, "removal": Removal.NOT_REGISTERED}
                message = control(Control.SHUT_OUT, told)
                pipeline.publish(room_channel(webinar_id), message)
            pipeline.execute()

    for start in range(0, len(everybody), AT_ONCE):
        people = everybody[start : start + AT_ONCE]
        room_server(webinar_id).attempt(partial(remember_and_say, people=people), otherwise=None)


def turn_out(webinar_ids: Iterable[uuid.UUID], user_id: uuid.UUID) -> None:
    """Close the person's sockets in these webinars, after the commit, since what they may do there has changed. Their
    pages say so; loaded anew, they are what the person may be now."""
    for webinar_id in webinar_ids:
        transaction.on_commit(partial(close_pages, webinar_id, user_id))


def close_pages(webinar_id: uuid.UUID, user_id: uuid.UUID) -> None:
    told = {"person": str(user_id), "until": 0, "removal": Removal.ACCESS_CHANGED}
    message = control(Control.SHUT_OUT, told)
    room_server(webinar_id).attempt(lambda client: client.publish(room_channel(webinar_id), message), otherwise=0)


def shut_out_people(webinar_id: uuid.UUID) -> list[uuid.UUID]:
    """Who was shut out of late. Nobody, while Redis is away."""
    known = room_server(webinar_id).attempt(
        lambda client: list(client.hkeys(room_banned(webinar_id))), otherwise=list[Any]()
    )
    return [uuid.UUID(key.decode()) for key in known]


def let_in_again(webinar_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """A pass opens sockets again, after the commit; also one from before."""
    transaction.on_commit(lambda: open_door(webinar_id, user_id))


def open_door(webinar_id: uuid.UUID, user_id: uuid.UUID) -> None:
    open_doors(webinar_id, [user_id])


def let_in_all(webinar_id: uuid.UUID, user_ids: Collection[uuid.UUID]) -> None:
    """The same for many people, in a few calls to Redis."""
    if user_ids:
        transaction.on_commit(lambda: open_doors(webinar_id, user_ids))


def open_doors(webinar_id: uuid.UUID, user_ids: Collection[uuid.UUID]) -> None:
    everybody = [str(user_id) for user_id in user_ids]

    def forget_and_say(client: redis.Redis, people: list[str]) -> None:
        with client.pipeline(transaction=True) as pipeline:
            pipeline.hdel(room_banned(webinar_id), *people)
            for person in people:
                pipeline.publish(room_channel(webinar_id), control(Control.LET_IN, {"person": person}))
            pipeline.execute()

    for start in range(0, len(everybody), AT_ONCE):
        people = everybody[start : start + AT_ONCE]
        room_server(webinar_id).attempt(partial(forget_and_say, people=people), otherwise=None)


def let_in_if_shut_out(webinar_id: uuid.UUID, user_id: uuid.UUID) -> None:
    """The same at once, and only where it is needed: somebody who was removed comes back by a way that is open."""

    def forget(client: redis.Redis) -> bool:
        return bool(client.hdel(room_banned(webinar_id), str(user_id)))

    if room_server(webinar_id).attempt(forget, otherwise=False):
        open_door(webinar_id, user_id)


def tell_votes(webinar_id: uuid.UUID, votes: Mapping[uuid.UUID, int]) -> None:
    """How many votes these questions have now, after the commit. At most one event a second for a webinar."""
    values = {str(question_id): count for question_id, count in votes.items()}
    transaction.on_commit(lambda: tally(webinar_id, "votes", values))


def tally(webinar_id: uuid.UUID, name: str, values: Mapping[str, object]) -> None:
    """The newest values of figures of that kind (`tallies.KINDS`). The first is told at once, what follows within a
    second is told together when the second is over."""
    keys, arguments = script_keys(webinar_id, name), tell_arguments(webinar_id, name, values)
    room_server(webinar_id).attempt(
        lambda client: client.register_script(TELL)(keys=keys, args=arguments), otherwise=None
    )
