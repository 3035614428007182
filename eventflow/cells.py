"""What people wrote, as cells that no spreadsheet takes for anything else."""

import re
import unicodedata

LONGEST_TEXT = 32_767  # Excel's, in UTF-16 units
MARKS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫−")
# What XML does not allow, what other controls do to a line, and the line ends that are no controls.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")


def plain(text: str | None) -> str:
    """One line of text without control characters, at most as long as a cell."""
    if not text:
        return ""
    if text.isprintable() and len(text) * 2 <= LONGEST_TEXT:  # nearly all of them
        return text
    clean = CONTROLS.sub(" ", text)
    if len(clean) * 2 <= LONGEST_TEXT:
        return clean
    return clean.encode("utf-16-le")[: LONGEST_TEXT * 2].decode("utf-16-le", errors="ignore")


def for_csv(text: str | None) -> str:
    """`plain`, and nothing that a spreadsheet would compute: what begins like a formula, after whatever is not seen,
    gets an apostrophe. So does what follows a semicolon, where a cell ends for the spreadsheets of many countries.
    """
    return ";".join(f"'{part}" if _begins_like_formula(part) else part for part in plain(text).split(";"))


def _begins_like_formula(text: str) -> bool:
    for letter in text:
        if not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Mn", "Zs"):
            return letter in MARKS
    return False
