"""What people called themselves, and times and lengths, as cells that no spreadsheet takes for anything else."""

from datetime import date, datetime, timedelta, tzinfo

from eventflow.cells import LONGEST_TEXT
from eventflow.cells import MARKS as MARKS
from eventflow.cells import for_csv as for_csv
from eventflow.cells import plain as plain

DAY_ZERO = date(1899, 12, 30).toordinal()


def for_workbook(text: str | None) -> str:
    """`plain`. Cells of a workbook say that they are text; only what looks like XlsxWriter's own mark-up of rich text
    needs a blank, or it would be taken for it."""
    clean = plain(text)
    return f"{clean[: LONGEST_TEXT - 1]} " if clean.startswith("<r>") and clean.endswith("</r>") else clean


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
