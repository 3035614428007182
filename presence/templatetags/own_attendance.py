"""A person's own minutes, for `templates/presence/own_attendance.html`."""

from typing import Any

from django import template

from presence.selectors.own_attendance import own_time
from webinars.models import User, Webinar

register = template.Library()


@register.simple_tag
def own_minutes(webinar: Webinar, user: Any) -> int:
    """Whole minutes the person was in the webinar; 0 for a stranger."""
    return round(own_time(webinar=webinar, user=user).total_seconds() / 60) if isinstance(user, User) else 0
