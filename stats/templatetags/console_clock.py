from datetime import timedelta

from django import template

register = template.Library()


@register.filter
def as_clock(length: timedelta | None) -> str:
    """Hours, minutes and seconds as 1:02:03, whichever way the time goes."""
    if length is None:
        return "–"
    seconds = abs(int(length.total_seconds()))
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"
