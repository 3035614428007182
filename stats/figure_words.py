"""How the console writes figures: numbers, times and parts, in the reader's language and the webinar's zone."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.contrib.humanize.templatetags.humanize import intcomma
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from presence.durations import clock_text
from webinars.models import Webinar

UNKNOWN = "–"
LISTED = 8

Words = Callable[[Any, Webinar], str]


def amount(value: Any, webinar: Webinar) -> str:
    """A number, with one decimal where it has any."""
    if value is None:
        return UNKNOWN
    value = round(value, 1)
    whole = value == int(value)
    return intcomma(int(value)) if whole else number_format(value, decimal_pos=1, use_l10n=True, force_grouping=True)


def length(value: float | None, webinar: Webinar) -> str:
    return clock_text(value)


def share(value: float | None, webinar: Webinar) -> str:
    return UNKNOWN if value is None else f"{value:.1f} %"


def hour(value: datetime | str | None, webinar: Webinar) -> str:
    """The minute in the webinar's zone, with the day where that is not the webinar's first."""
    if value is None:
        return UNKNOWN
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    local = moment.astimezone(webinar.zone)
    same_day = local.date() == webinar.webinar_start_time.astimezone(webinar.zone).date()
    return date_format(local, "H:i" if same_day else pgettext("date format", "j M, H:i"))


def parts(names: Mapping[str, Promise | str]) -> Words:
    """Of a figure that is made of several, those that are there."""

    def write(value: Mapping[str, int], webinar: Webinar) -> str:
        found = [f"{name} {amount(value[key], webinar)}" for key, name in names.items() if value.get(key)]
        return " · ".join(found) or UNKNOWN

    return write


def of_sources(value: Sequence[Mapping[str, Any]], webinar: Webinar) -> str:
    said = [
        _("%(source)s: %(attended)s of %(registered)s")
        % {
            "source": row["source"] or _("no source"),
            "attended": amount(row["attended"], webinar),
            "registered": amount(row["registered"], webinar),
        }
        for row in value[:LISTED]
    ]
    return " · ".join(said) or UNKNOWN


def authors(value: Sequence[Mapping[str, Any]], webinar: Webinar) -> str:
    said = [f"{row['displayName'] or UNKNOWN} {amount(row['messages'], webinar)}" for row in value[:LISTED]]
    return " · ".join(said) or UNKNOWN


DEVICES = {
    "computer": gettext_lazy("computer"),
    "phone": gettext_lazy("phone"),
    "tablet": gettext_lazy("tablet"),
    "unknown": gettext_lazy("not known"),
}
CLOSED = {"exit": gettext_lazy("said goodbye"), "timeout": gettext_lazy("fell silent")}
STATUSES = {
    "pending": gettext_lazy("waiting"),
    "published": gettext_lazy("published"),
    "answered": gettext_lazy("answered"),
    "archived": gettext_lazy("put away"),
}
