"""The lines that added nothing, as a CSV that no spreadsheet computes anything of."""

import csv
import io
from collections.abc import Iterable, Iterator

from django.utils.translation import gettext as _

from eventflow.cells import for_csv
from webinars.addresses.found import PROBLEMS
from webinars.models import AllowedEmailLine

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
    piece = io.StringIO()
    piece.write(MARK)
    writer = csv.writer(piece, lineterminator="\r\n")
    writer.writerow([_("Line"), _("What stands there"), _("Why it added nothing")])
    for number, line in enumerate(lines, start=1):
        writer.writerow([line.line, for_csv(line.text), for_csv(in_words(line))])
        if number % LINES_AT_ONCE == 0:
            yield piece.getvalue().encode()
            piece.seek(0)
            piece.truncate()
    yield piece.getvalue().encode()
