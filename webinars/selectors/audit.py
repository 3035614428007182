"""What the audit log says in words (spec 13): entries hold ids only, so names are looked up when they are shown."""

import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.apps import apps
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from webinars.models import AuditEntry, User, Webinar
from webinars.selectors.standing import Standing
from webinars.tombstones import ERASED_PERSON, is_tombstone


@dataclass(frozen=True)
class Names:
    """What the ids of some entries stand for, as far as it still exists."""

    people: Mapping[uuid.UUID, str] = field(default_factory=dict)
    webinars: Mapping[uuid.UUID, Webinar] = field(default_factory=dict)
    # By model and id, of rows that were edited and the tenants of what happened in no webinar.
    titles: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def person(self, key: uuid.UUID | None) -> str:
        """A person who left no row behind is called as one who was erased."""
        if key is None:
            return _("System")
        return self.people.get(key) or str(ERASED_PERSON)

    def place(self, entry: AuditEntry) -> str | None:
        """The webinar, or else the client or the agency, that it happened in; None for one that is gone, and for the
        installation itself."""
        if entry.webinar_id is not None:
            webinar = self.webinars.get(entry.webinar_id)
            return webinar.title if webinar is not None else None
        if entry.client_id is not None:
            return self.titles.get(("webinars.client", str(entry.client_id)))
        return self.titles.get(("webinars.agency", str(entry.agency_id)))


# Which column names a row of these models; no other is called by more than its kind.
TITLES = {
    "webinars.agency": "name",
    "webinars.client": "name",
    "webinars.webinar": "title",
    "webinars.campaign": "title",
    "webinars.consenttext": "name",
    "django_celery_beat.periodictask": "name",
}


def names_of(entries: Iterable[AuditEntry]) -> Names:
    """Of all entries at once: a query for each kind of thing that any of them names."""
    found = list(entries)
    webinars = {entry.webinar_id for entry in found if entry.webinar_id is not None}
    people = {key for entry in found for key in (entry.actor_id, person_of(entry)) if key is not None}
    return Names(
        people=_people(people),
        webinars=Webinar.objects.in_bulk(webinars) if webinars else {},
        titles=_titles(found),
    )


def _titles(entries: Iterable[AuditEntry]) -> dict[tuple[str, str], str]:
    wanted: dict[str, set[str]] = {}
    for entry in entries:
        model = entry.details.get("model")
        if model in TITLES and entry.action.startswith("console."):
            wanted.setdefault(model, set()).add(entry.subject_id)
        if entry.webinar_id is None and entry.client_id is not None:
            wanted.setdefault("webinars.client", set()).add(str(entry.client_id))
        elif entry.webinar_id is None and entry.agency_id is not None:
            wanted.setdefault("webinars.agency", set()).add(str(entry.agency_id))
    found = {}
    for label, ids in wanted.items():
        rows = apps.get_model(label)._default_manager.filter(pk__in=ids).values_list("pk", TITLES[label])
        found.update({(label, str(key)): str(title) for key, title in rows})
    return found


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


def entries_of(queryset: QuerySet[AuditEntry], standing: Standing) -> QuerySet[AuditEntry]:
    """Those that the person may read: of the tenants that they run, and what is for managers where they are such. By
    lists of ids, so that each tenant's index is read."""
    if standing.is_superuser:
        return queryset
    agencies, clients = standing.tenant_ids("run")
    managed_agencies, managed_clients = standing.tenant_ids("manage_members")
    theirs = _in_tenants(agencies, clients)
    if (agencies, clients) == (managed_agencies, managed_clients):
        return queryset.filter(theirs)
    return queryset.filter(theirs & (Q(managers_only=False) | _in_tenants(managed_agencies, managed_clients)))


def _in_tenants(agencies: list[uuid.UUID], clients: list[uuid.UUID]) -> Q:
    """One condition where there is one kind of tenant: the order of its index is the order of the list."""
    if agencies and clients:
        return Q(agency_id__in=agencies) | Q(client_id__in=clients)
    return Q(client_id__in=clients) if clients else Q(agency_id__in=agencies)
