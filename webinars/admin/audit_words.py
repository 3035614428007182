"""Each act of the audit log in words."""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from webinars.admin.audit_acts import ACCOUNT_CHANGES, ACTS, METHODS, SEEN
from webinars.admin.audit_edits import UNKNOWN, changes_of, thing_of
from webinars.models import AuditEntry, Registration, Role
from webinars.selectors.audit import Names, person_of

ROLES = dict([*Registration.RoomRole.choices, *Role.choices])


def title_of(entry: AuditEntry) -> str:
    known = ACTS.get(entry.action)
    return str(known.title) if known is not None else entry.action


def sentence_of(entry: AuditEntry, names: Names, zone: ZoneInfo) -> str:
    """What was done, to whom or to what. An act that has no words here is shown by its name."""
    known = ACTS.get(entry.action)
    if known is None:
        return entry.action
    return str(known.sentence) % words_of(entry, names, zone)


def words_of(entry: AuditEntry, names: Names, zone: ZoneInfo) -> dict[str, Any]:
    kept = entry.details
    return {
        "number": kept.get("seq", UNKNOWN),
        "person": names.person(person_of(entry)),
        "role": ROLES.get(kept.get("to") or kept.get("role") or "", UNKNOWN),
        "until": _moment(kept.get("until"), zone),
        "settings": _settings(entry),
        "planned_end": _moment((kept.get("planned_end") or [None])[-1], zone),
        "version": kept.get("version", UNKNOWN),
        "what": SEEN.get(kept.get("what", ""), kept.get("what", UNKNOWN)),
        "format": str(kept.get("format", UNKNOWN)).upper(),
        "count": kept.get("count", UNKNOWN),
        "method": _method(kept),
        "account": ACCOUNT_CHANGES.get(kept.get("what", ""), UNKNOWN),
        "thing": thing_of(entry, names),
        "changes": changes_of(entry, zone),
    }


def _method(kept: dict[str, Any]) -> str:
    said = str(METHODS.get(kept.get("method", ""), UNKNOWN))
    return _("%(method)s and second factor") % {"method": said} if kept.get("second_factor") else said


def _moment(found: Any, zone: ZoneInfo) -> str:
    moment = parse_datetime(found) if isinstance(found, str) else None
    return full_time(moment, zone) if moment is not None and moment.tzinfo is not None else UNKNOWN


def full_time(moment: datetime, zone: ZoneInfo) -> str:
    """To the second, in a zone that it names."""
    local = moment.astimezone(zone)
    return f"{date_format(local, 'SHORT_DATE_FORMAT')} {local:%H:%M:%S} ({local:%Z})"


def _on_or_off(value: Any) -> str:
    return pgettext("switch", "on") if value else pgettext("switch", "off")


def _slow(value: Any) -> str:
    return _("%(seconds)s s") % {"seconds": value} if value else pgettext("switch", "off")


def _moderated(value: Any) -> str:
    return _("a host publishes them") if value else _("shown at once")


# The webinar's fields that entries keep as [before, after], and how a value is said.
SETTINGS: dict[str, tuple[Any, Callable[[Any], str]]] = {
    "chat_enabled": (gettext_lazy("chat"), _on_or_off),
    "chat_slow_seconds": (gettext_lazy("slow mode"), _slow),
    "questions_enabled": (gettext_lazy("questions"), _on_or_off),
    "questions_moderated": (gettext_lazy("new questions"), _moderated),
}


def _settings(entry: AuditEntry) -> str:
    """What they became; of blocked words only how many came and went."""
    kept = entry.details
    said = [f"{title} {say(kept[name][-1])}" for name, (title, say) in SETTINGS.items() if kept.get(name)]
    if words := kept.get("blocked_words"):
        said.append(_("blocked words +%(added)s −%(removed)s") % {name: words.get(name, 0) for name in WORDS})
    return ", ".join(said) or UNKNOWN


WORDS = ("added", "removed")
