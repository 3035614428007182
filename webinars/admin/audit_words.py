"""Each act of the audit log in words."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from webinars.models import AuditEntry, Registration
from webinars.selectors.audit import Names, person_of

UNKNOWN = "–"


@dataclass(frozen=True)
class Act:
    """`title` stands in the filter; `sentence` says one entry, with `number`, `person`, `until` or `settings`."""

    title: Any
    sentence: Any


ACTS: dict[str, Act] = {
    "message.deleted": Act(gettext_lazy("Message deleted"), gettext_lazy("Deleted message %(number)s by %(person)s")),
    "message.restored": Act(
        gettext_lazy("Message restored"), gettext_lazy("Restored message %(number)s by %(person)s")
    ),
    "member.muted": Act(gettext_lazy("Person muted"), gettext_lazy("Muted %(person)s until %(until)s")),
    "member.unmuted": Act(gettext_lazy("Person unmuted"), gettext_lazy("Unmuted %(person)s")),
    "member.banned": Act(gettext_lazy("Person banned"), gettext_lazy("Banned %(person)s")),
    "member.unbanned": Act(gettext_lazy("Ban lifted"), gettext_lazy("Lifted the ban of %(person)s")),
    "member.role_changed": Act(
        gettext_lazy("Role changed"), gettext_lazy("Changed the role of %(person)s to %(role)s")
    ),
    "room.changed": Act(gettext_lazy("Room changed"), gettext_lazy("Changed the room: %(settings)s")),
    "notice.set": Act(gettext_lazy("Notice set"), pgettext_lazy("audit log", "Set the notice")),
    "notice.cleared": Act(gettext_lazy("Notice cleared"), gettext_lazy("Cleared the notice")),
    "question.published": Act(gettext_lazy("Question published"), gettext_lazy("Published question %(number)s")),
    "question.archived": Act(gettext_lazy("Question archived"), gettext_lazy("Archived question %(number)s")),
    "question.restored": Act(gettext_lazy("Question restored"), gettext_lazy("Restored question %(number)s")),
    "question.answered": Act(gettext_lazy("Question answered"), gettext_lazy("Answered question %(number)s")),
    "question.answer_withdrawn": Act(
        gettext_lazy("Answer taken back"), gettext_lazy("Took back the answer to question %(number)s")
    ),
    "question.pinned": Act(gettext_lazy("Question pinned"), gettext_lazy("Pinned question %(number)s")),
    "question.unpinned": Act(gettext_lazy("Question unpinned"), gettext_lazy("Unpinned question %(number)s")),
    "chat.exported": Act(gettext_lazy("Chat exported"), gettext_lazy("Exported the chat")),
    "questions.exported": Act(gettext_lazy("Questions exported"), gettext_lazy("Exported the questions")),
}


def title_of(entry: AuditEntry) -> str:
    known = ACTS.get(entry.action)
    return str(known.title) if known is not None else entry.action


def sentence_of(entry: AuditEntry, names: Names, zone: ZoneInfo) -> str:
    """What was done, to whom or to what. An act that has no words here is shown by its name."""
    known = ACTS.get(entry.action)
    if known is None:
        return entry.action
    return str(known.sentence) % {
        "number": entry.details.get("seq", UNKNOWN),
        "person": names.person(person_of(entry)),
        "role": dict(Registration.RoomRole.choices).get(entry.details.get("to", ""), UNKNOWN),
        "until": _until(entry, zone),
        "settings": _settings(entry),
    }


def _until(entry: AuditEntry, zone: ZoneInfo) -> str:
    found = entry.details.get("until")
    until = parse_datetime(found) if isinstance(found, str) else None
    return full_time(until, zone) if until is not None else UNKNOWN


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
