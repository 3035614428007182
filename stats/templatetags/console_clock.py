from datetime import timedelta

from django import template

from presence.durations import clock_text

register = template.Library()


@register.filter
def as_clock(length: timedelta | None) -> str:
    """Hours, minutes and seconds as 1:02:03, whichever way the time goes."""
    return clock_text(abs(length.total_seconds()) if length is not None else None)
