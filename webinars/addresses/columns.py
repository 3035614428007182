"""Which of a table's columns holds the addresses."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import NamedTuple

from django.utils.translation import gettext_lazy as _

from webinars.addresses.address import address_of, found_in, shown
from webinars.addresses.found import MOST_ADDRESSES, CannotRead, Found, too_many
from webinars.addresses.pasted import in_line

# How rows are told from their head, and the column from the others.
LOOKED_AT = 200
HEAD_WITHIN = 20
HEADINGS = frozenset(
    "email mail emailaddress mailaddress emails eaddress 이메일 메일 이메일주소 메일주소 전자우편 전자우편주소 "
    "전자메일 전자메일주소 e메일 e메일주소 참석자이메일 참가자이메일".split()
)
BESIDE_THE_WORD = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|[\s_\-.:*/]")


class Row(NamedTuple):
    """`problem` says why a row cannot be read, or is empty."""

    line: int
    cells: Sequence[str]
    problem: str = ""


def addresses_in(rows: Iterator[Row], *, column: str | None = None) -> Iterator[Found]:
    """The address of each row that is not blank. `column` names the column by its heading, its number from 1, or its
    letter as spreadsheets have it; else it is found. Raises CannotRead when there is none, or too many rows."""
    rows = (row for row in rows if row.problem or any(cell.strip() for cell in row.cells))
    sample = list(islice(rows, LOOKED_AT))
    if not sample:
        raise CannotRead(_("There is nothing in this file."), code="empty")
    head, place = _named(sample, column) if column else _head_and_place(sample)
    begin = head + 1 if head is not None else 0
    take: Callable[[Row], Iterator[Found]] = _every_cell if place is None else _cell(place)
    count = 0
    for row in chain(sample[begin:], rows):
        for found in [Found(row.line, "", shown(" ".join(row.cells)), row.problem)] if row.problem else take(row):
            count += 1
            if count > MOST_ADDRESSES:
                raise too_many()
            yield found


def _cell(place: int) -> Callable[[Row], Iterator[Found]]:
    def take(row: Row) -> Iterator[Found]:
        cell = row.cells[place] if place < len(row.cells) else ""
        found = found_in(row.line, cell)
        if found.problem and not found.text:  # an empty cell is recognised by what stands beside it
            found = Found(row.line, "", shown(" ".join(row.cells)), found.problem)
        yield found

    return take


def _every_cell(row: Row) -> Iterator[Found]:
    return (found for cell in row.cells for found in in_line(row.line, cell))


def _head_and_place(sample: list[Row]) -> tuple[int | None, int | None]:
    """Where the head is, if there is one, and which column counts: None for all of them."""
    readable = [(index, row) for index, row in enumerate(sample) if not row.problem]
    likely = _likelihoods([row for _index, row in readable])
    for index, row in readable[:HEAD_WITHIN]:
        if any("@" in cell for cell in row.cells):
            break
        named = [place for place, cell in enumerate(row.cells) if heading(cell) in HEADINGS]
        if named:
            holding = [place for place in named if likely.get(place)]
            if holding or not any(likely.values()):
                return index, (holding or named)[0]
            return index, _first_likely(likely)
    if not any(likely.values()):
        raise CannotRead(
            _("No column of addresses was found. Give the column the heading “email” or “이메일”."), code="no_column"
        )
    if _goes_on_in_the_line(readable):
        return None, None
    return None, _first_likely(likely)


def _likelihoods(rows: list[Row]) -> dict[int, int]:
    """By column, how many of its cells are addresses."""
    counts: dict[int, int] = {}
    for row in rows:
        for place, cell in enumerate(row.cells):
            if cell.strip():
                counts[place] = counts.get(place, 0) + ("@" in cell and not address_of(cell)[1])
    return counts


def _first_likely(likely: dict[int, int]) -> int:
    most = max(likely.values())
    return min(place for place, count in likely.items() if count * 2 >= most)


def _goes_on_in_the_line(readable: list[tuple[int, Row]]) -> bool:
    """Whether it is a list with several addresses to a line, rather than a table with two columns of them."""
    widths = {sum(bool(cell.strip()) for cell in row.cells) for _index, row in readable}
    ragged = len(readable) == 1 or len(widths) > 1
    return ragged and all("@" in cell for _index, row in readable for cell in row.cells if cell.strip())


def _named(sample: list[Row], column: str) -> tuple[int | None, int]:
    wanted = column.strip().casefold()
    for index, row in enumerate(sample[:HEAD_WITHIN]):
        for place, cell in enumerate(row.cells):
            if cell.strip().casefold() == wanted:
                return index, place
    head, _place = _head_or_none(sample)
    if re.fullmatch(r"[0-9]{1,5}", wanted) and int(wanted) > 0:
        return head, int(wanted) - 1
    if re.fullmatch(r"[a-z]{1,3}", wanted):
        number = 0
        for letter in wanted:
            number = number * 26 + ord(letter) - ord("a") + 1
        return head, number - 1
    raise CannotRead(_("There is no column “%(name)s”.") % {"name": shown(column)}, code="no_column")


def _head_or_none(sample: list[Row]) -> tuple[int | None, int | None]:
    try:
        return _head_and_place(sample)
    except CannotRead:
        return None, None


def heading(cell: str) -> str:
    """A heading without case, spaces, hyphens, and what is said in brackets."""
    return BESIDE_THE_WORD.sub("", unicodedata.normalize("NFKC", cell).casefold()).replace("\ufeff", "")
