"""What people fill in at a webinar's door."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from webinars.consent_form import ConsentFields

LONGEST_ADDRESS = 254


class AddressForm(forms.Form):
    """One field: the address by which somebody enters."""

    email = forms.EmailField(
        label=_("Email address"),
        max_length=LONGEST_ADDRESS,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "placeholder": "name@example.com"}),
        error_messages={
            "required": _("Enter your email address."),
            "invalid": _("This is not a whole email address. It looks like name@example.com."),
            "max_length": _("This is not a whole email address. It looks like name@example.com."),
        },
    )


class RegisterForm(ConsentFields):
    """The step between proving an address and taking a seat, where there is something to ask."""

    display_name = forms.CharField(
        label=_("Name"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_("This is how others see you in the chat."),
    )

    def __init__(self, *args: Any, asks_name: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks_name:
            del self.fields["display_name"]

    @property
    def asks(self) -> bool:
        return bool(self.fields)

    @property
    def name_rows(self) -> list[forms.BoundField]:
        return [self["display_name"]] if "display_name" in self.fields else []
