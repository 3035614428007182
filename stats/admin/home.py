"""The numbers and the health lines of the console's home."""

from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from stats.selectors.console import Overdue, Sampling, figures_of, machinery, overdue_seals, sampling_state
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
        sealing(overdue_seals(standing.webinars("see_statistics"), now=now)),
    ]


def sealing(overdue: Overdue) -> home.Fact:
    if overdue.newest is None:
        return home.Fact(_("Sealing"), True, _("Nothing is overdue"))
    text = _("“%(title)s” is over and not sealed yet") % {"title": overdue.newest.title}
    more = overdue.webinars - 1
    if more:
        others = ngettext("and %(n)d more", "and %(n)d more", more) % {"n": more}
        text = f"{text}, {others}"
    url = reverse("admin:webinars_webinar_attendance", args=[overdue.newest.pk])
    return home.Fact(_("Sealing"), False, text, url)


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
