"""The sections of a webinar's statistics: `stats?sections=` (spec 6).

A feature adds a module with its `SECTION` and a line below.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from stats.sections import access, chat, qa, registrants, sessions, watch
from stats.sections.section import CACHE_SECONDS, Section
from stats.shared_answers import shared
from webinars.models import Webinar

# Open pages that fell silent are closed by then.
SWEPT_WITHIN = timedelta(minutes=5)

SECTIONS: dict[str, Section] = {
    section.name: section
    for section in (
        access.SECTION,
        sessions.SECTION,
        watch.SECTION,
        registrants.SECTION,
        chat.SECTION,
        qa.SECTION,
    )
}


def statistics(
    webinar: Webinar, *, names: Sequence[str], may_see_personal: bool, now: datetime
) -> tuple[datetime, dict[str, dict[str, Any]]]:
    """The named sections, and as of when the oldest of their figures is: a few seconds ago, up to a minute where they
    take long to count, and what cannot change any more up to five minutes.

    Definitions are in the language that is active, for the figures that are there.
    """
    moments, found = [], {}
    for name in names:
        section = SECTIONS[name]
        as_of, figures = _figures(section, webinar, may_see_personal=may_see_personal, now=now)
        moments.append(as_of)
        found[name] = {
            "title": str(section.title),
            "figures": figures,
            "definitions": {figure: str(section.definitions[figure]) for figure in figures},
        }
    return min(moments, default=now), found


def _figures(
    section: Section, webinar: Webinar, *, may_see_personal: bool, now: datetime
) -> tuple[datetime, dict[str, Any]]:
    seconds = section.seconds_when_over if _is_over(webinar, now) else CACHE_SECONDS
    return shared(
        "section",
        f"{section.name}:{webinar.pk}:{'personal' if may_see_personal else 'plain'}:{seconds}",
        lambda: (now, section.figures(webinar, now, may_see_personal)),
        seconds=seconds,
    )


def _is_over(webinar: Webinar, now: datetime) -> bool:
    """Whether it has ended, and the last page was closed or given up."""
    closes = webinar.collect_window.end
    given_up = timedelta(seconds=settings.SESSION_STALE_SECONDS) + SWEPT_WITHIN
    return webinar.state == Webinar.State.ENDED and closes is not None and now > closes + given_up
