"""Files as answers to a request: at once where that is quick, by a worker where it is not (spec 6)."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from stats.exports.csv_file import csv_bytes
from stats.exports.file_names import CONTENT_TYPES
from stats.exports.kinds import Exported, exported, write_file
from stats.exports.private_files import private_storage, workspace
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.services.exports import record_export, request_export
from stats.sql import exports as sql
from webinars.models import User, Webinar

# A workbook of so many people and pages takes about half a second.
ROWS_AT_ONCE = 5_000


@dataclass(frozen=True)
class Wanted:
    """A file that somebody asks for; whoever makes one has asked whether they may. `query` narrows the attendance."""

    webinar: Webinar
    user: User
    kind: str
    file_format: str
    now: datetime
    personal: bool = True
    query: AttendanceQuery = field(default_factory=AttendanceQuery)

    @property
    def takes_long(self) -> bool:
        """At most one query. What is a stream takes no time, and sums alone take little."""
        if self.file_format == Export.Format.CSV or not self.personal:
            return False
        if self.kind == Export.Kind.ATTENDANCE:
            return sum(sql.size(self.webinar.pk)) > ROWS_AT_ONCE
        return (self.contents().rows_expected(self.file_format) or 0) > ROWS_AT_ONCE

    def contents(self) -> Exported:
        return exported(self.kind, webinar=self.webinar, query=self.query, personal=self.personal, now=self.now)


def file_or_export(wanted: Wanted) -> HttpResponseBase | Export:
    """The file, or the export that a worker writes it for. Raises TooManyExports."""
    webinar, user, kind, file_format, now = wanted.webinar, wanted.user, wanted.kind, wanted.file_format, wanted.now
    if wanted.takes_long:
        return request_export(webinar=webinar, user=user, kind=kind, format=file_format, query=wanted.query, now=now)
    record_export(
        webinar=webinar, user_id=user.pk, kind=kind, file_format=file_format, personal=wanted.personal, now=now
    )
    return _csv(wanted) if file_format == Export.Format.CSV else _workbook(wanted)


def kept_file(export: Export) -> HttpResponseBase | None:
    """An export's file; None when it is not, or no longer, there."""
    if export.state != Export.State.DONE:
        return None
    try:
        content = private_storage().open(export.file)
    except FileNotFoundError:
        return None
    return _private(FileResponse(content), export.file_name, export.format)


def _csv(wanted: Wanted) -> HttpResponseBase:
    """The first piece is made here: in the request's language, and in time to answer that the database is away."""
    contents = wanted.contents()
    pieces = csv_bytes(contents.csv_lines())
    first = next(pieces)
    return _private(StreamingHttpResponse(_and(first, pieces)), contents.file_name("csv"), "csv")


def _and(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _workbook(wanted: Wanted) -> HttpResponseBase:
    with workspace() as folder:
        path = folder / "export.xlsx"
        with sql.one_moment():
            contents = wanted.contents()
            write_file(contents, path, file_format="xlsx", report=lambda rows: None)
        # Open, it can be read also when its folder is gone.
        return _private(FileResponse(path.open("rb")), contents.file_name("xlsx"), "xlsx")


def _private(response: FileResponse | StreamingHttpResponse, name: str, file_format: str) -> HttpResponseBase:
    response.headers["Content-Type"] = CONTENT_TYPES[file_format]
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response
