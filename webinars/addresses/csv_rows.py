"""The rows of a CSV file, a line at a time, whatever separates, ends or damages them.

Lines are told apart before letters are decoded, so that a damaged row is one row: no letter of UTF-8 or CP949 has a
byte in it that separates, quotes or ends anything. (Latin-1 carries each byte as one letter.)
"""

import io
from collections import deque
from collections.abc import Iterator
from itertools import islice
from typing import BinaryIO

from webinars.addresses.address import address_of
from webinars.addresses.columns import HEAD_WITHIN, HEADINGS, Row, heading
from webinars.addresses.encoding import encoding_of

SEPARATORS = ",;\t"
LOOKED_AT = 50
# Further than this no quotation is followed: its mark stands there by mistake.
LONGEST_QUOTATION_LINES = 50
LONGEST_QUOTATION = 20_000
LONGEST_LINE = 20_000


class Lines:
    """Numbered lines, which can be given back. A line that is too long comes cut off; the rest of it is left out."""

    def __init__(self, text: io.TextIOBase) -> None:
        self._text = text
        self._given_back: deque[str] = deque()
        self.number = 0

    def next(self) -> str | None:
        """Without what ends it; None after the last."""
        self.number += 1
        if self._given_back:
            return self._given_back.popleft()
        line = self._text.readline(LONGEST_LINE)
        if not line:
            return None
        part = line
        while len(part) == LONGEST_LINE and not part.endswith("\n"):
            part = self._text.readline(LONGEST_LINE)
        return line.removesuffix("\n")

    def give_back(self, lines: list[str]) -> None:
        self._given_back.extendleft(reversed(lines))
        self.number -= len(lines)


def csv_rows(stream: BinaryIO, *, encoding: str | None = None) -> Iterator[Row]:
    """`encoding` is found where it is not given."""
    written_in = encoding or encoding_of(stream)
    carried = "utf-16" if written_in == "utf-16" else "latin-1"
    text = io.TextIOWrapper(stream, encoding=carried, errors="replace")  # which makes every line end "\n"
    try:
        sample = [line.removesuffix("\n") for line in _sample(text)]
        text.seek(0)
        yield from _rows(Lines(text), _separator(sample, written_in), written_in)
    finally:
        if not stream.closed:  # nor would the wrapper leave it open
            text.detach()


def _sample(text: io.TextIOBase) -> Iterator[str]:
    return islice(iter(lambda: text.readline(LONGEST_LINE), ""), LOOKED_AT)


def _rows(lines: Lines, separator: str, encoding: str) -> Iterator[Row]:
    while (line := lines.next()) is not None:
        number = lines.number
        if number == 1 and encoding == "utf-8":
            line = line.removeprefix("\xef\xbb\xbf")
        if '"' not in line:
            yield _decoded(number, line.split(separator), encoding)
            continue
        cells = _quoted(lines, line, separator)
        if cells is None:
            yield _decoded(number, [line], encoding, problem="open_quote")
        else:
            yield _decoded(number, cells, encoding)


def _quoted(lines: Lines, line: str, separator: str) -> list[str] | None:
    """The cells of a row that may go on in the lines after. None, and no line read, when a quotation has no end, or
    ends in the middle of a cell lines later: its mark stands there by mistake."""
    more: list[str] = []
    whole = line
    while True:
        cells, is_open, is_clean = cells_of(whole, separator)
        if not is_open and (is_clean or not more):
            return cells
        if not is_open or len(more) >= LONGEST_QUOTATION_LINES or len(whole) > LONGEST_QUOTATION:
            break
        following = lines.next()
        if following is None:
            lines.number -= 1
            break
        more.append(following)
        whole = f"{whole}\n{following}"
    lines.give_back(more)
    return None


def cells_of(text: str, separator: str) -> tuple[list[str], bool, bool]:
    """The cells; whether the last one is quoted and goes on; whether each quotation ends where its cell does."""
    cells: list[str] = []
    clean, place = True, 0
    while True:
        quoted = ""
        if text[place : place + 1] == '"':
            end = _closing_mark(text, place + 1)
            if end < 0:
                return [*cells, text[place + 1 :]], True, clean
            quoted = text[place + 1 : end].replace('""', '"')
            place = end + 1
        after = text.find(separator, place)
        rest = text[place:] if after < 0 else text[place:after]
        clean = clean and not (quoted and rest.strip())
        cells.append(quoted + rest)
        if after < 0:
            return cells, False, clean
        place = after + 1


def _closing_mark(text: str, place: int) -> int:
    """Where the quotation ends that is open at `place`; a doubled mark ends nothing. -1 when it does not."""
    while (end := text.find('"', place)) >= 0:
        if text[end + 1 : end + 2] != '"':
            return end
        place = end + 2
    return -1


def _separator(sample: list[str], encoding: str) -> str:
    """The one by which a heading is a cell, and most lines have a cell that is an address; of those the one that
    divides most."""

    def weight(separator: str) -> tuple[bool, int, int]:
        rows = [_decoded(0, cells_of(line, separator)[0], encoding).cells for line in sample]
        headed = any(heading(cell) in HEADINGS for row in rows[:HEAD_WITHIN] for cell in row)
        addresses = sum(any("@" in cell and not address_of(cell)[1] for cell in row) for row in rows)
        return headed, addresses, sum(len(row) for row in rows)

    return max(SEPARATORS, key=weight)


def _decoded(number: int, cells: list[str], encoding: str, *, problem: str = "") -> Row:
    if encoding == "utf-16":
        return Row(number, cells, problem or ("unreadable" if any("\ufffd" in cell for cell in cells) else ""))
    try:
        if all(cell.isascii() for cell in cells):
            return Row(number, cells, problem)
        return Row(number, [cell.encode("latin-1").decode(encoding) for cell in cells], problem)
    except UnicodeDecodeError:
        damaged = [cell.encode("latin-1").decode(encoding, errors="replace") for cell in cells]
        return Row(number, damaged, problem or "unreadable")
