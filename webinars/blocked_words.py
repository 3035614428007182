"""Words that a room does not want to read (spec 9): how texts are compared with them.

Texts and words are brought into one form first, so that full-width letters, capitals, invisible characters and wide
spaces hide nothing. A word of Latin letters and digits counts only as a word of its own ("class" does not contain
"ass"); any other, such as a Korean one, which carries its particles behind it, counts wherever it stands.
"""

import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from webinars.models.webinar import BLOCKED_WORD_MAX_LENGTH

MOST_BLOCKED_WORDS = 200

# Characters that show nothing although Unicode counts them as letters or marks: fillers, joiners, variation selectors.
_UNSEEN = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0100-\U000e01ef]")
# Shows as a blank although Unicode counts it as a symbol.
_BLANK = "\u2800"
# Single Korean letters, which people write as such, as their keyboards make them: by the form that they get otherwise.
_LETTERS = {ord(unicodedata.normalize("NFKC", letter)): letter for letter in map(chr, range(0x3131, 0x3164))}
_PLAIN = re.compile(r"[a-z0-9]+(?: [a-z0-9]+)*")
# What a plain word may not touch, if it is to be a word of its own.
_LATIN = "a-z0-9\u00e0-\u024f"


class UnfitWords(ValueError):
    """A list that cannot be kept; `message` says why, for people."""

    def __init__(self, message: Any) -> None:
        super().__init__(message)
        self.message = message


def normalised(text: str) -> str:
    """The form in which texts are compared. Bringing it there twice changes nothing."""
    while (after := _once(text)) != text:
        text = after
    return text


def _once(text: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    seen = (" " if c.isspace() or c == _BLANK else c for c in _UNSEEN.sub("", folded))
    words = "".join(c for c in seen if unicodedata.category(c) not in ("Cf", "Cc")).split()
    return " ".join(words).translate(_LETTERS)


def shows_nothing(text: str) -> bool:
    """Whether a reader would see an empty line."""
    return not normalised(text)


def kept_words(words: Iterable[str]) -> list[str]:
    """A list of words as it is kept: in the form in which texts are compared, each once, in the order given, without
    empty ones. Raises UnfitWords for too many, and for one that is too long."""
    kept = list(dict.fromkeys(filter(None, map(normalised, words))))
    if len(kept) > MOST_BLOCKED_WORDS:
        raise UnfitWords(_("A room has %(most)s blocked words at most.") % {"most": MOST_BLOCKED_WORDS})
    for word in kept:
        if len(word) > BLOCKED_WORD_MAX_LENGTH:
            longest = {"word": word, "most": BLOCKED_WORD_MAX_LENGTH}
            raise UnfitWords(_("“%(word)s” is too long: a blocked word has %(most)s characters at most.") % longest)
    return kept


def has_blocked(text: str, words: Iterable[str]) -> bool:
    """Whether `text` holds one of `words`, which are as `kept_words` made them."""
    words = list(words)
    if not words:
        return False
    form = normalised(text)
    return any(word in form and (not _PLAIN.fullmatch(word) or _stands_alone(word, form)) for word in words)


def _stands_alone(word: str, form: str) -> bool:
    return re.search(f"(?<![{_LATIN}]){re.escape(word)}(?![{_LATIN}])", form) is not None
