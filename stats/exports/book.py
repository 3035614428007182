"""A workbook of tables and lines: written row by row into a folder of its own, in constant memory, and put together
when it is whole."""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import xlsxwriter
from xlsxwriter.exceptions import FileCreateError
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from stats.exports.about import Line
from stats.exports.cells import day_number, for_workbook, offset_text
from stats.exports.columns import Column, Kind, title_of
from webinars.models import Webinar

MOST_ROWS = 1_048_576  # of a sheet, its head among them
ROWS_BETWEEN_REPORTS = 2_000
FORMATS: dict[str, dict[str, Any]] = {
    "head": {"bold": True, "text_wrap": True, "valign": "top", "bg_color": "#EEF1FA", "bottom": 1},
    "moment": {"num_format": "yyyy-mm-dd hh:mm:ss"},
    "length": {"num_format": "[h]:mm:ss"},
    "percent": {"num_format": "0.0%"},
    "number": {"num_format": "0"},
    "heading": {"bold": True, "font_size": 13},
    "wrapped": {"text_wrap": True, "valign": "top"},
}
LEFT = {"align": "left", "valign": "top"}

# Called with the number of rows written so far; raises to stop.
Report = Callable[[int], None]


class Book:
    """One file at `path`, with its unfinished parts beside it. `report` is called with the rows written so far, and
    may raise to stop. Times stand on the webinar's clock."""

    def __init__(self, path: Path, webinar: Webinar, *, now: datetime, report: Report, most_rows: int) -> None:
        options = {"constant_memory": True, "tmpdir": str(path.parent), "strings_to_urls": False}
        self.workbook = xlsxwriter.Workbook(str(path), options)
        # XlsxWriter writes the time as it is and calls it UTC.
        self.workbook.set_properties({"title": webinar.title, "created": now.astimezone(UTC)})
        self.webinar = webinar
        self.zone = webinar.zone
        self.report = report
        self.most_rows = most_rows
        self.rows = 0
        self.formats = {name: self.workbook.add_format(options) for name, options in FORMATS.items()}
        self.left = {
            kind: self.workbook.add_format({**FORMATS.get(kind, {}), **LEFT})
            for kind in ("moment", "length", "percent")
        } | {"number": self.workbook.add_format({**FORMATS["number"], **LEFT})}

    def close(self) -> None:
        """Raises OSError when there is no room for it."""
        self.report(self.rows)
        try:
            self.workbook.close()
        except FileCreateError as error:
            raise error.args[0] from error

    def write_lines(self, title: str, lines: Iterable[Line]) -> None:
        sheet = self.workbook.add_worksheet(title)
        sheet.set_column(0, 0, 48)
        sheet.set_column(1, 1, 90)
        for number, line in enumerate(lines):
            self._write_line(sheet, number, line)

    def write_table(
        self, title: str, columns: Sequence[Column], meanings: Mapping[str, str], rows: Iterable[Mapping[str, Any]]
    ) -> None:
        """On one sheet, or on several when there are more rows than one can hold."""
        rest = iter(rows)
        for number in itertools.count(1):
            sheet = self.workbook.add_worksheet(title if number == 1 else f"{title} {number}")
            self._write_head(sheet, columns, meanings)
            last = self._write_rows(sheet, columns, itertools.islice(rest, self.most_rows - 1))
            sheet.autofilter(0, 0, last, len(columns) - 1)
            following = next(rest, None) if last == self.most_rows - 1 else None
            if following is None:
                return
            rest = itertools.chain([following], rest)

    def _write_head(self, sheet: Worksheet, columns: Sequence[Column], meanings: Mapping[str, str]) -> None:
        sheet.freeze_panes(1, 1)
        sheet.set_row(0, 32)
        for place, column in enumerate(columns):
            sheet.set_column(place, place, column.width)
            sheet.write_string(0, place, title_of(column, self.webinar.time_zone), self.formats["head"])
            if column.key in meanings and column.kind != "offset":
                sheet.write_comment(0, place, meanings[column.key], {"x_scale": 2.2, "y_scale": 1.4})

    def _write_rows(self, sheet: Worksheet, columns: Sequence[Column], rows: Iterable[Mapping[str, Any]]) -> int:
        """Answers the number of the last row."""
        cells = [
            (column.key, self._writer(sheet, place, column.kind, self.formats.get(column.kind)))
            for place, column in enumerate(columns)
        ]
        last = 0
        for last, row in enumerate(rows, start=1):
            for key, write in cells:
                value = row[key]
                if value is not None and value != "":
                    write(last, value)
            self.rows += 1
            if self.rows % ROWS_BETWEEN_REPORTS == 0:
                self.report(self.rows)
        return last

    def _write_line(self, sheet: Worksheet, number: int, line: Line) -> None:
        if line.kind is None:
            sheet.write_string(number, 0, line.label, self.formats["heading"])
            return
        sheet.write_string(number, 0, line.label, self.formats["wrapped"])
        shown = self.formats["wrapped"] if line.kind == "text" else self.left[line.kind]
        self._writer(sheet, 1, line.kind, shown)(number, line.value)

    def _writer(self, sheet: Worksheet, place: int, kind: Kind, shown: Format | None) -> Callable[[int, Any], Any]:
        """What writes the values of one kind into a column, chosen once and not for each of a million cells."""
        zone, text, number = self.zone, sheet.write_string, sheet.write_number
        writers: dict[str, Callable[[int, Any], Any]] = {
            "text": lambda row, value: text(row, place, for_workbook(value), shown),
            "moment": lambda row, value: number(row, place, day_number(value, zone), shown),
            "length": lambda row, value: number(row, place, value / 86_400, shown),
            "percent": lambda row, value: number(row, place, round(value / 100, 4), shown),
            "number": lambda row, value: number(row, place, value, shown),
            "offset": lambda row, value: text(row, place, offset_text(value, zone), shown),
        }
        return writers[kind]
