"""What is kept no longer, of all apps (spec 5, Retention): one night's pruning."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from eventflow.batches import until_done
from presence.services.retention import prune_presence, prune_sessions
from presence.sql import retention as presence_sql
from stats.services.exports import count_expired_exports, prune_exports
from stats.services.snapshots import COUNTED_AFTER
from stats.sql import retention as sql
from stats.sql.sealing import lock_unless_sealing
from webinars.services import retention as people

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


def count_sealed_sessions(now: datetime) -> int:
    webinar_ids = sql.webinars_with_old_sessions(now=now)
    return sum(presence_sql.count_sessions(webinar_id=webinar_id) for webinar_id in webinar_ids)


def prune_sealed_sessions(now: datetime) -> int:
    """That they go is committed first, with how many people there were: whatever becomes of this run, nobody takes
    what is left for all there was. A webinar that is being sealed at this moment waits for the next run."""
    return sum(
        prune_sessions(webinar_id=webinar_id)
        for webinar_id in sql.webinars_with_old_sessions(now=now)
        if _written_down(webinar_id, now=now)
    )


@transaction.atomic
def _written_down(webinar_id: uuid.UUID, *, now: datetime) -> bool:
    return lock_unless_sealing(webinar_id) and sql.record_pruning(webinar_id=webinar_id, now=now, after=COUNTED_AFTER)


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
    **{name: Part(count, prune) for name, (count, prune) in people.PARTS.items()},
}
