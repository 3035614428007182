from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from stats.models import AttendanceSeal
from stats.sections.section import Section
from stats.sql.sessions import sessions_of
from webinars.models import Webinar


def figures(webinar: Webinar, now: datetime, may_see_personal: bool) -> dict[str, Any]:
    found = sessions_of(webinar.pk)
    devices = {"phone": found.phones, "tablet": found.tablets, "unknown": found.unknown}
    return {
        "sessions": found.sessions,
        "guestSessions": found.guests,
        "people": found.people,
        "openNow": found.sessions - found.exits - found.timeouts,
        "closedByReason": {"exit": found.exits, "timeout": found.timeouts},
        "averageSeconds": _whole(found.average),
        "medianSeconds": _whole(found.median),
        "devices": {"computer": found.sessions - sum(devices.values()), **devices},
        "sessionsKept": found.people > 0 or not _had_people(webinar),
    }


def _had_people(webinar: Webinar) -> bool:
    return AttendanceSeal.objects.filter(webinar_id=webinar.pk, people_count__gt=0).exists()


def _whole(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds)


SECTION = Section(
    name="sessions",
    title=_("Sessions"),
    figures=figures,
    seconds_when_over=300,
    definitions={
        "sessions": _(
            "Pages of the webinar that were opened, at any time, by people and guests. Reloading opens one."
        ),
        "guestSessions": _("Those that were opened without an account."),
        "people": _("How many different people opened them. Guests are not among them."),
        "openNow": _("Those that were not closed yet, also when nothing was heard of them for some minutes."),
        "closedByReason": _(
            "How they were closed: the page said goodbye (exit), or it fell silent and ended with its last heartbeat "
            "(timeout)."
        ),
        "averageSeconds": _(
            "The average time from opening to closing, of those that were closed, also outside the window."
        ),
        "medianSeconds": _(
            "The time that half of the closed ones were open for at most, and the other half at least."
        ),
        "devices": _(
            "On what they were opened, as far as the browser tells. An estimate: some browsers tell otherwise."
        ),
        "sessionsKept": _(
            "Whether the sessions are still kept. They are deleted some months after sealing; the sealed attendance "
            "stays."
        ),
    },
)
