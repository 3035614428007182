"""What open pages of a webinar are told, heard on the real Redis."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from eventflow import redis
from webinars.models import Webinar
from webinars.realtime.events import room_channel

LAST = "that was all"


@contextmanager
def heard(webinar: Webinar) -> Iterator[list[dict[str, Any]]]:
    """A list that holds, once the block is left, the events sent during it."""
    channel = room_channel(webinar.pk)
    events: list[dict[str, Any]] = []
    with redis.client().pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(channel)
        subscription.get_message(timeout=5)  # subscribed
        yield events
        redis.client().publish(channel, LAST)
        for message in subscription.listen():
            body = message["data"].decode()
            if body == LAST:
                return
            events.append(json.loads(body.split(" ", 2)[2]))
