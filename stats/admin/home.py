"""The numbers and the health lines of the console's home."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.selectors.console import figures_of, machinery, sampling_is_late
from webinars.admin import home
from webinars.selectors.standing import Standing


def facts(standing: Standing, now: datetime) -> list[home.Fact]:
    late, newest = sampling_is_late(standing.webinars("see_statistics"), now=now)
    found = machinery(now=now)
    return [
        home.Fact(_("Counting"), not late, age_text(newest, now)),
        home.Fact(
            _("Jobs"),
            found["beat"].ok,
            _("On time") if found["beat"].ok else _("Late: the minute's count may be missing. Check worker and beat."),
        ),
        home.Fact(
            _("Live updates"),
            found["redis"].ok,
            _("Working") if found["redis"].ok else _("Redis is away: pages fall back to polling. Nothing is lost."),
        ),
    ]


def age_text(newest: datetime | None, now: datetime) -> str:
    if newest is None:
        return _("Nothing to count now")
    seconds = max(0, int((now - newest).total_seconds()))
    if seconds < 120:
        return ngettext("Last sample %(n)d second ago", "Last sample %(n)d seconds ago", seconds) % {"n": seconds}
    minutes = seconds // 60
    return ngettext("Last sample %(n)d minute ago", "Last sample %(n)d minutes ago", minutes) % {"n": minutes}


home.figures.append(figures_of)
home.facts.append(facts)
