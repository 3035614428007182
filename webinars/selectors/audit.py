"""What the audit log says in words (spec 13): entries hold ids only, so names are looked up when they are shown."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from webinars.models import AuditEntry, User, Webinar
from webinars.tombstones import ERASED_PERSON, is_tombstone


@dataclass(frozen=True)
class Names:
    """What the ids of some entries stand for, as far as it still exists."""

    people: Mapping[uuid.UUID, str] = field(default_factory=dict)
    webinars: Mapping[uuid.UUID, Webinar] = field(default_factory=dict)

    def person(self, key: uuid.UUID | None) -> str:
        """A person who left no row behind is called as one who was erased."""
        if key is None:
            return _("System")
        return self.people.get(key) or str(ERASED_PERSON)


def names_of(entries: Iterable[AuditEntry]) -> Names:
    """Of all entries at once: two queries at most, none for what no entry names."""
    found = list(entries)
    webinars = {entry.webinar_id for entry in found if entry.webinar_id is not None}
    people = {key for entry in found for key in (entry.actor_id, person_of(entry)) if key is not None}
    return Names(people=_people(people), webinars=Webinar.objects.in_bulk(webinars) if webinars else {})


def person_of(entry: AuditEntry) -> uuid.UUID | None:
    """To whom it was done: the person, or the author of the message."""
    return uuid_of(entry.subject_id if entry.subject_type == "person" else entry.details.get("user_id"))


def _people(keys: set[uuid.UUID]) -> dict[uuid.UUID, str]:
    if not keys:
        return {}
    rows = User.objects.filter(pk__in=keys).values_list("pk", "display_name", "email")
    return {key: name or email for key, name, email in rows if not is_tombstone(key, email)}


def uuid_of(value: object) -> uuid.UUID | None:
    try:
        return uuid.UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
