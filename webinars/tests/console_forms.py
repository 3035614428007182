"""Filling in a webinar's settings as a browser does."""

from django.urls import reverse
from django.utils import timezone


def fields_of(page):
    """What a browser would send of the page's change form."""
    form = page.context["adminform"].form
    data = {}
    for bound in form:
        value = bound.value()
        if hasattr(bound.field, "fields") and hasattr(bound.field.widget, "decompress"):
            parts = bound.field.widget.decompress(value)
            local = [str(part) if part is not None else "" for part in parts]
            data |= {f"{bound.name}_0": local[0], f"{bound.name}_1": local[1]}
        elif value is True:
            data[bound.name] = "on"
        elif value or (value == 0 and value is not False):
            data[bound.name] = value
    return data


def change(browser, webinar, **changes):
    url = reverse("admin:webinars_webinar_change", args=[webinar.pk])
    page = browser.get(url)
    with timezone.override(webinar.zone):
        data = fields_of(page)
    return browser.post(url, {**data, **changes})
