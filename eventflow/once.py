"""Something that is done once in a while, whichever of many processes comes first."""

import threading
import time
from collections import OrderedDict

from eventflow import redis

LOCAL_KEYS = 10_000

_local: OrderedDict[str, float] = OrderedDict()  # until when (monotonic seconds)
_lock = threading.Lock()


def claim(key: str, *, seconds: int) -> bool:
    """True for the first who asks for `key`, and False for everybody else until it is `seconds` ago. Of all processes
    together; per process while Redis is away."""
    claimed = redis.attempt(lambda: bool(redis.client().set(_name(key), "1", nx=True, ex=seconds)), otherwise=None)
    return _claim_here(key, seconds) if claimed is None else claimed


def keep(key: str, *, seconds: int) -> None:
    """Whoever has the claim keeps it for so long from now."""
    redis.attempt(lambda: redis.client().set(_name(key), "1", ex=seconds), otherwise=None)
    with _lock:
        if key in _local:
            _local[key] = time.monotonic() + seconds


def release(key: str) -> None:
    """Whoever has the claim did not do it: the next one may."""
    redis.attempt(lambda: redis.client().delete(_name(key)), otherwise=None)
    with _lock:
        _local.pop(key, None)


def _name(key: str) -> str:
    return f"eventflow:once:{key}"


def _claim_here(key: str, seconds: int) -> bool:
    now = time.monotonic()
    with _lock:
        if _local.get(key, now) > now:
            return False
        _local.pop(key, None)
        _local[key] = now + seconds
        while len(_local) > LOCAL_KEYS:
            _local.popitem(last=False)
        return True
