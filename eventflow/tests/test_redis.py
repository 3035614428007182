"""Redis being away costs nobody more than its time limit (spec 18)."""

import socket
import time

import pytest
import time_machine
from django.core.cache import caches

from eventflow import rate_limit, redis
from eventflow.redis import EmptyWhenAway, LocalWhenAway


@pytest.fixture
def silent_redis(settings):
    """Something that accepts connections and never answers."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        yield lambda cache: cache(address, {"OPTIONS": {"socket_timeout": 0.1, "retry": None}})


def test_a_silent_redis_leaves_each_process_its_own_memory(silent_redis):
    cache = silent_redis(LocalWhenAway)
    cache.substitute.clear()

    assert cache.add("key", 1) is True
    assert cache.add("key", 2) is False
    assert cache.incr("key") == 2
    assert cache.get("key") == 2
    assert cache.delete("key") is True
    assert cache.get("key", "default") == "default"


def test_a_silent_redis_is_an_empty_cache_for_sessions(silent_redis):
    silent_redis = silent_redis(EmptyWhenAway)
    silent_redis.set("key", 1)
    redis.pause.end()
    assert silent_redis.get("key", "default") == "default"
    redis.pause.end()
    assert silent_redis.get_many(["key"]) == {}
    redis.pause.end()
    assert silent_redis.has_key("key") is False
    redis.pause.end()
    assert silent_redis.add("key", 1) is True
    redis.pause.end()
    assert silent_redis.set("key", 1) is None
    redis.pause.end()
    assert silent_redis.set_many({"key": 1}) == []
    redis.pause.end()
    assert silent_redis.touch("key") is False
    redis.pause.end()
    assert silent_redis.delete("key") is False
    redis.pause.end()
    assert silent_redis.delete_many(["key"]) is None


def test_after_a_failure_redis_is_left_alone_for_a_while(silent_redis):
    calls = []

    def call():
        calls.append(1)
        raise ConnectionError

    assert redis.attempt(call, otherwise="other") == "other"
    assert redis.attempt(call, otherwise="other") == "other"
    redis.pause.until = time.monotonic()
    assert redis.attempt(call, otherwise="other") == "other"

    assert len(calls) == 2


def test_other_errors_are_not_swallowed():
    with pytest.raises(ZeroDivisionError):
        redis.attempt(lambda: 1 / 0, otherwise=None)


def test_the_cache_works_when_redis_does():
    cache = caches["default"]

    cache.set("key", {"a": [1, 2]}, 10)

    assert cache.get("key") == {"a": [1, 2]}
    assert cache.add("key", "other") is False
    assert cache.delete("key") is True
    assert cache.get("key") is None


@pytest.mark.parametrize("away", [False, True])
def test_rate_limits_count_with_and_without_redis(away, settings):
    settings.REDIS_RETRY_AFTER_SECONDS = 3600
    if away:
        redis.pause.begin()

    with time_machine.travel("2026-03-02T05:00:00Z", tick=False) as clock:
        waits = [rate_limit.wait_seconds(f"who-{away}", limit=2, seconds=5) for _ in range(3)]
        other = rate_limit.wait_seconds(f"else-{away}", limit=2, seconds=5)
        clock.shift(4)
        waits.append(rate_limit.wait_seconds(f"who-{away}", limit=2, seconds=5))
        clock.shift(1)
        waits += [rate_limit.wait_seconds(f"who-{away}", limit=2, seconds=5) for _ in range(3)]

    assert (waits, other) == ([0, 0, 5, 1, 0, 0, 5], 0)


def test_the_local_count_forgets_the_oldest(settings):
    settings.REDIS_RETRY_AFTER_SECONDS = 3600
    redis.pause.begin()

    for number in range(rate_limit.LOCAL_KEYS + 10):
        rate_limit.wait_seconds(f"person-{number}", limit=1, seconds=5)

    assert len(rate_limit._local) == rate_limit.LOCAL_KEYS
