"""The canonical export of a seal: the bytes that its SHA-256 is taken over (spec 7; docs/sealing.md).

UTF-8, one JSON object per line: first the header, then a line per row. Keys in the order of their letters, no spaces,
times in UTC with microseconds, numbers as integers or as strings with a fixed decimal.
"""

import hashlib
import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.utils import translation

from presence import definitions
from stats.models import AttendanceSeal, SealedAttendance
from stats.sql import canonical as sql

FORMAT = "eventflow-attendance-1"

HEADER_FIELDS = {
    "seal": "id",
    "webinar": "webinar_id",
    "client": "client_id",
    "version": "version",
    "sealedAt": "sealed_at",
    "author": "author_id",
    "reason": "reason",
    "windowStart": "window_start",
    "windowEnd": "window_end",
    "intervals": "intervals",
    "definitionsVersion": "definitions_version",
    "definitions": "definitions",
    "softwareVersion": "software_version",
    "peopleCount": "people_count",
    "totals": "totals",
    "position": "position",
    "previousSha256": "previous_sha256",
}


def english_definitions() -> dict[str, str]:
    """What each figure means, and the window, in the words that are sealed."""
    with translation.override("en"):
        return {"window": str(definitions.WINDOW), **{name: str(text) for name, text in definitions.FIGURES.items()}}


def header_line(seal: AttendanceSeal) -> bytes:
    return _line({"format": FORMAT, **{name: getattr(seal, field) for name, field in HEADER_FIELDS.items()}})


def export(seal: AttendanceSeal) -> Iterator[bytes]:
    """The lines of a seal as they are stored, streamed: the memory of a batch of rows, however many there are."""
    yield header_line(seal)
    for line in sql.lines(seal.pk):
        yield line.encode() + b"\n"


def sha256_of(seal: AttendanceSeal) -> str:
    """What the stored header and rows hash to now. Two queries."""
    digest = hashlib.sha256()
    for line in export(seal):
        digest.update(line)
    return digest.hexdigest()


def identities(seal: AttendanceSeal) -> Iterator[bytes]:
    """Who the rows are, a line each: what the identity digests were taken over. A person who was erased is not among
    them. Whoever gets these lines beside the export can check who it speaks of."""
    rows = SealedAttendance.objects.filter(seal_id=seal.pk, user__isnull=False).order_by("row")
    for row in rows.values_list("row", "user_id", "email", "display_name", "identity_salt").iterator(
        chunk_size=sql.ROWS_AT_ONCE
    ):
        yield _line(dict(zip(("row", "userId", "email", "name", "salt"), row, strict=True)))


def _line(fields: dict[str, Any]) -> bytes:
    text = json.dumps(plain(fields), ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode() + b"\n"


def plain(value: Any) -> Any:
    """A value as the export writes it."""
    match value:
        case None | bool() | int() | str():
            return value
        case dict():
            return {name: plain(part) for name, part in value.items()}
        case list() | tuple():
            return [plain(part) for part in value]
        case datetime():
            return value.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
        case float() | Decimal():
            return f"{value:.1f}"
        case uuid.UUID():
            return str(value)
    return [[plain(stretch.lower), plain(stretch.upper)] for stretch in value]  # a multirange
