"""Who is registered in a webinar, as a file: what they said in its campaign, and what they agreed to (spec 3, 12)."""

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, NamedTuple

from allauth.account.models import EmailAddress
from django.db.models import F, Func, JSONField, Max, Min, Q, QuerySet
from django.db.models.fields.json import KeyTextTransform
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

from eventflow.cells import plain
from stats.exports.cells import offset_changes
from stats.exports.columns import Column, columns_of, times
from stats.exports.room import ROWS_AT_ONCE, RoomFile
from webinars.models import (
    CampaignEntry,
    CampaignQuestion,
    ConsentGiven,
    ConsentText,
    ConsentVersion,
    Registration,
    Webinar,
)
from webinars.tombstones import is_tombstone

# As `Registered`.
REGISTERED = ("user_id", "role", "source", "answers", "registered_at", "user__email", "user__display_name")


class Registered(NamedTuple):
    user_id: uuid.UUID
    role: str
    source: str
    answers: dict[str, Any]
    registered_at: datetime
    email: str
    name: str


class Entry(NamedTuple):
    user_id: uuid.UUID
    name: str
    email: str
    phone: str
    answers: list[dict[str, Any]]
    proven_at: datetime | None


class RegistrationsFile(RoomFile):
    """In the order in which people registered. One column for each question of the webinar's campaign, also those that
    are not asked any more; three for each consent text that somebody answered or that is asked: whether they agreed,
    to which version, and when."""

    kind = "registrations"
    moments = ("registered_at",)
    columns = (
        Column("name", "text", pgettext_lazy("column", "Name"), 22),
        Column("email", "text", pgettext_lazy("column", "Email"), 30),
        Column("phone", "text", pgettext_lazy("column", "Phone number"), 18),
        Column("role", "text", pgettext_lazy("column", "Role"), 12),
        *times("registered", pgettext_lazy("column", "Registered")),
        Column("source", "text", pgettext_lazy("column", "Came through"), 16),
        Column("proven", "text", pgettext_lazy("column", "Address proven"), 12),
    )
    meanings: ClassVar[Mapping[str, Promise]] = {
        "name": gettext_lazy("As the person registered in the campaign, else as their account is called."),
        "proven": gettext_lazy(
            "Yes: the person entered a code that was sent to the address. No: somebody typed it, and nobody checked."
        ),
    }

    def __init__(self, webinar: Webinar, *, now: datetime) -> None:
        super().__init__(webinar, now=now)
        self.roles = {value: str(label) for value, label in Registration.RoomRole.choices}
        self.others = pgettext("column", "Other answers")

    def everything(self) -> QuerySet[Registration]:
        return Registration.objects.filter(webinar=self.webinar)

    def sheet_title(self) -> str:
        return pgettext("sheet", "Registrations")

    @cached_property
    def questions(self) -> dict[str, str]:
        """Labels by id: those that are asked in their order, then those that only older entries answered."""
        campaign_id = self.webinar.registration_campaign_id
        if campaign_id is None:
            return {}
        asked = CampaignQuestion.objects.filter(campaign_id=campaign_id).order_by("position", "label", "pk")
        labels = {str(question.pk): question.label for question in asked}
        each = Func(F("answers"), function="jsonb_array_elements", output_field=JSONField())
        said = KeyTextTransform("question", each), KeyTextTransform("label", each)
        answered = CampaignEntry.objects.filter(campaign_id=campaign_id).order_by().values_list(*said).distinct()
        found: set[tuple[str, str]] = set(answered)
        for key, label in sorted(found):
            labels.setdefault(key, label)
        return labels

    @cached_property
    def texts(self) -> dict[uuid.UUID, str]:
        """Names of consent texts by id."""
        campaign_id = self.webinar.registration_campaign_id
        asked = Q(is_asked=True, client=self.webinar.client_id) & (
            Q(campaign=None) | Q(campaign=campaign_id) if campaign_id else Q(campaign=None)
        )
        answered = Q(pk__in=self._given().order_by().values("version__text"))
        found = ConsentText.objects.filter(asked | answered).order_by("created_at", "name")
        return dict(found.values_list("pk", "name"))

    @cached_property
    def shown_columns(self) -> list[Column]:
        first_last = {f"{end.name}": end("registered_at") for end in (Min, Max)}
        consents = {f"{end.name}": end("at") for end in (Min, Max)}
        found = [
            *self.everything().order_by().aggregate(**first_last).values(),
            *self._given().order_by().aggregate(**consents).values(),
        ]
        known = [moment for moment in found if moment is not None]
        changes = bool(known) and offset_changes(self.webinar.zone, min(known), max(known))
        return columns_of((*self.columns, *self._own_columns()), with_offsets=changes)

    def _own_columns(self) -> Iterator[Column]:
        for key, label in self.questions.items():
            yield Column(f"answer {key}", "text", plain(label), 30)
        if self.everything().exclude(answers={}).exists():
            yield Column("others", "text", self.others, 30)
        version, time = pgettext("column", "version"), pgettext("column", "time")
        for text_id, name in self.texts.items():
            yield Column(f"given {text_id}", "text", plain(name), 14)
            yield Column(f"version {text_id}", "number", plain(f"{name}: {version}"), 10)
            yield from times(f"at {text_id}", plain(f"{name}: {time}"))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Some hundred at a time, without a cursor that is held while somebody's line is slow; of all of them, only
        the ids are in memory."""
        keys = list(self.everything().order_by("registered_at", "pk").values_list("pk", flat=True))
        for start in range(0, len(keys), ROWS_AT_ONCE):
            page = self.everything().filter(pk__in=keys[start : start + ROWS_AT_ONCE])
            yield from self._page(page.order_by("registered_at", "pk"))

    def cells(self, row: Registration) -> dict[str, Any]:
        return next(self._page(self.everything().filter(pk=row.pk)))

    def _page(self, page: QuerySet[Registration]) -> Iterator[dict[str, Any]]:
        """Four queries for however many rows, as tuples: of 100,000 people, models would be 700,000 objects."""
        registrations = [Registered(*row) for row in page.values_list(*REGISTERED)]
        people = [registration.user_id for registration in registrations]
        campaign_id = self.webinar.registration_campaign_id
        found = CampaignEntry.objects.filter(campaign_id=campaign_id, user__in=people) if campaign_id else None
        entries = {row[0]: Entry(*row) for row in found.values_list(*Entry._fields)} if found is not None else {}
        proven = set(EmailAddress.objects.filter(user__in=people, verified=True).values_list("user_id", flat=True))
        agreed = self._agreed(people)
        for registration in registrations:
            user_id = registration.user_id
            entry = entries.get(user_id)
            yield {
                **self.no_consents,
                **self._person(registration, entry, is_proven=user_id in proven),
                **self._said(registration, entry),
                **agreed[user_id],
            }

    def _person(self, registration: Registered, entry: Entry | None, *, is_proven: bool) -> dict[str, Any]:
        erased = is_tombstone(registration.user_id, registration.email)
        return {
            "name": self.erased_person if erased else entry.name if entry is not None else registration.name,
            "email": "" if erased else entry.email if entry is not None else registration.email,
            "phone": entry.phone if entry is not None and not erased else "",
            "role": self.roles[registration.role],
            "registered": registration.registered_at,
            "source": registration.source,
            "proven": self.no_or_yes[is_proven or (entry is not None and entry.proven_at is not None)],
        }

    def _said(self, registration: Registered, entry: Entry | None) -> dict[str, Any]:
        said = {answer["question"]: answer["answer"] for answer in entry.answers} if entry is not None else {}
        others = "\n".join(f"{key}: {value}" for key, value in registration.answers.items())
        return {**{f"answer {key}": _text(said.get(key, "")) for key in self.questions}, "others": others}

    @cached_property
    def versions(self) -> dict[uuid.UUID, tuple[uuid.UUID, int]]:
        """Text and number by id."""
        found = ConsentVersion.objects.filter(text__in=list(self.texts)).values_list("pk", "text_id", "number")
        return {pk: (text_id, number) for pk, text_id, number in found}

    @cached_property
    def no_consents(self) -> dict[str, Any]:
        return {key: cell for pk in self.texts for key, cell in _answer_to(pk, "", None, None).items()}

    def _agreed(self, people: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, dict[str, Any]]:
        """By person; of several answers to a text, the newest."""
        cells: dict[uuid.UUID, dict[str, Any]] = defaultdict(dict)
        given = self._given().filter(user__in=people).order_by("pk")
        for user_id, version_id, is_given, at in given.values_list("user_id", "version_id", "is_given", "at"):
            if version_id in self.versions:  # else it was published while this file is written
                text_id, number = self.versions[version_id]
                cells[user_id] |= _answer_to(text_id, self.no_or_yes[is_given], number, at)
        return cells

    def _given(self) -> QuerySet[ConsentGiven]:
        """In this webinar, and in its campaign."""
        places = Q(webinar=self.webinar)
        if self.webinar.registration_campaign_id is not None:
            places |= Q(campaign=self.webinar.registration_campaign_id)
        return ConsentGiven.objects.filter(places)


def _text(answer: str | list[str]) -> str:
    return ", ".join(answer) if isinstance(answer, list) else answer


def _answer_to(text_id: uuid.UUID, given: str, version: int | None, at: datetime | None) -> dict[str, Any]:
    return {f"given {text_id}": given, f"version {text_id}": version, f"at {text_id}": at}
