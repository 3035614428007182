"""Times on the clocks of a webinar's zone, also in the nights in which they are changed (spec 2)."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from django.utils.formats import date_format

from webinars.models import Webinar


def moments_of(wall: datetime, zone: ZoneInfo) -> list[datetime]:
    """The moments at which the clocks of `zone` show `wall`, a naive time, in UTC and in order: one; two in the hour
    that autumn repeats; none in the hour that spring leaves out."""
    found = sorted({wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)})
    return [moment for moment in found if on_the_clock(moment, zone) == wall.replace(fold=0)]


def on_the_clock(moment: datetime, zone: ZoneInfo) -> datetime:
    """What the clocks of `zone` show at `moment`, as a naive time."""
    return moment.astimezone(zone).replace(tzinfo=None, fold=0)


def is_repeated(moment: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of `zone` show the same twice that night."""
    return len(moments_of(on_the_clock(moment, zone), zone)) > 1


def in_words(moment: datetime, webinar: Webinar) -> str:
    """“4 Mar 2026, 16:30 (Asia/Seoul)”; in a repeated hour also which of the two it is."""
    local = moment.astimezone(webinar.zone)
    which = f", {local:%Z}" if is_repeated(moment, webinar.zone) else ""
    return f"{date_format(local, 'DATETIME_FORMAT')} ({webinar.time_zone}{which})"
