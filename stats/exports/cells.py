"""What people called themselves, and times and lengths, as cells that no spreadsheet takes for anything else."""

import re
import unicodedata
from datetime import date, datetime, timedelta, tzinfo

LONGEST_TEXT = 32_767  # Excel's, in UTF-16 units
MARKS = frozenset("=+-@＝＋－＠﹦﹢﹣﹫−")
# What XML does not allow, what other controls do to a line, and the line ends that are no controls.
CONTROLS = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufffe\uffff]+")
DAY_ZERO = date(1899, 12, 30).toordinal()


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


def for_workbook(text: str | None) -> str:
    """`plain`. Cells of a workbook say that they are text; only what looks like XlsxWriter's own mark-up of rich text
    needs a blank, or it would be taken for it."""
    clean = plain(text)
    return f"{clean[: LONGEST_TEXT - 1]} " if clean.startswith("<r>") and clean.endswith("</r>") else clean


def _begins_like_formula(text: str) -> bool:
    for letter in text:
        if not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Mn", "Zs"):
            return letter in MARKS
    return False


def local(moment: datetime, zone: tzinfo) -> datetime:
    """On the zone's clock, to the second, without a zone: spreadsheets know none."""
    return moment.astimezone(zone).replace(tzinfo=None, microsecond=0)


def day_number(moment: datetime, zone: tzinfo) -> float:
    """The same as spreadsheets count: days since the end of 1899."""
    clock = moment.astimezone(zone)
    return clock.toordinal() - DAY_ZERO + (clock.hour * 3600 + clock.minute * 60 + clock.second) / 86_400


def offset_text(moment: datetime, zone: tzinfo) -> str:
    """How far the zone's clock is ahead of UTC at that moment: UTC+09:00."""
    return f"UTC{moment.astimezone(zone).isoformat(timespec='minutes')[16:]}"


def offset_changes(zone: tzinfo, start: datetime, end: datetime) -> bool:
    """Whether the zone's clock is put forward or back between two moments."""
    moments = [start, end]
    while moments[-2] + timedelta(days=1) < end:
        moments.insert(-1, moments[-2] + timedelta(days=1))
    return len({moment.astimezone(zone).utcoffset() for moment in moments}) > 1
