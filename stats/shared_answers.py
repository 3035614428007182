"""Answers that many ask for and that take a while to compute: kept for some seconds, and computed by one at a time."""

import time
from collections.abc import Callable
from typing import Any, TypeVar

from django.core.cache import cache

A = TypeVar("A")

# Computing is a tenth of the time at most: what took longer is kept for longer, up to a minute.
KEPT_TIMES, KEPT_AT_MOST = 10, 60
# The last answer is there for those who ask while the next one is computed.
LAST_SECONDS = 60
# Whoever computes is waited for so long by those who have no answer at all, and believed to be gone after.
WAIT_SECONDS, LOCK_SECONDS = 10, 30
LOOK_SECONDS = 0.05


def shared(kind: str, name: str, compute: Callable[[], A], *, seconds: int) -> A:
    """`compute()`, which is not None, or what it answered at most `seconds` ago (longer if it takes long).

    Of several at once one computes; the others get the answer before, and wait where there is none. If the one that
    computes fails, another does.
    """
    key, last_key, lock = (f"stats-{what}:{name}" for what in (kind, f"last-{kind}", f"lock-{kind}"))
    known: A | None = cache.get(key)
    if known is None and not cache.add(lock, 1, LOCK_SECONDS):
        known = cache.get(last_key)
        if known is None:
            known = _awaited(key, lock)
    if known is not None:
        return known
    try:
        known = cache.get(key)  # somebody may have been done just before the lock was free
        if known is not None:
            return known
        began = time.monotonic()
        found = compute()
        kept = max(seconds, min(round(KEPT_TIMES * (time.monotonic() - began)), KEPT_AT_MOST))
        cache.set(last_key, found, kept + LAST_SECONDS)
        cache.set(key, found, kept)
        return found
    finally:
        cache.delete(lock)


def _awaited(key: str, lock: str) -> Any:
    """What another one computes; None when it is this one's turn."""
    until = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
        known = cache.get(key)
        if known is not None or cache.add(lock, 1, LOCK_SECONDS):
            return known
    return None
