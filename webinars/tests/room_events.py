"""What open pages of a webinar are told, heard on the real Redis."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from webinars.models import Webinar
from webinars.realtime.events import CONTROL, room_channel
from webinars.realtime.shards import room_server

LAST = "that was all"
# What `webinar.state` tells of a room whose switches nobody turned.
SWITCHES = {"chatEnabled": True, "slowSeconds": 0, "questionsEnabled": True, "questionsModerated": True}


@contextmanager
def heard(webinar: Webinar) -> Iterator[list[dict[str, Any]]]:
    """A list that holds, once the block is left, the events sent during it."""
    events: list[dict[str, Any]] = []
    with all_heard(webinar) as messages:
        yield events
    events += [json.loads(body) for epoch, _, body in messages if epoch != CONTROL]


@contextmanager
def controls_heard(webinar: Webinar) -> Iterator[list[tuple[str, Any]]]:
    """The same for what processes tell each other: (kind, content), such as ("tell", {"person", "event"})."""
    controls: list[tuple[str, Any]] = []
    with all_heard(webinar) as messages:
        yield controls
    controls += [(kind, json.loads(content)) for epoch, kind, content in messages if epoch == CONTROL]


@contextmanager
def all_heard(webinar: Webinar) -> Iterator[list[list[str]]]:
    """The three parts of each message."""
    client, channel = room_server(webinar.pk).client, room_channel(webinar.pk)
    messages: list[list[str]] = []
    with client.pubsub(ignore_subscribe_messages=True) as subscription:
        subscription.subscribe(channel)
        subscription.get_message(timeout=5)  # subscribed
        yield messages
        client.publish(channel, LAST)
        for message in subscription.listen():
            body = message["data"].decode()
            if body == LAST:
                return
            messages.append(body.split(" ", 2))
