from datetime import datetime, timedelta

from django import template
from django.utils.formats import date_format

from presence.durations import clock_text
from stats.figure_words import hour
from webinars.models import Webinar

register = template.Library()


@register.filter
def as_clock(length: timedelta | None) -> str:
    """Hours, minutes and seconds as 1:02:03, whichever way the time goes."""
    return clock_text(abs(length.total_seconds()) if length is not None else None)


@register.filter
def as_duration(seconds: float | None) -> str:
    """Seconds as 1:02:03."""
    return clock_text(seconds)


@register.filter
def full_time(moment: datetime, webinar: Webinar) -> str:
    """A day and its minute in the webinar's zone."""
    return date_format(moment.astimezone(webinar.zone), "DATETIME_FORMAT")


@register.filter
def hour_in_zone(moment: datetime, webinar: Webinar) -> str:
    """The minute, with the day where that is not the webinar's first."""
    return hour(moment, webinar)
