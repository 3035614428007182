"""Files as answers to a request: at once where that is quick, by a worker where it is not (spec 6)."""

from collections.abc import Iterator
from datetime import datetime

from django.http import FileResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.http import content_disposition_header

from stats.exports.contents import contents_of
from stats.exports.csv_file import csv_bytes, csv_lines
from stats.exports.file_names import CONTENT_TYPES, file_name
from stats.exports.private_files import private_storage, workspace
from stats.exports.workbook import write_workbook
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.services.exports import record_export, request_export
from stats.sql import exports as sql
from webinars.models import User, Webinar

# A workbook of so many people and pages takes about half a second.
ROWS_AT_ONCE = 5_000


def attendance_file(
    *, webinar: Webinar, user: User, personal: bool, file_format: str, query: AttendanceQuery, now: datetime
) -> HttpResponseBase | Export:
    """The file, or the export that a worker writes it for. Raises TooManyExports."""
    if file_format == Export.Format.CSV:
        record_export(webinar=webinar, user_id=user.pk, file_format=file_format)
        return _csv(webinar, personal, query, now)
    if personal and sum(sql.size(webinar.pk)) > ROWS_AT_ONCE:
        return request_export(webinar=webinar, user=user, format=file_format, query=query, now=now)
    record_export(webinar=webinar, user_id=user.pk, file_format=file_format)
    return _workbook(webinar, personal, query, now)


def kept_file(export: Export) -> HttpResponseBase | None:
    """An export's file; None when it is not, or no longer, there."""
    if export.state != Export.State.DONE:
        return None
    try:
        content = private_storage().open(export.file)
    except FileNotFoundError:
        return None
    return _private(FileResponse(content), export.file_name, export.format)


def _csv(webinar: Webinar, personal: bool, query: AttendanceQuery, now: datetime) -> HttpResponseBase:
    """The first piece is made here: in the request's language, and in time to answer that the database is away."""
    contents = contents_of(webinar=webinar, query=query, personal=personal, now=now)
    pieces = csv_bytes(csv_lines(contents))
    first = next(pieces)
    return _private(StreamingHttpResponse(_and(first, pieces)), file_name(contents, "csv"), "csv")


def _and(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    yield first
    yield from rest


def _workbook(webinar: Webinar, personal: bool, query: AttendanceQuery, now: datetime) -> HttpResponseBase:
    with workspace() as folder:
        path = folder / "attendance.xlsx"
        with sql.one_moment():
            contents = contents_of(webinar=webinar, query=query, personal=personal, now=now)
            write_workbook(contents, path)
        # Open, it can be read also when its folder is gone.
        return _private(FileResponse(path.open("rb")), file_name(contents, "xlsx"), "xlsx")


def _private(response: FileResponse | StreamingHttpResponse, name: str, file_format: str) -> HttpResponseBase:
    response.headers["Content-Type"] = CONTENT_TYPES[file_format]
    response.headers["Content-Disposition"] = content_disposition_header(True, name) or "attachment"
    response.headers["Cache-Control"] = "private, no-store"
    return response
