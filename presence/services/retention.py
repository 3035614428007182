"""What this app keeps no longer (spec 5, Retention): presence of webinars that are over, and raw sessions of webinars
whose attendance stands elsewhere."""

import uuid
from datetime import datetime

from eventflow.batches import until_done
from presence.sql import retention as sql

BATCH = 5_000  # below 100 ms of locks


def prune_presence(*, now: datetime) -> int:
    """Delete the presence rows of webinars that ended `PRESENCE_RETENTION_DAYS` ago; answers how many."""
    return until_done(BATCH, lambda: sql.delete_presence(now=now, batch=BATCH))


def prune_sessions(*, webinar_id: uuid.UUID) -> int:
    """Delete the raw sessions of a webinar, apart from open ones; answers how many. The caller vouches that its
    attendance is sealed and that they were kept long enough, and has written down that they go: this app does not
    know of seals."""
    return until_done(BATCH, lambda: sql.delete_sessions(webinar_id=webinar_id, batch=BATCH))
