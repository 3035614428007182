"""The chat as the server renders it; `message_list.js` and `linkify.js` do the same in the page."""

import re
from datetime import datetime

from django import template
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from webinars.models import Webinar

register = template.Library()

ADDRESS = re.compile(r"https?://[^\s<>\"'`]+", re.IGNORECASE)
TRAILING = ".,;:!?…。、)]}"


@register.filter
def linked(body: str) -> SafeString:
    """The text escaped, its web addresses as links."""
    parts: list[tuple[SafeString]] = []
    end = 0
    for found in ADDRESS.finditer(body):
        address = found.group().rstrip(TRAILING)
        parts.append((format_html("{}", body[end : found.start()]),))
        parts.append(
            (
                format_html(
                    '<a href="{}" target="_blank" rel="noopener noreferrer nofollow ugc">{}</a>', address, address
                ),
            )
        )
        end = found.start() + len(address)
    parts.append((format_html("{}", body[end:]),))
    return format_html_join("", "{}", parts)


@register.filter
def clock_time(moment: datetime, webinar: Webinar) -> str:
    """The hour and minute in the webinar's zone; the page's script writes the visitor's."""
    return date_format(moment.astimezone(webinar.zone), pgettext("time format", "H:i"))
