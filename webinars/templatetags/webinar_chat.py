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
TRAILING = ".,;:!?…。、"
BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"))
PARTICLE = re.compile(
    r"(?<=[a-z0-9/])(?:에서|에게|에는|에도|에|으로|로|은|는|이|가|을|를|와|과|의|도|입니다|이에요|예요)$",
    re.IGNORECASE,
)


@register.filter
def linked(body: str) -> SafeString:
    """The text escaped, its web addresses as links."""
    parts: list[tuple[SafeString]] = []
    end = 0
    for found in ADDRESS.finditer(body):
        address = _trimmed(found.group())
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


def _trimmed(found: str) -> str:
    """A sentence's own stop, bracket or Korean particle after an address is not part of it."""
    address = PARTICLE.sub("", found.rstrip(TRAILING))
    for opening, closing in BRACKETS:
        while address.endswith(closing) and address.count(closing) > address.count(opening):
            address = address[:-1]
    return address.rstrip(TRAILING)


@register.filter
def clock_time(moment: datetime, webinar: Webinar) -> str:
    """The hour and minute in the webinar's zone; the page's script writes the visitor's."""
    return date_format(moment.astimezone(webinar.zone), pgettext("time format", "H:i"))
