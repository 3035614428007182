"""Figures that change faster than pages need to know: told at most once a second, the newest of each (spec 8)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass

from webinars.realtime.events import (
    COUNTER_LIFE_SECONDS,
    Control,
    EventType,
    as_json,
    control,
    room_channel,
    room_counter,
    room_gate,
    room_recent,
    room_tally,
)

GAP_MILLISECONDS = 1000


@dataclass(frozen=True)
class Kind:
    """What an event of this kind of figures looks like: `{"type": …, "data": {<field>: {<key>: <value>}}}`."""

    event_type: EventType
    field: str


KINDS: dict[str, Kind] = {"votes": Kind(EventType.QUESTION_UPDATED, "votes")}


def script_keys(webinar_id: uuid.UUID | str, name: str) -> list[str]:
    return [
        room_counter(webinar_id),
        room_recent(webinar_id),
        room_tally(webinar_id, name),
        room_gate(webinar_id, name),
    ]


def flush_arguments(webinar_id: uuid.UUID | str, name: str) -> list[str | int]:
    kind = KINDS[name]
    before = f'{{"type":"{kind.event_type}","data":{{"{kind.field}":{{'
    return [uuid.uuid4().hex, COUNTER_LIFE_SECONDS, room_channel(webinar_id), GAP_MILLISECONDS, before, "}}}"]


def tell_arguments(webinar_id: uuid.UUID | str, name: str, values: Mapping[str, object]) -> list[str | int]:
    told = [part for key, value in values.items() for part in (key, as_json(value))]
    waits = control(Control.TALLY, [name]).removesuffix("]") + ","
    return [*flush_arguments(webinar_id, name), waits, *told]
