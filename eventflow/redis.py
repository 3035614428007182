"""The one way to Redis: bounded waits, and a pause after a failure (spec 18).

A frozen Redis answers nothing, so each call to it would cost its time limit. After a failure a process therefore
leaves Redis alone for `REDIS_RETRY_AFTER_SECONDS`, and calls fail at once. Callers must have another way.
"""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar

import redis
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.retry import Retry

R = TypeVar("R")

logger = logging.getLogger(__name__)

RedisUnavailable = (redis.RedisError, OSError)


class _Pause:
    """Whether this process leaves Redis alone, and until when (monotonic seconds)."""

    def __init__(self) -> None:
        self.until = 0.0

    def active(self) -> bool:
        return time.monotonic() < self.until

    def begin(self) -> None:
        self.until = time.monotonic() + settings.REDIS_RETRY_AFTER_SECONDS

    def end(self) -> None:
        self.until = 0.0


pause = _Pause()


@functools.cache
def client() -> redis.Redis:
    """The process's connection pool; thread-safe."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
        max_connections=512,
        # A connection that a restarted server closed is tried once more; a silent server is not.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.exceptions.ConnectionError,)),
    )


def attempt(call: Callable[[], R], *, otherwise: R) -> R:
    """`call()`, or `otherwise` when Redis is away, frozen or being left alone. Never raises for Redis' sake."""
    if pause.active():
        return otherwise
    try:
        return call()
    except RedisUnavailable as error:
        pause.begin()
        logger.warning("Redis is away (%s); left alone for %s s", error, settings.REDIS_RETRY_AFTER_SECONDS)
        return otherwise


class ForgivingRedisCache(RedisCache):
    """Django's Redis cache, which is merely empty when Redis is away."""

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return attempt(lambda: RedisCache.get(self, key, default, version), otherwise=default)

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return attempt(lambda: RedisCache.get_many(self, keys, version), otherwise={})

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return attempt(lambda: RedisCache.has_key(self, key, version), otherwise=False)

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return attempt(lambda: RedisCache.add(self, key, value, timeout, version), otherwise=False)

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        attempt(lambda: RedisCache.set(self, key, value, timeout, version), otherwise=None)

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        return attempt(lambda: RedisCache.set_many(self, data, timeout, version), otherwise=[])

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return attempt(lambda: RedisCache.touch(self, key, timeout, version), otherwise=False)

    def delete(self, key: Any, version: int | None = None) -> bool:
        return attempt(lambda: RedisCache.delete(self, key, version), otherwise=False)

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        attempt(lambda: RedisCache.delete_many(self, keys, version), otherwise=None)
