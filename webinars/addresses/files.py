"""A file of addresses, whatever it is called: what it is says its content."""

import codecs
from collections.abc import Iterator
from typing import BinaryIO, Literal

from django.utils.translation import gettext_lazy as _

from webinars.addresses.columns import addresses_in
from webinars.addresses.csv_rows import csv_rows
from webinars.addresses.found import MOST_BYTES, CannotRead, Found, too_large
from webinars.addresses.workbook import damaged, workbook_rows

LOOKED_AT = 4096
ARCHIVE = b"PK\x03\x04"
OLD_OFFICE = b"\xd0\xcf\x11\xe0"
MARKUP = (b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<head", b"<div", b"{\\rtf")

Kind = Literal["csv", "xlsx"]


def kind_of(stream: BinaryIO, *, size: int) -> Kind:
    """By its content, which may be nothing that holds addresses: raises CannotRead. Leaves the stream at its
    beginning. Only `size` is looked at before anything is read."""
    if size > MOST_BYTES:
        raise too_large()
    start = stream.read(LOOKED_AT)
    stream.seek(0)
    if not start.strip():
        raise CannotRead(_("There is nothing in this file."), code="empty")
    if start.startswith(ARCHIVE):
        return "xlsx"
    if start.startswith(b"PK"):
        raise damaged()
    if start.startswith(OLD_OFFICE):
        raise CannotRead(
            _("This is an older Excel file (.xls), or one with a password. Save it as .xlsx or CSV without one."),
            code="wrong_kind",
        )
    if start.removeprefix(codecs.BOM_UTF8).lstrip().lower().startswith(MARKUP):
        raise CannotRead(
            _("This is a web page or document with the name of a table. Open it, and save it as .xlsx or CSV."),
            code="wrong_kind",
        )
    if not start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and _is_binary(start):
        raise CannotRead(_("This is not a list. Choose a CSV or an Excel file (.xlsx)."), code="wrong_kind")
    return "csv"


def _is_binary(start: bytes) -> bool:
    """Controls that no text has, more of them than a damaged line would."""
    controls = sum(start.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 32)))
    return controls * 20 > len(start) or start.startswith((b"%PDF", b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"Rar!"))


def read_file(
    stream: BinaryIO, kind: Kind, *, column: str | None = None, encoding: str | None = None
) -> Iterator[Found]:
    """Raises CannotRead, also when some lines have been read."""
    rows = workbook_rows(stream) if kind == "xlsx" else csv_rows(stream, encoding=encoding)
    return addresses_in(rows, column=column)
