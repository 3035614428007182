"""So many of something in so many seconds (spec 9, 18)."""

import math
import threading
import time
import uuid
from collections import OrderedDict

from eventflow import redis

LOCAL_KEYS = 10_000

# A set of what was let through and when, so that no edge of a window lets twice as many pass. Answers how many
# milliseconds to wait, 0 when this one is let through, or was before.
SLIDE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[1] - ARGV[2])
if redis.call('ZSCORE', KEYS[1], ARGV[4]) then
  return 0
end
local over = redis.call('ZCARD', KEYS[1]) - ARGV[3]
if over < 0 then
  redis.call('ZADD', KEYS[1], ARGV[1], ARGV[4])
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
  return 0
end
local last_to_go = redis.call('ZRANGE', KEYS[1], over, over, 'WITHSCORES')
return last_to_go[2] + ARGV[2] - ARGV[1]
"""

_local: OrderedDict[str, dict[str, int]] = OrderedDict()
_lock = threading.Lock()


def wait_seconds(key: str, *, limit: int, seconds: int, what: str | None = None) -> int:
    """0 when one more for `key` is within `limit` in any `seconds`, and it is counted; otherwise the whole seconds to
    wait. The same `what` again within that time is let through and not counted. Counted in Redis for all processes
    together; per process while Redis is away.
    """
    now, window = int(time.time() * 1000), seconds * 1000
    counted = what or uuid.uuid4().hex
    wait = redis.attempt(lambda: _wait_shared(key, limit, window, now, counted), otherwise=None)
    return math.ceil((_wait_here(key, limit, window, now, counted) if wait is None else wait) / 1000)


def _wait_shared(key: str, limit: int, window: int, now: int, what: str) -> int:
    script = redis.client().register_script(SLIDE)
    return int(script(keys=[f"eventflow:rate:{key}"], args=[now, window, limit, what]))


def _wait_here(key: str, limit: int, window: int, now: int, what: str) -> int:
    with _lock:
        moments = _local.pop(key, {})
        moments = _local[key] = {one: at for one, at in moments.items() if at > now - window}
        while len(_local) > LOCAL_KEYS:
            _local.popitem(last=False)
        if what in moments:
            return 0
        if len(moments) < limit:
            moments[what] = now
            return 0
        return sorted(moments.values())[len(moments) - limit] + window - now
