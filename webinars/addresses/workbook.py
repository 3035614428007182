"""The rows of a workbook (XLSX): of its first sheet that holds addresses.

A workbook is an archive of XML, so it can be small and yet be unpacked without end; it is weighed before it is opened.
Entities are refused by defusedxml, which openpyxl takes where it is installed; that it is, is checked.
"""

import warnings
import zipfile
from collections.abc import Iterator
from itertools import islice
from typing import Any, BinaryIO
from xml.etree.ElementTree import ParseError

import defusedxml
import openpyxl
from django.utils.translation import gettext_lazy as _
from openpyxl.utils.exceptions import InvalidFileException

from webinars.addresses.address import address_of
from webinars.addresses.columns import HEAD_WITHIN, HEADINGS, LOOKED_AT, Row, heading
from webinars.addresses.found import CannotRead, too_large, too_many

MOST_PARTS = 1000
MOST_UNPACKED = 250 * 1024 * 1024
MOST_SHARED = 60 * 1024 * 1024
MOST_SHEETS = 50
MOST_COLUMNS = 100
MOST_ROWS = 200_000  # with the blank ones, of which a spreadsheet may have a million
LONGEST_CELL = 20_000

# Whatever a damaged or made-up workbook makes its readers stumble over.
DAMAGED = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    InvalidFileException,
    ParseError,
    defusedxml.DefusedXmlException,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    OSError,
    EOFError,
    NotImplementedError,
    RuntimeError,
)


def damaged() -> CannotRead:
    said = _("This Excel file is damaged or protected. Open it, save it anew as .xlsx or CSV, and try that.")
    return CannotRead(said, code="damaged")


def workbook_rows(stream: BinaryIO) -> Iterator[Row]:
    """Cells as text; of a formula what it came to when the workbook was saved. Raises CannotRead."""
    assert openpyxl.DEFUSEDXML, "defusedxml is not installed"
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of parts that are nothing to us
            _weigh(stream)
            book = openpyxl.load_workbook(stream, read_only=True, data_only=True, keep_links=False)
            try:
                yield from _rows_of(_sheet(book))
            finally:
                book.close()
    except DAMAGED as error:
        raise damaged() from error


def _weigh(stream: BinaryIO) -> None:
    """Before anything is unpacked. What an archive says of its parts' sizes is also where unpacking them ends."""
    with zipfile.ZipFile(stream) as archive:
        parts = archive.infolist()
    if any(part.flag_bits & 1 for part in parts) or "xl/workbook.xml" not in {part.filename for part in parts}:
        if any(part.filename.startswith("xl/") and part.filename.endswith(".bin") for part in parts):
            raise CannotRead(_("This is a binary Excel file (.xlsb). Save it as .xlsx or CSV."), code="wrong_kind")
        if not any(part.filename.startswith("xl/") for part in parts):
            raise CannotRead(
                _("This archive is not an Excel file. Choose a CSV or an Excel file (.xlsx)."), code="wrong_kind"
            )
        raise damaged()
    read = [part for part in parts if part.filename.endswith((".xml", ".rels"))]
    shared = sum(part.file_size for part in read if not part.filename.startswith("xl/worksheets/"))
    if len(parts) > MOST_PARTS or sum(part.file_size for part in read) > MOST_UNPACKED or shared > MOST_SHARED:
        raise too_large()


def _sheet(book: Any) -> Any:
    """The first one that has an address or a heading near its top; else the first one."""
    sheets = [sheet for sheet in book.worksheets if sheet.sheet_state == "visible"][:MOST_SHEETS]
    if not sheets:
        raise CannotRead(_("There is nothing in this file."), code="empty")
    return next((sheet for sheet in sheets if _holds_addresses(sheet)), sheets[0])


def _holds_addresses(sheet: Any) -> bool:
    rows = list(islice(_rows_of(sheet), LOOKED_AT))
    headed = any(heading(cell) in HEADINGS for row in rows[:HEAD_WITHIN] for cell in row.cells)
    return (headed and len(rows) > 1) or any(
        "@" in cell and not address_of(cell)[1] for row in rows for cell in row.cells
    )


def _rows_of(sheet: Any) -> Iterator[Row]:
    sheet.reset_dimensions()  # programs write all kinds of sizes there
    rows = sheet.iter_rows(max_col=MOST_COLUMNS, values_only=True)
    for number, values in enumerate(rows, start=1):
        if any(value is not None for value in values):
            yield Row(number, [_text(value) for value in values])
        elif number > MOST_ROWS:
            raise too_many()


def _text(value: Any) -> str:
    if value is None:
        return ""
    return str(value)[:LONGEST_CELL].encode("utf-8", errors="replace").decode()
