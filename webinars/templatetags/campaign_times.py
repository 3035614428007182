"""When registration opens and closes, in the campaign's own zone; the page's script adds the visitor's."""

from datetime import datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils.formats import date_format
from django.utils.translation import pgettext

from webinars.models import Campaign

register = template.Library()


@register.filter
def moment_in_zone(campaign: Campaign, moment: datetime) -> str:
    local = moment.astimezone(ZoneInfo(campaign.time_zone))
    day = date_format(local, pgettext("date format", "l, j F Y"))
    return f"{day} {date_format(local, pgettext('time format', 'H:i'))}"
