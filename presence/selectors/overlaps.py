"""Which pages of a person were open at the same time, and for how long: the evidence of a duplicate login (spec 5)."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.conf import settings
from django.db import connection

from presence.models import UserSession
from presence.sql.overlaps import SELECT_OVERLAPS


class Overlap(NamedTuple):
    """The other session, and the time in which both were open. While both still are, `is_open`, and `ended` is now."""

    id: UUID
    entered_at: datetime
    user_agent: str
    ip_address: str | None
    began: datetime
    ended: datetime
    is_open: bool

    @property
    def length(self) -> timedelta:
        return self.ended - self.began


def overlaps_of(sessions: Sequence[UserSession], *, now: datetime) -> dict[UUID, list[Overlap]]:
    """By the id of a session, of those that have any; all sessions are of one webinar. One query; none for guests."""
    people = {session.user_id for session in sessions if session.user_id is not None}
    if not people:
        return {}
    params: dict[str, Any] = {
        "webinar_id": sessions[0].webinar_id,
        "user_ids": list(people),
        "ids": [session.pk for session in sessions],
        "now": now,
        "stale": timedelta(seconds=settings.SESSION_STALE_SECONDS),
    }
    found: dict[UUID, list[Overlap]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(SELECT_OVERLAPS, params)
        for session_id, *overlap in cursor.fetchall():
            found[session_id].append(Overlap(*overlap))
    return dict(found)
