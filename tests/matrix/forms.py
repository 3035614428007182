"""What a browser sends of the console's forms."""

from collections.abc import Callable, Mapping
from typing import Any

from django import forms

from tests.matrix.asking import Asked, ask
from tests.matrix.world import World

EMPTY_ROWS = {"TOTAL_FORMS": 0, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000}


def rows_sent(prefix: str, **values: Any) -> dict[str, Any]:
    return {f"{prefix}-{name}": value for name, value in {**EMPTY_ROWS, **values}.items()}


# A whole new row in tenant A, by the model's label. What is not here is sent empty.
ADD_FORMS: dict[str, Callable[[World], Mapping[str, Any]]] = {
    "webinars.webinar": lambda world: {
        "title": "New",
        "slug": "new-one",
        "client": world.rows["webinars.client"].pk,
        "time_zone": "Asia/Seoul",
        "webinar_start_time_0": "2030-01-01",
        "webinar_start_time_1": "10:00",
        "webinar_scheduled_end_time_0": "2030-01-01",
        "webinar_scheduled_end_time_1": "11:00",
        "post_window_minutes": 30,
        "state": "draft",
        "access_policy": "auth",
        "language": "ko",
        "player": "youtube",
        "duplicate_login_policy": "replace",
        "bucket_seconds": 300,
        "chat_slow_seconds": 0,
        "interval_overrides": "{}",
    },
    "webinars.agency": lambda world: {"name": "New", "slug": "new-agency", **rows_sent("members")},
    "webinars.client": lambda world: {
        "agency": world.rows["webinars.agency"].pk,
        "name": "New",
        "slug": "new-client",
        **rows_sent("members"),
    },
    "webinars.agencymember": lambda world: {
        "agency": world.rows["webinars.agency"].pk,
        "email": "attendee@people.test",
        "role": "viewer",
    },
    "webinars.clientmember": lambda world: {
        "client": world.rows["webinars.client"].pk,
        "email": "attendee@people.test",
        "role": "viewer",
    },
    "webinars.campaign": lambda world: {
        "title": "New",
        "slug": "new-campaign",
        "client": world.rows["webinars.client"].pk,
        "time_zone": "Asia/Seoul",
        "phone": "not_asked",
        **rows_sent("questions"),
    },
    "webinars.consenttext": lambda world: {
        "name": "New",
        "client": world.rows["webinars.client"].pk,
        "label": "I agree",
        "body": "To everything",
    },
    "webinars.invitation": lambda world: {
        "place": f"client:{world.rows['webinars.client'].pk}",
        "role": "viewer",
        "emails": "somebody@people.test",
        "language": "ko",
    },
}


# What is changed on the way, so that something is there to be written.
CHANGED: dict[str, dict[str, Any]] = {
    "webinars.webinar": {"title": "Changed"},
    "webinars.registration": {"role": "presenter"},
    "webinars.campaign": {"title": "Changed"},
    "webinars.consenttext": {"label": "Changed"},
}


def sent_form(world: World, path: str, label: str) -> dict[str, Any]:
    """Everything on a change page, as the super admin's browser would send it back; empty where there is no form."""
    kept: dict[str, dict[str, Any]] = world.__dict__.setdefault("forms", {})
    if path not in kept:
        page, _wrote = ask(world, "super_admin", Asked("GET", path))
        found = fields_of(page.context) if page.status_code == 200 and page.context else {}
        kept[path] = {**found, **CHANGED.get(label, {})} if found else {}
    return kept[path]


def fields_of(context: Any) -> dict[str, Any]:
    if "adminform" not in context:
        return {}
    data = fields_of_form(context["adminform"].form)
    for inline in context["inline_admin_formsets"]:
        data |= fields_of_form(inline.formset.management_form)
        for form in inline.formset.initial_forms:
            data |= fields_of_form(form)
    return data


def fields_of_form(form: Any) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for bound in form:
        value, name = bound.value(), bound.html_name
        if isinstance(bound.field.widget, forms.MultiWidget):
            parts = bound.field.widget.decompress(value)
            data |= {f"{name}_{place}": text_of(part) for place, part in enumerate(parts)}
        elif value is True:
            data[name] = "on"
        elif isinstance(value, (list, tuple)):
            data[name] = [text_of(part) for part in value]
        elif value is not None and value is not False and value != "":
            data[name] = text_of(value)
    return data


def text_of(value: Any) -> str:
    return "" if value is None else str(getattr(value, "pk", value))
