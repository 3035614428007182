"""Forms that the server sends back: the first field to correct has the focus, without any script."""

from django import forms, template
from django.utils.safestring import SafeString

register = template.Library()


@register.filter
def first_bad(form: forms.BaseForm) -> str:
    """The name of the first field with an error; empty when none has one."""
    return next((field.name for field in form.visible_fields() if field.errors), "")


@register.filter
def with_focus(field: forms.BoundField) -> SafeString:
    return field.as_widget(attrs={"autofocus": True})
