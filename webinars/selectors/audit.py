"""What the audit log says in words (spec 13): entries hold ids only, so names are looked up when they are shown."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from webinars.models import AuditEntry, Message, Question, User, Webinar
from webinars.tombstones import ERASED_PERSON, is_tombstone


@dataclass(frozen=True)
class Names:
    """What the ids of some entries stand for, as far as it still exists."""

    people: Mapping[uuid.UUID, str] = field(default_factory=dict)
    webinars: Mapping[uuid.UUID, Webinar] = field(default_factory=dict)
    numbers: Mapping[str, int] = field(default_factory=dict)

    def person(self, key: uuid.UUID | None) -> str:
        """A person who left no row behind is called as one who was erased."""
        if key is None:
            return _("System")
        return self.people.get(key) or str(ERASED_PERSON)


def names_of(entries: Iterable[AuditEntry]) -> Names:
    """Of all entries at once: four queries at most, none for what no entry names."""
    found = list(entries)
    webinars = {entry.webinar_id for entry in found if entry.webinar_id is not None}
    people = {entry.actor_id for entry in found if entry.actor_id is not None}
    people |= {key for entry in found if entry.subject_type == "member" and (key := uuid_of(entry.subject_id))}
    return Names(
        people=_people(people),
        webinars=Webinar.objects.in_bulk(webinars) if webinars else {},
        numbers={**_numbers(Message, "message", found), **_numbers(Question, "question", found)},
    )


def _people(keys: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not keys:
        return {}
    rows = User.objects.filter(pk__in=keys).values_list("pk", "display_name", "email")
    return {key: name or email for key, name, email in rows if not is_tombstone(key, email)}


def _numbers(model: type[Message] | type[Question], kind: str, entries: list[AuditEntry]) -> dict[str, int]:
    """Messages and questions are known to people by their numbers."""
    keys = {key for entry in entries if entry.subject_type == kind and (key := uuid_of(entry.subject_id))}
    if not keys:
        return {}
    rows = model._default_manager.filter(pk__in=keys).values_list("pk", "seq")
    return {str(key): seq for key, seq in rows}


def uuid_of(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text)
    except ValueError:
        return None
