"""The one way to Redis: bounded waits, and a pause after a failure (spec 18).

A frozen Redis answers nothing, so each call to it would cost its time limit. After a failure a process therefore
leaves Redis alone for `REDIS_RETRY_AFTER_SECONDS`, and calls fail at once. Callers must have another way.
"""

import functools
import logging
import time
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit

import redis
from django.conf import settings
from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.dummy import DummyCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache
from redis.backoff import NoBackoff
from redis.retry import Retry

R = TypeVar("R")

logger = logging.getLogger(__name__)

RedisUnavailable = (redis.RedisError, OSError)


class Pause:
    """Whether this process leaves a server alone, and until when (monotonic seconds)."""

    def __init__(self) -> None:
        self.until = 0.0

    def active(self) -> bool:
        return time.monotonic() < self.until

    def begin(self) -> None:
        self.until = time.monotonic() + settings.REDIS_RETRY_AFTER_SECONDS

    def end(self) -> None:
        self.until = 0.0


pause = Pause()


@functools.cache
def client() -> redis.Redis:
    """The process's connection pool for REDIS_URL; thread-safe."""
    return _pool(settings.REDIS_URL)


def _pool(url: str) -> redis.Redis:
    return redis.Redis.from_url(
        url,
        socket_timeout=settings.REDIS_TIMEOUT_SECONDS,
        socket_connect_timeout=settings.REDIS_TIMEOUT_SECONDS,
        max_connections=512,
        # A connection that a restarted server closed is tried once more; a silent server is not.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.exceptions.ConnectionError,)),
    )


def attempt(call: Callable[[], R], *, otherwise: R) -> R:
    """`call()`, or `otherwise` when Redis is away, frozen or being left alone. Never raises for Redis' sake."""
    return attempt_or(call, lambda: otherwise)


def attempt_or(call: Callable[[], R], otherwise: Callable[[], R]) -> R:
    return _attempt(pause, call, otherwise)


def _attempt(pause: Pause, call: Callable[[], R], otherwise: Callable[[], R]) -> R:
    if pause.active():
        return otherwise()
    try:
        return call()
    except RedisUnavailable as error:
        pause.begin()
        logger.warning("Redis is away (%s); left alone for %s s", error, settings.REDIS_RETRY_AFTER_SECONDS)
        return otherwise()


def answers() -> bool:
    """Whether Redis is there now, for what must not be done without it."""
    return attempt(lambda: bool(client().ping()), otherwise=False)


class Server:
    """One of several Redis servers, with a pause of its own: that one is away says nothing of the others."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._is_main = url == settings.REDIS_URL
        self.pause = pause if self._is_main else Pause()
        self._own = None if self._is_main else _pool(url)

    @property
    def place(self) -> str:
        """Its address without its password, to be shown and compared."""
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}{parts.path}"

    @property
    def client(self) -> redis.Redis:
        return self._own or client()

    def attempt(self, call: Callable[[redis.Redis], R], *, otherwise: R) -> R:
        """`call(client)`, or `otherwise` as `attempt` does."""
        return _attempt(self.pause, lambda: call(self.client), lambda: otherwise)


@functools.cache
def server(url: str) -> Server:
    return Server(url)


class SubstitutedRedisCache(RedisCache):
    """Django's Redis cache, with another cache in its place while Redis is away."""

    substitute: BaseCache

    def get(self, key: Any, default: Any = None, version: int | None = None) -> Any:
        return attempt_or(
            lambda: RedisCache.get(self, key, default, version), lambda: self.substitute.get(key, default, version)
        )

    def get_many(self, keys: Any, version: int | None = None) -> dict[Any, Any]:
        return attempt_or(
            lambda: RedisCache.get_many(self, keys, version), lambda: self.substitute.get_many(keys, version)
        )

    def has_key(self, key: Any, version: int | None = None) -> bool:
        return attempt_or(
            lambda: RedisCache.has_key(self, key, version), lambda: self.substitute.has_key(key, version)
        )

    def add(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return attempt_or(
            lambda: RedisCache.add(self, key, value, timeout, version),
            lambda: self.substitute.add(key, value, timeout, version),
        )

    def set(self, key: Any, value: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        attempt_or(
            lambda: RedisCache.set(self, key, value, timeout, version),
            lambda: self.substitute.set(key, value, timeout, version),
        )

    def set_many(self, data: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> list[Any]:
        return attempt_or(
            lambda: RedisCache.set_many(self, data, timeout, version),
            lambda: self.substitute.set_many(data, timeout, version),
        )

    def touch(self, key: Any, timeout: Any = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        return attempt_or(
            lambda: RedisCache.touch(self, key, timeout, version),
            lambda: self.substitute.touch(key, timeout, version),
        )

    def incr(self, key: Any, delta: int = 1, version: int | None = None) -> int:
        return attempt_or(
            lambda: RedisCache.incr(self, key, delta, version), lambda: self.substitute.incr(key, delta, version)
        )

    def delete(self, key: Any, version: int | None = None) -> bool:
        return attempt_or(lambda: RedisCache.delete(self, key, version), lambda: self.substitute.delete(key, version))

    def delete_many(self, keys: Any, version: int | None = None) -> None:
        attempt_or(
            lambda: RedisCache.delete_many(self, keys, version), lambda: self.substitute.delete_many(keys, version)
        )


class LocalWhenAway(SubstitutedRedisCache):
    """Counted and remembered per process while Redis is away: figures, and the limits of sign-in."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.substitute = LocMemCache("while-redis-is-away", {})


class EmptyWhenAway(SubstitutedRedisCache):
    """For sessions, whose truth is in the database: a process's own copy could outlive a sign-out elsewhere."""

    def __init__(self, server: Any, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self.substitute = DummyCache("", {})
