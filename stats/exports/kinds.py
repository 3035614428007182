"""What can be taken out of a webinar as a file, and how each kind is written."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol

from stats.exports.book import ROWS_BETWEEN_REPORTS, Report
from stats.exports.contents import Contents, contents_of
from stats.exports.csv_file import csv_bytes, csv_lines
from stats.exports.file_names import file_name
from stats.exports.registrations import RegistrationsFile
from stats.exports.room import ChatFile, QuestionsFile
from stats.exports.workbook import write_workbook
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.sql import exports as sql
from webinars.models import Webinar


class Exported(Protocol):
    """One file's contents. They are read while they are written, so write within `one_moment`."""

    @property
    def webinar(self) -> Webinar: ...

    def csv_lines(self) -> Iterator[list[str]]: ...

    def write_workbook(self, path: Path, report: Report) -> int:
        """Answers how many rows. Raises OSError, and what `report` raises."""

    def file_name(self, file_format: str) -> str: ...

    def rows_expected(self, file_format: str) -> int | None:
        """None where nobody knows before they are read."""


@dataclass(frozen=True)
class AttendanceFile:
    contents: Contents

    @property
    def webinar(self) -> Webinar:
        return self.contents.webinar

    def csv_lines(self) -> Iterator[list[str]]:
        return csv_lines(self.contents)

    def write_workbook(self, path: Path, report: Report) -> int:
        return write_workbook(self.contents, path, report=report)

    def file_name(self, file_format: str) -> str:
        return file_name(self.contents, file_format)

    def rows_expected(self, file_format: str) -> int | None:
        if self.contents.narrowed or not self.contents.personal:
            return None
        size = sql.size(self.webinar.pk)
        return size.people if file_format == Export.Format.CSV else size.people + size.sessions


def exported(kind: str, *, webinar: Webinar, query: AttendanceQuery, personal: bool, now: datetime) -> Exported:
    """`query` narrows the attendance; a room's files hold everything, and name people."""
    match kind:
        case Export.Kind.ATTENDANCE:
            return AttendanceFile(contents_of(webinar=webinar, query=query, personal=personal, now=now))
        case Export.Kind.CHAT:
            return ChatFile(webinar, now=now)
        case Export.Kind.QUESTIONS:
            return QuestionsFile(webinar, now=now)
        case Export.Kind.REGISTRATIONS:
            return RegistrationsFile(webinar, now=now)
    raise ValueError(kind)


def write_file(contents: Exported, path: Path, *, file_format: str, report: Callable[[int], None]) -> int:
    """Answers how many rows. Raises OSError, and what `report` raises."""
    if file_format == Export.Format.XLSX:
        return contents.write_workbook(path, report)
    lines = 0

    def counted() -> Iterator[list[str]]:
        nonlocal lines
        for line in contents.csv_lines():
            yield line
            lines += 1
            if lines % ROWS_BETWEEN_REPORTS == 0:
                report(lines)

    with path.open("wb") as output:
        output.writelines(csv_bytes(counted()))
    return lines - 1  # the head is none
