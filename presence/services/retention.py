"""What this app keeps no longer (spec 5, Retention): presence of webinars that are over, and raw sessions of webinars
whose attendance stands elsewhere."""

import uuid
from collections.abc import Iterable
from datetime import datetime

from eventflow.batches import until_done
from presence.sql import retention as sql

BATCH = 5_000  # below 100 ms of locks


def prune_presence(*, now: datetime) -> int:
    """Delete the presence rows of webinars that ended `PRESENCE_RETENTION_DAYS` ago; answers how many."""
    return until_done(BATCH, lambda: sql.delete_presence(now=now, batch=BATCH))


def prune_sessions(*, webinar_ids: Iterable[uuid.UUID], now: datetime) -> int:
    """Delete the raw sessions of those of these webinars whose collect window was over `SESSION_RETENTION_DAYS` ago;
    answers how many. The caller vouches that their attendance is sealed: this app does not know of seals."""
    return sum(_prune_sessions_of(webinar_id, now) for webinar_id in webinar_ids)


def _prune_sessions_of(webinar_id: uuid.UUID, now: datetime) -> int:
    return until_done(BATCH, lambda: sql.delete_sessions(webinar_id=webinar_id, now=now, batch=BATCH))
