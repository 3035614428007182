"""What a seal says beside what the ledger says now (spec 7, Sealing). For transactions that keep times in UTC."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from django.conf import settings
from django.db import connection

from presence.sql.ledger import Frame
from stats.sql.retention import OLDEST_KEPT
from stats.sql.sealing import IDENTITY, NOW, SEALED_COLUMNS, TIMES_IN_UTC, without_nested_loops
from webinars.tombstones import IS_TOMBSTONE

# Rows whose name, address or person is not what was sealed: the hash covers their digest in their place.
# Index: sealed_attendance_pkey. Cost: one scan of the seal's rows.
MISNAMED = f"""
SELECT row, user_id, display_name, email FROM sealed_attendance
WHERE seal_id = %(seal_id)s AND (
    user_id IS NOT NULL AND identity_digest IS DISTINCT FROM
        {IDENTITY.format(salt="identity_salt", user_id="user_id", email="email", name="display_name")}
    OR user_id IS NULL AND (display_name, email, identity_salt) IS DISTINCT FROM ('', '', ''))
ORDER BY row LIMIT %(listed)s"""

SEALED = ", ".join(f"r.{column}" for column in SEALED_COLUMNS)
LEDGER = ", ".join(f"ledger.{column}" for column in SEALED_COLUMNS)
# Rows that are not as sealed: changed, missing (no `ledger.user_id`) or additional (no `row`). The row of a person who
# was erased names nobody; its sessions, which stay, are found by their digest. A row that names nobody though the
# person of its sessions was not erased is none of these, and not as sealed either.
# ORM equivalent: none. Index: as for sealing. Cost: as for sealing.
UNNAMED = "r.row IS NOT NULL AND r.user_id IS NULL AND coalesce(NOT u.erased, false)"
COMPARE = f"""
WITH {NOW}, r AS (
    SELECT s.*, CASE WHEN s.user_id IS NOT NULL THEN s.user_id
                ELSE (SELECT l.user_id FROM ledger l WHERE l.sessions_digest = s.sessions_digest LIMIT 1) END AS who
    FROM sealed_attendance s WHERE s.seal_id = %(seal_id)s
)
SELECT r.row, coalesce(r.who, ledger.user_id), coalesce(nullif(r.display_name, ''), u.display_name, ''),
       coalesce(nullif(r.email, ''), u.email, ''), ledger.user_id IS NOT NULL, {UNNAMED}, {SEALED}, {LEDGER}
FROM r FULL JOIN ledger ON ledger.user_id = r.who
LEFT JOIN LATERAL (
    SELECT {IS_TOMBSTONE} AS erased, CASE WHEN NOT {IS_TOMBSTONE} THEN display_name END AS display_name,
           CASE WHEN NOT {IS_TOMBSTONE} THEN email END AS email
    FROM users WHERE users.id = ledger.user_id LIMIT 1
) AS u ON true
WHERE ROW({SEALED}) IS DISTINCT FROM ROW({LEDGER}) OR {UNNAMED}
ORDER BY r.row, ledger.user_id LIMIT %(listed)s"""

# Without the raw sessions, whose a row was that names nobody is not known; but rows are numbered by the ids of the
# people, so it was somebody between the people before and after it. The first row of each run of them, where fewer
# people with such ids were erased than the run has rows.
# ORM equivalent: none. Index: sealed_attendance_pkey, users_pkey. Cost: one scan of the seal's rows; of the users, as
# many as there are between the neighbours of such rows.
UNPLACED = f"""
WITH numbered AS (
    SELECT row, user_id, count(user_id) OVER (ORDER BY row) AS place FROM sealed_attendance WHERE seal_id = %(seal_id)s
), runs AS (
    SELECT place, min(row) AS row, count(*) AS rows FROM numbered WHERE user_id IS NULL GROUP BY place
)
SELECT runs.row FROM runs
LEFT JOIN numbered before ON before.place = runs.place AND before.user_id IS NOT NULL
LEFT JOIN numbered after ON after.place = runs.place + 1 AND after.user_id IS NOT NULL
WHERE runs.rows > (
    SELECT count(*) FROM users
    WHERE id >= coalesce(before.user_id, '00000000-0000-0000-0000-000000000000')
      AND id <= coalesce(after.user_id, 'ffffffff-ffff-ffff-ffff-ffffffffffff') AND {IS_TOMBSTONE})
ORDER BY runs.row LIMIT %(listed)s"""

# Index: sealed_attendance_pkey, users_pkey. Cost: one scan of the seal's rows, a look-up each.
RENAMED = """
SELECT count(*) FILTER (WHERE s.user_id IS NULL)::int, count(*)::int,
       count(*) FILTER (WHERE s.user_id IS NOT NULL AND EXISTS (
           SELECT FROM users u
           WHERE u.id = s.user_id AND (u.display_name, u.email) IS DISTINCT FROM (s.display_name, s.email)))::int
FROM sealed_attendance s WHERE s.seal_id = %(seal_id)s"""


class Named(NamedTuple):
    row: int
    user_id: uuid.UUID | None
    display_name: str
    email: str


class Compared(NamedTuple):
    """`sealed` and `now` are by column; `row` is None for somebody who is not in the seal, `found` False for somebody
    who is not in the ledger, of whom `user_id` is not known if they were erased, and `unnamed` True for somebody whom
    the row should name."""

    row: int | None
    user_id: uuid.UUID | None
    display_name: str
    email: str
    found: bool
    unnamed: bool
    sealed: dict[str, Any]
    now: dict[str, Any]

    @classmethod
    def of(cls, columns: tuple[Any, ...]) -> "Compared":
        row, user_id, display_name, email, found, unnamed, *figures = columns
        sealed, now = figures[: len(SEALED_COLUMNS)], figures[len(SEALED_COLUMNS) :]
        by_column = (dict(zip(SEALED_COLUMNS, values, strict=True)) for values in (sealed, now))
        return cls(row, user_id, display_name, email, found, unnamed, *by_column)


class People(NamedTuple):
    erased: int
    rows: int
    renamed: int


def samples_kept_from(now: datetime) -> datetime:
    """What began earlier may have been pruned."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {OLDEST_KEPT}", {"now": now, "months": settings.ACCESS_LOG_RETENTION_MONTHS})
        (moment,) = cursor.fetchone()
    assert isinstance(moment, datetime)
    return moment


def keep_times_in_utc() -> None:
    with connection.cursor() as cursor:
        cursor.execute(TIMES_IN_UTC)


def misnamed(seal_id: uuid.UUID, *, listed: int) -> list[Named]:
    with connection.cursor() as cursor:
        cursor.execute(MISNAMED, {"seal_id": seal_id, "listed": listed})
        return [Named(*row) for row in cursor.fetchall()]


def compare(seal_id: uuid.UUID, *, frame: Frame, listed: int) -> list[Compared]:
    """The first rows that are not as sealed."""
    with connection.cursor() as cursor:
        with without_nested_loops():
            cursor.execute(COMPARE, {**frame.params(), "seal_id": seal_id, "listed": listed})
        return [Compared.of(row) for row in cursor.fetchall()]


def unplaced(seal_id: uuid.UUID, *, listed: int) -> list[int]:
    """The numbers of rows that name nobody and in whose place nobody was erased."""
    with connection.cursor() as cursor:
        cursor.execute(UNPLACED, {"seal_id": seal_id, "listed": listed})
        return [row for (row,) in cursor.fetchall()]


def people(seal_id: uuid.UUID) -> People:
    with connection.cursor() as cursor:
        cursor.execute(RENAMED, {"seal_id": seal_id})
        return People(*cursor.fetchone())
