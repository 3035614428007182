"""The lines that added nothing, as a CSV that no spreadsheet computes anything of."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from django.utils.translation import gettext as _

from eventflow.cells import for_csv
from webinars.addresses.found import PROBLEMS
from webinars.models import AllowedEmail, AllowedEmailLine

MARK = "\ufeff"  # by which Excel knows UTF-8
LINES_AT_ONCE = 500


def in_words(line: AllowedEmailLine) -> str:
    """Why it added nothing."""
    if line.outcome == AllowedEmailLine.Outcome.KNOWN:
        return _("It was on the list already.")
    if line.outcome == AllowedEmailLine.Outcome.REPEATED:
        return _("It stands further up as well.")
    said = PROBLEMS.get(line.problem)
    return str(said) if said is not None else line.problem


def report_bytes(lines: Iterable[AllowedEmailLine]) -> Iterator[bytes]:
    head = [_("Line"), _("What stands there"), _("Why it added nothing")]
    return _csv_bytes(head, ([line.line, for_csv(line.text), for_csv(in_words(line))] for line in lines))


def list_bytes(rows: Iterable[AllowedEmail]) -> Iterator[bytes]:
    """With a heading that an import knows. It takes the apostrophe away that some get in front."""
    return _csv_bytes(["email"], ([for_csv(row.email)] for row in rows))


def _csv_bytes(head: list[str], rows: Iterable[list[Any]]) -> Iterator[bytes]:
    piece = io.StringIO()
    piece.write(MARK)
    writer = csv.writer(piece, lineterminator="\r\n")
    writer.writerow(head)
    for number, row in enumerate(rows, start=1):
        writer.writerow(row)
        if number % LINES_AT_ONCE == 0:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()
