"""The sections of the statistics as the console's cards: which figures they show, by which name (spec 6, 14)."""

from collections.abc import Mapping
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from stats import figure_words as words
from webinars.models import Webinar


class Shown(NamedTuple):
    """A figure of a section, its short name, and how it is written."""

    figure: str
    title: Promise
    write: words.Words = words.amount


CARDS: dict[str, tuple[Shown, ...]] = {
    "access": (
        Shown("currentParticipants", _("Now")),
        Shown("maxConcurrentParticipants", _("Peak")),
        Shown("peakTime", _("Peak at"), words.hour),
        Shown("avgConcurrentParticipants", _("Average")),
        Shown("totalAttendees", _("People in all")),
    ),
    "watch": (
        Shown("attended", _("Attended")),
        Shown("averageUniqueSeconds", _("Average time"), words.length),
        Shown("medianUniqueSeconds", _("Median time"), words.length),
        Shown("averageVisibleSeconds", _("Average time in front"), words.length),
        Shown("averageAttendancePercent", _("Average share of the window"), words.share),
        Shown("stayed", _("Stayed for 80 %")),
        Shown("stayedPercent", _("Share of those who stayed"), words.share),
        Shown("uncertaintySeconds", _("Uncertain in all"), words.length),
    ),
    "registrants": (
        Shown("registered", _("Registered")),
        Shown("attended", _("Attended")),
        Shown("absent", _("Absent")),
        Shown("attendedPercent", _("Share that attended"), words.share),
        Shown("attendedUnregistered", _("Attended, not registered")),
        Shown("banned", _("Banned")),
        Shown("bySource", _("By source"), words.of_sources),
    ),
    "sessions": (
        Shown("sessions", _("Pages opened")),
        Shown("people", _("By people")),
        Shown("guestSessions", _("By guests")),
        Shown("openNow", _("Open now")),
        Shown("averageSeconds", _("Average time open"), words.length),
        Shown("medianSeconds", _("Median time open"), words.length),
        Shown("closedByReason", _("How they closed"), words.parts(words.CLOSED)),
        Shown("devices", _("Devices"), words.parts(words.DEVICES)),
    ),
    "chat": (
        Shown("messages", _("Messages")),
        Shown("authors", _("People who wrote")),
        Shown("messagesByHosts", _("By hosts")),
        Shown("deleted", _("Deleted")),
        Shown("mostPerMinute", _("Most in a minute")),
        Shown("busiestMinute", _("Busiest minute"), words.hour),
        Shown("topAuthors", _("Wrote most"), words.authors),
    ),
    "qa": (
        Shown("questions", _("Questions")),
        Shown("answered", _("Answered")),
        Shown("answeredLive", _("Answered live")),
        Shown("answeredPercent", _("Share that was answered"), words.share),
        Shown("askers", _("People who asked")),
        Shown("anonymous", _("Asked anonymously")),
        Shown("upvotes", _("Votes")),
        Shown("medianSecondsToAnswer", _("Median time to the answer"), words.length),
        Shown("byStatus", _("Where they stand"), words.parts(words.STATUSES)),
    ),
}


def cards_of(sections: Mapping[str, Mapping[str, Any]], webinar: Webinar) -> list[dict[str, Any]]:
    """Of the answer of `stats.sections.statistics`; what it leaves out is not shown."""
    return [
        {
            "name": name,
            "title": section["title"],
            "figures": [
                {
                    "name": f"{name}-{shown.figure}",
                    "title": str(shown.title),
                    "text": shown.write(section["figures"][shown.figure], webinar),
                    "definition": section["definitions"][shown.figure],
                }
                for shown in CARDS[name]
                if shown.figure in section["figures"]
            ],
        }
        for name, section in sections.items()
    ]
