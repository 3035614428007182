from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

MOST_ADDRESSES = 100_000
MOST_BYTES = 20 * 1024 * 1024
LONGEST_TEXT = 200

# Why a line has no address that can be taken, in words that say what to do.
PROBLEMS: dict[str, Promise] = {
    "no_address": _("The place for the address is empty in this line."),
    "not_an_address": _("This is not an email address."),
    "several": _("There is more than one address here. Give each a line of its own."),
    "too_long": _("This address is too long."),
    "foreign_letters": _("Before the @, an address has Latin letters, digits and signs only."),
    "unreadable": _("This line has damaged characters. Write it anew."),
    "open_quote": _("A quotation mark opens here and does not close."),
}


@dataclass(frozen=True, slots=True)
class Found:
    """One address of a list, or what stands in its place. `line` is the file's own, from 1, where the row begins;
    `text` is what stood there, to be recognised by. Either `email` or `problem` (a key of PROBLEMS) is empty."""

    line: int
    email: str
    text: str
    problem: str = ""


class CannotRead(Exception):
    """The whole list is refused. `message` is translated when it is said."""

    def __init__(self, message: Any, *, code: str) -> None:
        super().__init__(code)
        self.message = message
        self.code = code


def too_many() -> CannotRead:
    said = _("A list takes up to %(most)s addresses at a time. Divide it into several files.")
    return CannotRead(said % {"most": f"{MOST_ADDRESSES:,}"}, code="too_many")


def too_large() -> CannotRead:
    said = _("A file may have up to %(most)s MB. Keep only the column of addresses, or divide it.")
    return CannotRead(said % {"most": MOST_BYTES // 2**20}, code="too_large")
