"""Every edit in the console is in the audit log (spec 13), in the transaction that makes it, and nowhere else.
Django's own log of changes keeps names and texts."""

import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from typing import Any

from django.contrib.admin.utils import quote
from django.db import models
from django.db.models import Model
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from webinars.models import User, Webinar
from webinars.services import audit

# What is said by its value: choices besides, and never what somebody wrote.
SAID = (
    models.BooleanField,
    models.IntegerField,
    models.FloatField,
    models.DecimalField,
    models.DateField,
    models.TimeField,
    models.DurationField,
    models.UUIDField,
)
# What JSON has by itself; everything else is written as a text (a time zone, a UUID, a length of time).
PLAIN = (str, int, float, list, dict, type(None))
LONGEST_TYPE = 20


@dataclass(frozen=True)
class Edit:
    """What became of one row. `values` has [before, after] of those fields that are said by their value."""

    obj: Model
    act: str
    fields: tuple[str, ...] = ()
    values: dict[str, list[Any]] = field(default_factory=dict)
    key: Any = None  # of a row that is deleted already, and has none any more


class OnRecord:
    """For a ModelAdmin. Fields that a service puts on record by itself are named in `recorded_elsewhere`; rows whose
    every value is about a person have none of them on record (`values_on_record`)."""

    recorded_elsewhere: frozenset[str] = frozenset()
    values_on_record = True

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """Django passes it on to `log_addition` or `log_change`, unread."""
        main = None if add else self._edit("changed", getattr(form, "instance", None), form)
        return [main, *(edit for formset in formsets or () for edit in self._edits(formset))]

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        added = Edit(obj, "added", **said(obj, [f.name for f in obj._meta.concrete_fields], before=None))
        self._record(request, obj, [added, *(edit for edit in message if edit is not None)])

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        edits = message if isinstance(message, list) else [Edit(obj, "changed")]
        self._record(request, obj, [edit for edit in edits if edit is not None])

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        for obj in queryset:
            self._record(request, obj, [deletion_of(obj)])

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """A row's history is what the log says of it, for those who may read that."""
        obj = self.get_object(request, object_id)  # type: ignore[attr-defined]
        if obj is None or not self.allowed(request, "run", obj):  # type: ignore[attr-defined]
            raise Http404
        narrowed = f"webinar={obj.pk}" if isinstance(obj, Webinar) else f"subject={type_of(obj)}:{quote(obj.pk)}"
        return redirect(f"{reverse('admin:webinars_auditentry_changelist')}?{narrowed}")

    def _edits(self, formset: Any) -> Iterable[Edit | None]:
        forms = {id(form.instance): form for form in formset.forms}
        for obj in formset.new_objects:
            yield Edit(obj, "added", **said(obj, [f.name for f in obj._meta.concrete_fields], before=None))
        for obj, _fields in formset.changed_objects:
            yield self._edit("changed", obj, forms[id(obj)])
        for obj in formset.deleted_objects:
            yield replace(deletion_of(obj), key=forms[id(obj)][formset._pk_field.name].value())

    def _edit(self, act: str, obj: Any, form: Any) -> Edit | None:
        names = [name for name in form.changed_data if name not in self.recorded_elsewhere]
        if obj is not None:
            names = [name for name in names if differs(obj, name, form.initial)]
        if not names:
            return None
        if obj is None or not self.values_on_record:
            return Edit(obj, act, tuple(names))
        return Edit(obj, act, **said(obj, names, before=form.initial))

    def _record(self, request: HttpRequest, obj: Any, edits: Iterable[Edit]) -> None:
        agency_id, client_id = self.tenant_of(obj)  # type: ignore[attr-defined]
        for edit in edits:
            record_edit(
                edit if edit.obj is not None else Edit(obj, edit.act, edit.fields),
                actor_id=request.user.pk,
                agency_id=agency_id,
                client_id=client_id,
                webinar_id=obj.pk if isinstance(obj, Webinar) else getattr(obj, "webinar_id", None),
                now=timezone.now(),
            )


def record_edit(
    edit: Edit,
    *,
    actor_id: uuid.UUID | None,
    agency_id: uuid.UUID | None,
    client_id: uuid.UUID | None,
    now: datetime,
    webinar_id: uuid.UUID | None = None,
) -> None:
    obj = edit.obj
    details: dict[str, Any] = {"model": obj._meta.label_lower}
    if edit.fields:
        details["fields"] = list(edit.fields)
    if edit.values:
        details["values"] = edit.values
    if not isinstance(obj, User) and getattr(obj, "user_id", None) is not None:
        details["user_id"] = str(obj.user_id)  # type: ignore[attr-defined]
    audit.record_in(
        f"console.{edit.act}",
        agency_id=agency_id,
        client_id=client_id,
        webinar_id=webinar_id,
        actor_id=actor_id,
        now=now,
        subject_type=type_of(obj),
        subject_id=edit.key or obj.pk,
        details=details,
    )


def type_of(obj: Model) -> str:
    """How entries name the kind of a row: as `details.model` does, without its app; people are people."""
    return "person" if isinstance(obj, User) else str(obj._meta.model_name)[:LONGEST_TYPE]


def deletion_of(obj: Model) -> Edit:
    """With what it was by choice (a role, a state): nothing tells that afterwards."""
    kept = {f.name: [plain(f.value_from_object(obj)), None] for f in obj._meta.concrete_fields if f.choices}
    return Edit(obj, "deleted", values=kept)


def said(obj: Model, names: Iterable[str], *, before: Any) -> dict[str, Any]:
    """`fields` and `values` of an edit. Of a row that is new (`before` is None), only what was filled in."""
    fields = {f.name: f for f in obj._meta.concrete_fields}
    values = {
        name: [None if before is None else plain(before.get(name)), plain(fields[name].value_from_object(obj))]
        for name in names
        if name in fields and is_said(fields[name])
    }
    if before is not None:
        return {"fields": tuple(names), "values": values}
    given = {name for name, one in fields.items() if one.editable and not one.primary_key}
    filled = {name: value for name, value in values.items() if value[1] is not None and name in given}
    return {"values": filled}


def differs(obj: Model, name: str, before: Any) -> bool:
    """Forms take "300" for another choice than 300, and a text left empty for another one than none."""
    fields = {f.name: f for f in obj._meta.concrete_fields}
    return name not in fields or plain(fields[name].value_from_object(obj)) != plain(before.get(name))


def is_said(found: Any) -> bool:
    return bool(found.choices) or found.is_relation or isinstance(found, SAID)


def plain(value: Any) -> Any:
    """As JSON has it."""
    if isinstance(value, Model):
        value = value.pk
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value if isinstance(value, PLAIN) else str(value)
