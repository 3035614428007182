"""What exports need of the database: one moment to read from, a webinar's sessions one by one, and claims."""

import contextlib
import uuid
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from django.db import connection, transaction

from presence.sql.ledger import COUNTED_END, Frame, length, seconds
from webinars.tombstones import PEOPLE_WITHOUT_TOMBSTONES

ROWS_AT_ONCE = 2_000


@contextlib.contextmanager
def one_moment() -> Iterator[None]:
    """Everything read inside is as of one moment, however long it takes. Inside a transaction, as of that one's."""
    if connection.in_atomic_block:
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        yield


# ORM equivalent: UserSession.objects.filter(webinar=…).aggregate(Count("*"), Count("user", distinct=True)), and the
# newest seal. Index: session_of_person, alone. Cost: 20 ms for 100,000 sessions.
SELECT_SIZE = """
SELECT coalesce((SELECT people_count FROM attendance_seals WHERE webinar_id = %(webinar_id)s
                 ORDER BY version DESC LIMIT 1),
                count(DISTINCT user_id))::int,
       count(*)::int
FROM webinar_user_sessions WHERE webinar_id = %(webinar_id)s"""


class Size(NamedTuple):
    people: int
    sessions: int


def size(webinar_id: uuid.UUID) -> Size:
    with connection.cursor() as cursor:
        cursor.execute(SELECT_SIZE, {"webinar_id": webinar_id})
        return Size(*cursor.fetchone())


# ORM equivalent: UserSession.objects.filter(webinar=…).select_related("user").order_by(…).iterator(), with the lengths
# in Python. Index: session_of_person. Cost: 0.5 s for 100,000 sessions, most of it to sort by name.
SELECT_SESSIONS = f"""
SELECT s.user_id, u.display_name, u.email, s.entered_at, s.exited_at, s.closed_reason,
       {seconds("ends - s.entered_at")},
       {seconds("greatest(least(ends, %(until)s) - greatest(s.entered_at, %(start)s), interval '0')")},
       {seconds(length("s.watched_ranges"))},
       s.user_agent
FROM webinar_user_sessions s
CROSS JOIN LATERAL (SELECT {COUNTED_END} AS ends) AS counted
LEFT JOIN {PEOPLE_WITHOUT_TOMBSTONES} AS u ON u.id = s.user_id
WHERE s.webinar_id = %(webinar_id)s AND (%(user_ids)s::uuid[] IS NULL OR s.user_id = ANY(%(user_ids)s::uuid[]))
ORDER BY s.user_id IS NULL, lower(u.display_name), lower(u.email), s.user_id, s.entered_at, s.id"""


class Session(NamedTuple):
    """One page that was opened. Lengths are whole seconds; what an open page's are, the frame's `now` decides. Whoever
    was erased has neither name nor address, and guests no id."""

    user_id: uuid.UUID | None
    display_name: str | None
    email: str | None
    entered_at: datetime
    exited_at: datetime | None
    closed_reason: str | None
    duration_seconds: int
    seconds_in_window: int
    watched_seconds: int
    user_agent: str


def sessions(frame: Frame, user_ids: Sequence[uuid.UUID] | None = None) -> Iterator[Session]:
    """Everybody's and the guests', or these people's; by name, the guests' last. Read as they are wanted."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(SELECT_SESSIONS, frame.params(user_ids))
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from map(Session._make, rows)


# Claims are made one after another, so that no two workers count the same place as free. Held for a millisecond.
ONE_CLAIM_AT_A_TIME = "SELECT pg_advisory_xact_lock(hashtext('exports.claim'))"

# ORM equivalent: Export.objects.filter(…).update(…), and a get. Index: exports_pkey, export_under_way. Of two workers
# the second waits for the first one, finds its export claimed, and gets nothing.
CLAIM = """
UPDATE exports SET state = 'running', claim = %(claim)s, attempts = attempts + 1, heartbeat_at = %(now)s,
                   started_at = coalesce(started_at, %(now)s), rows_done = 0, updated_at = %(now)s
WHERE id = %(id)s AND expires_at > %(now)s AND attempts < %(most_attempts)s
  AND (state = 'queued' OR state = 'running' AND heartbeat_at < %(silent_since)s)
  AND (SELECT count(*) FROM exports AS others
       WHERE others.state = 'running' AND others.heartbeat_at >= %(silent_since)s) < %(most_at_once)s
RETURNING *"""


def lock_claims() -> None:
    """Until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute(ONE_CLAIM_AT_A_TIME)


# The same for the claim's owner. Nothing is changed, and 0 answered, when another has taken over.
PROGRESS = """
UPDATE exports SET heartbeat_at = %(now)s, rows_done = %(rows_done)s,
                   rows_total = CASE WHEN %(rows_total)s::int IS NOT NULL
                                     THEN greatest(%(rows_done)s, %(rows_total)s::int) END,
                   updated_at = %(now)s
WHERE id = %(id)s AND claim = %(claim)s AND state = 'running'"""


class Progress:
    """Writes how far an export is on a connection of its own: the one that reads is inside its transaction.

    Also what keeps the claim. `write` answers whether the claim still holds.
    """

    def __init__(self, export_id: uuid.UUID, claim: uuid.UUID) -> None:
        self.key = {"id": export_id, "claim": claim}
        self.connection = connection.copy()

    def write(self, *, rows_done: int, rows_total: int | None, now: datetime) -> bool:
        params: dict[str, Any] = {**self.key, "rows_done": rows_done, "rows_total": rows_total, "now": now}
        with self.connection.cursor() as cursor:
            cursor.execute(PROGRESS, params)
            return bool(cursor.rowcount)

    def close(self) -> None:
        self.connection.close()
