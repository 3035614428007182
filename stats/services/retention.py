"""What is kept no longer, of all apps (spec 5, Retention): one night's pruning."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from eventflow.batches import until_done
from presence.services.retention import prune_presence, prune_sessions
from presence.sql import retention as presence_sql
from stats.models import AttendanceSeal
from stats.services.exports import count_expired_exports, prune_exports
from stats.services.snapshots import COUNTED_AFTER
from stats.sql import retention as sql

BATCH = 5_000  # below 100 ms of locks


class Part(NamedTuple):
    """`count` says how many rows are due at a moment; `prune` deletes them, in batches, and says how many."""

    count: Callable[[datetime], int]
    prune: Callable[[datetime], int]


def prune(*, now: datetime) -> dict[str, int]:
    """Delete what is kept no longer; answers how many rows of each part. May run twice at once."""
    return {name: part.prune(now) for name, part in parts.items()}


def due(*, now: datetime) -> dict[str, int]:
    """How many rows `prune` would delete now."""
    return {name: part.count(now) for name, part in parts.items()}


def sealed_with_old_sessions(*, now: datetime) -> list[uuid.UUID]:
    """Webinars whose raw sessions are due: old enough, and sealed. Without a seal the sessions are all there is."""
    old = presence_sql.webinars_with_old_sessions(now=now)
    sealed = set(AttendanceSeal.objects.filter(webinar__in=old).values_list("webinar_id", flat=True))
    return [webinar_id for webinar_id in old if webinar_id in sealed]


def count_sealed_sessions(now: datetime) -> int:
    webinar_ids = sealed_with_old_sessions(now=now)
    return sum(presence_sql.count_sessions(webinar_id=webinar_id, now=now) for webinar_id in webinar_ids)


def prune_sealed_sessions(now: datetime) -> int:
    """How many people there were is kept first: the access statistics count them from the sessions until then."""
    webinar_ids = sealed_with_old_sessions(now=now)
    sql.keep_counts(webinar_ids=webinar_ids, now=now, after=COUNTED_AFTER)
    return prune_sessions(webinar_ids=webinar_ids, now=now)


def prune_access_logs(now: datetime) -> int:
    """Days that were gathered from the buckets go with them, uncounted: they say the same once more."""
    deleted = until_done(BATCH, lambda: sql.delete_logs(now=now, batch=BATCH))
    until_done(BATCH, lambda: sql.delete_days(now=now, batch=BATCH))
    return deleted


# Whoever keeps something for a time only adds a part.
parts: dict[str, Part] = {
    "presence": Part(lambda now: presence_sql.count_presence(now=now), lambda now: prune_presence(now=now)),
    "sessions": Part(count_sealed_sessions, prune_sealed_sessions),
    "access_logs": Part(lambda now: sql.count_logs(now=now), prune_access_logs),
    "exports": Part(count_expired_exports, prune_exports),
}
