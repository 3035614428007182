"""A webinar as an iCalendar event (RFC 5545), for "add to calendar"."""

import re
from datetime import UTC, datetime, timedelta

from webinars.models import Webinar

LINE_OCTETS = 75
UNKNOWN_LENGTH = timedelta(hours=1)
# Whatever ends a line for some reader, and what no line may hold: a text must not add lines of its own to the file.
LINE_ENDS = re.compile("\r\n|[\n\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
CONTROLS = re.compile("[\x00-\x09\x0e-\x1f\x7f-\x9f]")


def calendar_file(*, webinar: Webinar, url: str, now: datetime) -> str:
    """One VEVENT, times in UTC. The identifier stays the same, so that a changed time replaces the old entry."""
    window = webinar.content_window
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//EventFlow//Webinars//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{webinar.id}@eventflow",
        f"DTSTAMP:{_moment(now)}",
        f"LAST-MODIFIED:{_moment(webinar.updated_at)}",
        f"DTSTART:{_moment(window.start)}",
        f"DTEND:{_moment(window.end or window.start + UNKNOWN_LENGTH)}",
        f"SUMMARY:{_text(webinar.title)}",
        f"DESCRIPTION:{_text(webinar.description)}",
        f"URL:{url}",
        f"LOCATION:{url}",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        "TRIGGER:-PT10M",
        f"DESCRIPTION:{_text(webinar.title)}",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _text(value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return CONTROLS.sub(" ", LINE_ENDS.sub("\\\\n", escaped))


def _folded(line: str) -> str:
    """Lines of at most 75 octets, never split inside a character."""
    folded, room = "", LINE_OCTETS
    for character in line:
        size = len(character.encode())
        if size > room:
            folded += "\r\n "
            room = LINE_OCTETS - 1
        folded += character
        room -= size
    return folded
