"""A seal's rows as the canonical export writes them (stats/canonical.py): PostgreSQL writes a hundred thousand lines
in a second, Python in ten."""

import uuid
from collections.abc import Iterator

from django.db import connection

ROWS_AT_ONCE = 2_000


def _text(value: str) -> str:
    """Of what needs no escape: digests, numbers, times."""
    return f"""'"' || {value} || '"'"""


def _moment(value: str) -> str:
    """In UTC with microseconds, whatever the connection's zone."""
    return _text(f"""to_char({value} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')""")


def _stretches(ranges: str) -> str:
    """[[from, to], …] in order."""
    pair = f"'[' || {_moment('lower(r)')} || ',' || {_moment('upper(r)')} || ']'"
    return f"'[' || (SELECT coalesce(string_agg({pair}, ',' ORDER BY r), '') FROM unnest({ranges}) AS r) || ']'"


# As JSON, by the names that the API's answers use.
FIELDS = {
    "row": "row",
    "identityDigest": _text("identity_digest"),
    "sessionCount": "session_count",
    "firstEntered": _moment("first_entered"),
    "lastExited": _moment("last_exited"),
    "connectedSeconds": "connected_seconds",
    "uniqueSeconds": "unique_seconds",
    "visibleSeconds": "visible_seconds",
    "overlapSeconds": "overlap_seconds",
    "uncertaintySeconds": "uncertainty_seconds",
    "attendancePercent": _text("attendance_percent::numeric(4, 1)"),
    "present": _stretches("present_ranges"),
    "visible": _stretches("visible_ranges"),
    "sessionsDigest": _text("sessions_digest"),
}
MEMBERS = " || ',' || ".join(f"""'"{name}":' || coalesce(({FIELDS[name]})::text, 'null')""" for name in sorted(FIELDS))

# ORM equivalent: SealedAttendance.objects.filter(seal=…).order_by("row") and json.dumps of each.
# Index: sealed_attendance_pkey. Cost: one scan of the seal's rows, 8 µs each.
LINES = f"""
SELECT '{{' || {MEMBERS} || '}}' FROM sealed_attendance WHERE seal_id = %(seal_id)s ORDER BY row"""


def lines(seal_id: uuid.UUID) -> Iterator[str]:
    """A JSON object per row, keys in the order of their letters."""
    with connection.chunked_cursor() as cursor:
        cursor.execute(LINES, {"seal_id": seal_id})
        while batch := cursor.fetchmany(ROWS_AT_ONCE):
            for (line,) in batch:
                yield line
