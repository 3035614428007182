"""The numbers and the health lines of the console's home."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.selectors.console import Sampling, figures_of, machinery, sampling_state
from webinars.admin import home
from webinars.selectors.standing import Standing


def facts(standing: Standing, now: datetime) -> list[home.Fact]:
    sampling = sampling_state(standing.webinars("see_statistics"), now=now)
    found = machinery(now=now)
    # Beat saves its times every few minutes only; a fresh sample proves it alive sooner.
    on_time = found["beat"].ok or (sampling.newest is not None and not sampling.late)
    return [
        home.Fact(_("Counting"), not sampling.late, sampling_text(sampling, now)),
        home.Fact(
            _("Jobs"),
            on_time,
            _("On time") if on_time else _("Late: the minute's count may be missing. Check worker and beat."),
        ),
        home.Fact(
            _("Live updates"),
            found["redis"].ok,
            _("Working") if found["redis"].ok else _("Redis is away: pages fall back to polling. Nothing is lost."),
        ),
    ]


def sampling_text(sampling: Sampling, now: datetime) -> str:
    if not sampling.running:
        return _("Nothing to count now")
    if sampling.newest is None:
        return _("No sample yet; one is taken every minute")
    seconds = max(0, int((now - sampling.newest).total_seconds()))
    if seconds < 120:
        return ngettext("Last sample %(n)d second ago", "Last sample %(n)d seconds ago", seconds) % {"n": seconds}
    minutes = seconds // 60
    return ngettext("Last sample %(n)d minute ago", "Last sample %(n)d minutes ago", minutes) % {"n": minutes}


home.figures.append(figures_of)
home.facts.append(facts)
