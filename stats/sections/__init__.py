"""The sections of a webinar's statistics: `stats?sections=` (spec 6).

A feature adds a module with its `SECTION` and a line below.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.core.cache import cache

from stats.sections import access, chat, qa, registrants, sessions, watch
from stats.sections.section import Section
from webinars.models import Webinar

CACHE_SECONDS = 5

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
    """The named sections, and as of when the oldest of their figures is: a few seconds ago at most.

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
    key = f"stats-section:{section.name}:{webinar.pk}:{'personal' if may_see_personal else 'plain'}"
    cached: tuple[datetime, dict[str, Any]] | None = cache.get(key)
    if cached is not None:
        return cached
    answer = now, section.figures(webinar, now, may_see_personal)
    cache.set(key, answer, CACHE_SECONDS)
    return answer
