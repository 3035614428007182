"""So many of something in so many seconds (spec 9, 18)."""

import threading
import time
from collections import OrderedDict

from eventflow import redis

LOCAL_KEYS = 10_000

_local: OrderedDict[str, int] = OrderedDict()
_lock = threading.Lock()


def allow(key: str, *, limit: int, seconds: int) -> bool:
    """Count one more for `key` and say whether that is within `limit` per window of `seconds`.

    Counted in Redis for all processes together; per process while Redis is away.
    """
    window = f"eventflow:rate:{key}:{int(time.time()) // seconds}"
    count = redis.attempt(lambda: _count_shared(window, seconds), otherwise=None)
    return (count if count is not None else _count_here(window)) <= limit


def _count_shared(window: str, seconds: int) -> int:
    with redis.client().pipeline(transaction=False) as pipeline:
        pipeline.incr(window)
        pipeline.expire(window, seconds)
        count: int = pipeline.execute()[0]
    return count


def _count_here(window: str) -> int:
    with _lock:
        count = _local[window] = _local.pop(window, 0) + 1
        while len(_local) > LOCAL_KEYS:
            _local.popitem(last=False)
    return count
