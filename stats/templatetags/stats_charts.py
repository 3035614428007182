"""A chart's rows as the server writes them; `chart_texts.js` writes the same."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django import template

from stats.figure_words import amount
from webinars.models import Webinar
from webinars.templatetags.console_times import step_time

register = template.Library()


@register.filter
def chart_place(cell: str | float, webinar: Webinar) -> str:
    """The first column: a time, or minutes."""
    return step_time(datetime.fromisoformat(cell), webinar) if isinstance(cell, str) else amount(cell, webinar)


@register.filter
def chart_value(cell: float | None, webinar: Webinar) -> str:
    return amount(cell, webinar)


@register.filter
def has_values(chart: Mapping[str, Any]) -> bool:
    drawn = [number for number, style in enumerate(chart["series"], 1) if style]
    return any(row[number] is not None for row in chart["rows"] for number in drawn)
