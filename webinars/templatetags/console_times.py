"""Times as the console writes them: short, in one style."""

from datetime import datetime, timedelta

from django import template
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from webinars.models import Webinar

register = template.Library()


@register.filter
def date_in_zone(webinar: Webinar) -> str:
    """The day on which it starts."""
    return date_format(webinar.webinar_start_time.astimezone(webinar.zone), "DATE_FORMAT")


@register.filter
def step_time(moment: datetime, webinar: Webinar) -> str:
    """When a step of the timeline begins; `step_time.js` writes the same."""
    return date_format(moment.astimezone(webinar.zone), pgettext("date format", "j M, H:i"))


@register.filter
def ago(moment: datetime, now: datetime) -> str:
    """How long a moment is past, in two units at most."""
    if now - moment < timedelta(minutes=1):
        return _("just now")
    # Django writes a comma between the units in every language.
    length = timesince(moment, now).replace(_(", "), pgettext("between two units of time", ", "))
    return _("%(length)s ago") % {"length": length}
