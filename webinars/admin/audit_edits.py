"""Edits in the console in words: what was edited, which fields, and how those changed that are kept with their
values."""

from typing import Any
from zoneinfo import ZoneInfo

from django.apps import apps
from django.db import models
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from webinars.models import AuditEntry
from webinars.selectors.audit import Names, person_of

UNKNOWN = "–"


def thing_of(entry: AuditEntry, names: Names) -> str:
    """The kind of row and what it is called, as far as it is still there."""
    model = model_of(entry)
    kind = str(model._meta.verbose_name) if model is not None else str(entry.details.get("model", UNKNOWN))
    title = names.titles.get((str(entry.details.get("model")), entry.subject_id))
    if title is None and person_of(entry) is not None:
        title = names.person(person_of(entry))
    return _("%(kind)s “%(title)s”") % {"kind": kind, "title": title} if title else kind


def changes_of(entry: AuditEntry, zone: ZoneInfo) -> str:
    """Of a change every field; of what was added or deleted only the role, which nothing else tells."""
    model, details = model_of(entry), entry.details
    values = details.get("values") if isinstance(details.get("values"), dict) else {}
    fields = list(details.get("fields") or [])
    if entry.action != "console.changed":
        fields = [name for name in values if name == "role"]
    said = [_change(model, name, values.get(name), zone) for name in fields]
    return ": " + ", ".join(said) if said else ""


def model_of(entry: AuditEntry) -> type[models.Model] | None:
    try:
        return apps.get_model(str(entry.details.get("model", "")))
    except (LookupError, ValueError):  # of an app that is no more
        return None


def _change(model: type[models.Model] | None, name: str, values: Any, zone: ZoneInfo) -> str:
    field = next((one for one in model._meta.get_fields() if one.name == name), None) if model is not None else None
    title = str(getattr(field, "verbose_name", name))
    if not isinstance(values, list) or len(values) != 2 or field is None or field.is_relation:
        return title
    before, after = (_value(field, value, zone) for value in values)
    if values[0] is None or values[1] is None:
        return f"{title} {after if values[1] is not None else before}"
    return f"{title} {before} → {after}"


def _value(field: Any, value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return pgettext("switch", "on") if value else pgettext("switch", "off")
    if field.choices:
        return str(dict(field.flatchoices).get(value, value))
    moment = parse_datetime(value) if isinstance(value, str) and isinstance(field, models.DateTimeField) else None
    if moment is not None and moment.tzinfo is not None:
        return date_format(moment.astimezone(zone), "SHORT_DATETIME_FORMAT")
    return str(value)
