"""When a webinar is, written in its own zone; the page's script adds the visitor's."""

from datetime import datetime, timedelta

from django import template
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from webinars.models import Webinar

register = template.Library()


@register.filter
def day_in_zone(webinar: Webinar) -> str:
    return date_format(_local(webinar, webinar.webinar_start_time), pgettext("date format", "l, j F Y"))


@register.filter
def hours_in_zone(webinar: Webinar) -> str:
    """From start to end, or the start alone while the end is unknown. When the clocks are changed in between, with the
    zone's two names; when it is longer than a day, with the day of the end."""
    hour = pgettext("time format", "H:i")
    window = webinar.content_window
    start = _local(webinar, window.start)
    if window.end is None:
        return date_format(start, hour)
    end = _local(webinar, window.end)
    is_long = window.end - window.start >= timedelta(days=1)
    texts = date_format(start, hour), date_format(end, pgettext("date format", "j M, H:i") if is_long else hour)
    if start.utcoffset() != end.utcoffset():
        return f"{texts[0]} {start:%Z} – {texts[1]} {end:%Z}"
    return " – ".join(texts)


@register.filter
def doors_hour(webinar: Webinar) -> str:
    return date_format(_local(webinar, webinar.collect_window.start), pgettext("time format", "H:i"))


@register.filter
def zone_name(webinar: Webinar) -> str:
    """The zone as people say it."""
    if webinar.time_zone == "Asia/Seoul":
        return _("Korea time")
    if webinar.time_zone in ("UTC", "Etc/UTC"):
        return "UTC"
    return _("%(city)s time") % {"city": webinar.time_zone.rsplit("/", 1)[-1].replace("_", " ")}


@register.filter
def minutes_long(webinar: Webinar) -> int | None:
    window = webinar.content_window
    return round((window.end - window.start).total_seconds() / 60) if window.end else None


@register.filter
def cover_tone(webinar: Webinar) -> int:
    """Which of the four drawn covers stands in for a missing picture; always the same for one webinar."""
    return webinar.id.int % 4 + 1


def _local(webinar: Webinar, moment: datetime) -> datetime:
    return moment.astimezone(webinar.zone)
