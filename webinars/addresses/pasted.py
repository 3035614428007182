"""What people paste: one address per line, or several with commas, semicolons or spaces between; "Name <a@b>" too."""

import re
from collections.abc import Iterator

from webinars.addresses.address import found_in
from webinars.addresses.found import MOST_ADDRESSES, Found, too_many

# Up to the next separator; those in quotes or brackets belong to a name. Each part takes what the one before left.
PIECE = re.compile(r'(?:"[^"]*"|<[^<>]*>|[^,;\t])+')
LINE_END = re.compile(r"\r\n|\r|\n")


def pasted(text: str) -> Iterator[Found]:
    """Raises CannotRead when there are too many."""
    count = 0
    for number, line in enumerate(LINE_END.split(text), start=1):
        for found in in_line(number, line):
            count += 1
            if count > MOST_ADDRESSES:
                raise too_many()
            yield found


def in_line(number: int, line: str) -> Iterator[Found]:
    return (found for piece in PIECE.findall(line) for found in _in_piece(number, piece))


def _in_piece(number: int, piece: str) -> Iterator[Found]:
    """Words without an @ beside one with it are somebody's name; several words with one are as many addresses."""
    if not piece.strip():
        return
    words = piece.split()
    if "<" in piece or sum("@" in word for word in words) < 2:
        yield found_in(number, piece)
        return
    for word in words:
        yield found_in(number, word)
