"""Events to every open page of a webinar, after the commit (spec 8)."""

import json
import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import transaction

from eventflow import redis
from webinars.realtime.events import COUNTER_LIFE_SECONDS, EventType, room_channel, room_counter

# Number and publication in one step, so that the order on the channel is the order of the numbers.
# A lost counter (Redis restarted empty) begins a new epoch, which tells pages to catch up.
PUBLISH = """
local epoch = redis.call('HGET', KEYS[1], 'epoch')
if not epoch then
  epoch = ARGV[1]
  redis.call('HSET', KEYS[1], 'epoch', epoch)
end
local seq = redis.call('HINCRBY', KEYS[1], 'seq', 1)
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', ARGV[3], epoch .. ' ' .. seq .. ' ' .. ARGV[4])
return seq
"""


def broadcast(webinar_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> None:
    """Tell every open page, once the current transaction is committed. Redis being away loses the event only:
    what it tells of is stored already, and pages fetch it by polling."""
    transaction.on_commit(lambda: publish(webinar_id, event_type, data))


def publish(webinar_id: uuid.UUID, event_type: EventType, data: dict[str, Any]) -> int | None:
    """Number and send one event now. Answers its `seq`, or None when Redis is away."""
    body = json.dumps(
        {"type": event_type.value, "data": data}, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")
    )
    script = redis.client().register_script(PUBLISH)
    seq: int | None = redis.attempt(
        lambda: script(
            keys=[room_counter(webinar_id)],
            args=[uuid.uuid4().hex, COUNTER_LIFE_SECONDS, room_channel(webinar_id), body],
        ),
        otherwise=None,
    )
    return seq
