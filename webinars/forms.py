from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from webinars.models import User


class SignupForm(forms.Form):
    """What signing up asks beyond email and password."""

    display_name = forms.CharField(
        label=_("Name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("This is how others see you in the chat."),
    )

    field_order = ["email", "display_name", "password1"]

    def signup(self, request: HttpRequest, user: Any) -> None:
        assert isinstance(user, User)
        user.display_name = self.cleaned_data["display_name"].strip()
        user.save(update_fields=["display_name"])
