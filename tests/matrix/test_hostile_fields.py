"""Every field of the console's forms is sent what no table takes, or more than anybody writes: an error beside the
field or a saved row, never a 500 (spec 17)."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect

from tests.matrix.asking import Asked, ask
from tests.matrix.forms import ADD_FORMS, fields_of
from tests.matrix.introspection import console_models
from tests.matrix.world import World

NUL = "a\x00b"
MANY = "x" * 30_000  # in every field at once, within what Django takes of a form
MOST = "x" * 1_000_000
ESCAPED = ('{"a": "\\u0000"}', '["\\ud800"]')  # what JSON says without containing it
# Django shows a choice that it looks up by its id again, and fails at what is none: super admins only.
NOT_TYPED = (forms.CheckboxInput, forms.FileInput, AutocompleteSelect)
PAGES = [(path, kind) for path in console_models() for kind in ("add", "change")]


def test_the_console_has_forms() -> None:
    assert len(PAGES) == 2 * len(site._registry)


@pytest.mark.parametrize(("path", "kind"), PAGES, ids=[f"{path} {kind}" for path, kind in PAGES])
def test_no_field_breaks_its_page(world: World, path: str, kind: str) -> None:
    label = console_models()[path].opts.label_lower
    row = world.rows.get(label)
    url = f"{path}add/" if kind == "add" else f"{path}{getattr(row, 'pk', 0)}/change/"
    page, _wrote = ask(world, "super_admin", Asked("GET", url))
    if page.status_code != 200 or not page.context or "adminform" not in page.context:
        assert page.status_code < 500
        return
    whole = dict(ADD_FORMS[label](world)) if kind == "add" and label in ADD_FORMS else fields_of(page.context)
    fields = dict(typed_fields(page.context))
    json = [name for name, field in fields.items() if isinstance(field, forms.JSONField)]

    def sent(values: Mapping[str, str]) -> Any:
        answer, _wrote = ask(world, "super_admin", Asked("POST", url, body={**whole, **values}))
        assert answer.status_code < 500, (list(values), next(iter(values.values()))[:9])
        return answer

    for everywhere, alone in ((NUL, NUL), (MANY, MOST)):
        taken = set(fields) - refused(sent(dict.fromkeys(fields, everywhere)))
        for name in taken:
            sent({name: alone})
    for name in json:
        for text in ESCAPED:
            sent({name: text})


def typed_fields(context: Any) -> Iterator[tuple[str, forms.Field]]:
    """By the names that a browser sends them under."""
    for form in forms_of(context):
        for bound in form:
            widget = bound.field.widget
            if isinstance(widget, forms.MultiWidget):
                yield from ((f"{bound.html_name}_{place}", bound.field) for place in range(len(widget.widgets)))
            elif not isinstance(getattr(widget, "widget", widget), NOT_TYPED):
                yield bound.html_name, bound.field


def refused(answer: Any) -> set[str]:
    """The names of the fields that have an error beside them."""
    if not answer.context or "adminform" not in answer.context:
        return set()
    wrong = {form[name].html_name for form in forms_of(answer.context) for name in form.errors if name in form.fields}
    return wrong | {f"{name}_{place}" for name in wrong for place in range(2)}


def forms_of(context: Any) -> list[Any]:
    rows = [form for inline in context["inline_admin_formsets"] for form in inline.formset.initial_forms]
    return [context["adminform"].form, *rows]
