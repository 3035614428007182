"""So many of something in so many seconds (spec 9, 18)."""

import math
import threading
import time
import uuid
from collections import OrderedDict, deque

from eventflow import redis

LOCAL_KEYS = 10_000

# A set of the moments that were let through, so that no edge of a window lets twice as many pass. Answers how many
# milliseconds to wait, 0 when this one is let through.
SLIDE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[2])
if redis.call('ZCARD', KEYS[1]) < tonumber(ARGV[3]) then
  redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 0
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return oldest[2] + ARGV[2] - ARGV[1]
"""

_local: OrderedDict[str, deque[int]] = OrderedDict()
_lock = threading.Lock()


def wait_seconds(key: str, *, limit: int, seconds: int) -> int:
    """0 when one more for `key` is within `limit` in any `seconds`, and it is counted; otherwise the whole seconds to
    wait. Counted in Redis for all processes together; per process while Redis is away.
    """
    now, window = int(time.time() * 1000), seconds * 1000
    wait = redis.attempt(lambda: _wait_shared(key, limit, window, now), otherwise=None)
    return math.ceil((_wait_here(key, limit, window, now) if wait is None else wait) / 1000)


def _wait_shared(key: str, limit: int, window: int, now: int) -> int:
    script = redis.client().register_script(SLIDE)
    return int(script(keys=[f"eventflow:rate:{key}"], args=[now, window, limit, uuid.uuid4().hex]))


def _wait_here(key: str, limit: int, window: int, now: int) -> int:
    with _lock:
        moments = _local[key] = _local.pop(key, deque())
        while len(_local) > LOCAL_KEYS:
            _local.popitem(last=False)
        while moments and moments[0] <= now - window:
            moments.popleft()
        if len(moments) < limit:
            moments.append(now)
            return 0
        return moments[0] + window - now
