"""Attendance as CSV: UTF-8 with a mark that Excel knows it by, CRLF, RFC 4180."""

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import tzinfo
from typing import Any

from presence.durations import clock_text
from stats.exports.about import about
from stats.exports.cells import for_csv, local, offset_text
from stats.exports.columns import Kind, title_of
from stats.exports.contents import Contents

MARK = "\ufeff"
LINES_AT_ONCE = 500


def csv_lines(contents: Contents) -> Iterator[list[str]]:
    """The head, then a line for each person; without the right to personal data what the file says about itself."""
    zone = contents.webinar.zone
    if not contents.personal:
        for line in about(contents):
            yield [for_csv(line.label), written(line.kind, line.value, zone) if line.kind else ""]
        return
    columns = contents.people_columns
    yield [for_csv(title_of(column, contents.webinar.time_zone)) for column in columns]
    for row in contents.people():
        yield [written(column.kind, row[column.key], zone) for column in columns]


def csv_bytes(lines: Iterable[list[str]]) -> Iterator[bytes]:
    """In pieces of some hundred lines, each made when the one before is gone."""
    pieces: list[str] = [MARK]
    writer = csv.writer(_Pieces(pieces.append), lineterminator="\r\n")
    for number, line in enumerate(lines, start=1):
        writer.writerow(line)
        if number % LINES_AT_ONCE == 0:
            yield "".join(pieces).encode()
            pieces.clear()
    yield "".join(pieces).encode()


def written(kind: Kind, value: Any, zone: tzinfo) -> str:
    """As spreadsheets read it back: 2026-03-02 10:15:00, 1:02:03, 95.3%."""
    if value is None:
        return ""
    match kind:
        case "text":
            return for_csv(value)
        case "moment":
            return local(value, zone).isoformat(sep=" ")
        case "offset":
            return offset_text(value, zone)
        case "length":
            return clock_text(value)
        case "percent":
            return f"{value:.1f}%"
        case "number":
            return str(value)


class _Pieces:
    """A file, as far as the csv module needs one."""

    def __init__(self, write: Callable[[str], Any]) -> None:
        self.write = write
