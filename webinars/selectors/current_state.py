"""The room's state for many at once: pages that lost their sockets together ask for it when they are back (spec 8)."""

import uuid
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from webinars.models import Webinar
from webinars.realtime.events import room_counter
from webinars.realtime.shards import room_server
from webinars.selectors.room import room_state

REMEMBERED_FOR = timedelta(seconds=1)
REMEMBERED_ROOMS = 1_000

Mark = tuple[bytes | None, bytes | None]


@dataclass(frozen=True)
class Remembered:
    mark: Mark
    at: datetime
    state: dict[str, Any]


_remembered: dict[uuid.UUID, Remembered] = {}


def current_state(webinar_id: uuid.UUID, *, now: datetime) -> dict[str, Any] | None:
    """`room_state`, or None when the webinar is gone. Without a query when this process has answered within the last
    second and the room has told nothing since: what changes is told after its commit, so it has another mark, and
    a page that was answered a moment too early hears the event on its socket. While Redis is away nothing is
    remembered.
    """
    mark = _mark(webinar_id)
    known = _remembered.get(webinar_id)
    if known is not None and known.mark == mark and abs(now - known.at) < REMEMBERED_FOR:
        return {**known.state, "serverTime": now}
    webinar = Webinar.objects.filter(pk=webinar_id).first()
    if webinar is None:
        return None
    state = room_state(webinar, now=now)
    if mark[0] is not None:
        if len(_remembered) >= REMEMBERED_ROOMS:
            _remembered.clear()
        _remembered[webinar_id] = Remembered(mark, now, state)
    return state


def _mark(webinar_id: uuid.UUID) -> Mark:
    """Changes with every event of the room. (None, …) when it is not known."""

    def read(client: Any) -> Mark:
        epoch, seq = client.hmget(room_counter(webinar_id), ["epoch", "seq"])
        return epoch, seq

    unknown: Mark = (None, None)
    return room_server(webinar_id).attempt(read, otherwise=unknown)
