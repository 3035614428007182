"""The forms of signing up and in, with our own words beside a field that is not right."""

import unicodedata
from typing import Any

from allauth.account import forms as account
from allauth.account.fields import EmailField
from allauth.account.internal.flows.signup import prevent_enumeration
from allauth.core import context
from django import forms
from django.contrib.auth.hashers import make_password
from django.db import IntegrityError, transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from webinars.plain_address import plain_address
from webinars.services.people import waiting_person
from webinars.sign_in_limits import count_code_guess

LONGEST_CODE = 40
# The session's key of what was typed to sign up to an account that was made before: whose, name and hashed password.
# It counts once this browser has proved the address, since others may be typing the same address.
SIGNED_UP = "signed_up"

_NO_EMAIL = {
    "required": _("Enter your email address."),
    "invalid": _("This is not a whole email address. It looks like name@example.com."),
}
_NO_PASSWORD = {"required": _("Enter your password.")}
_WORDS = {
    "email": _NO_EMAIL,
    "login": _NO_EMAIL,
    "display_name": {"required": _("Enter your name.")},
    "password": _NO_PASSWORD,
    "oldpassword": _NO_PASSWORD,
    "password1": {"required": _("Enter a password.")},
    "password2": {"required": _("Enter the password once more.")},
    "code": {
        "required": _("Enter the code from the email."),
        "max_length": _("That code is not right. Please look at the email again."),
    },
}
_LABELS = {
    "oldpassword": _("Current password"),
    "password1": _("New password"),
    "password2": _("New password, once more"),
    "code": _("Code"),
}
# Codes are read from a mail or an app and typed with capitals or without, or pasted.
_CODE_ATTRIBUTES = {
    "autocomplete": "one-time-code",
    "autocapitalize": "characters",
    "autocorrect": "off",
    "spellcheck": "false",
    "inputmode": "text",
    "maxlength": str(LONGEST_CODE),
}


class PlainEmailField(EmailField):
    def clean(self, value: Any) -> str:
        return plain_address(super().clean(value))


class OwnWords(forms.Form):
    """Our words, and addresses in one way of writing. Django tells what is wrong with no field in its own words."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in list(self.fields.items()):
            if isinstance(field, EmailField):
                plain = PlainEmailField(required=field.required, label=field.label, initial=field.initial)
                field = self.fields[name] = plain
            field.error_messages.update(_WORDS.get(name, {}))
            if isinstance(field, forms.CharField):
                field.widget.attrs.pop("placeholder", None)


class NewPassword(OwnWords):
    """Asks twice, as a password that is typed blind is mistyped, and helps with neither in English."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, label in _LABELS.items():
            if name in self.fields:
                self.fields[name].label = label
        self.fields["password1"].help_text = ""


class CodeInput(OwnWords):
    """A code however it is written: letters of any case and width, with spaces, dashes or without. Each guess counts
    before it is looked at."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code: forms.CharField = self.fields["code"]  # type: ignore[assignment]
        code.label = _LABELS["code"]
        code.widget.attrs.update(_CODE_ATTRIBUTES)

    def clean_code(self) -> str:
        self.count_guess()
        self.cleaned_data["code"] = unicodedata.normalize("NFKC", self.cleaned_data["code"])[:LONGEST_CODE]
        code: str = super().clean_code()  # type: ignore[misc]
        return code

    def count_guess(self) -> None:
        count_code_guess(context.request)


class SignUp(OwnWords, account.SignupForm):
    def try_save(self, request: HttpRequest) -> tuple[Any, Any]:
        """As long for an address that has an account as for a new one, and one account for two calls at once. Where
        an account waits for its owner already, signing up goes on with it."""
        if self.account_already_exists:
            password = self.cleaned_data.get("password1")
            hashed = make_password(password) if password else ""
            if (waiting := waiting_person(self.cleaned_data["email"])) is None:
                return super().try_save(request)
            request.session[SIGNED_UP] = [str(waiting.pk), self.cleaned_data["display_name"].strip(), hashed]
            return waiting, None
        try:
            with transaction.atomic():
                return super().try_save(request)
        except IntegrityError:
            return None, prevent_enumeration(request, email=self.cleaned_data["email"])


class SignIn(OwnWords, account.LoginForm):
    pass


class AskForCode(OwnWords, account.RequestLoginCodeForm):
    pass


class ConfirmSignIn(CodeInput, account.ConfirmLoginCodeForm):
    pass


class ConfirmEmail(CodeInput, account.ConfirmEmailVerificationCodeForm):
    pass


class ChangeEmail(OwnWords, account.ChangeEmailForm):
    pass


class AddEmail(OwnWords, account.AddEmailForm):
    pass


class AskForReset(OwnWords, account.ResetPasswordForm):
    pass


class ResetPassword(NewPassword, account.ResetPasswordKeyForm):
    pass


class ChangePassword(NewPassword, account.ChangePasswordForm):
    pass


class SetPassword(NewPassword, account.SetPasswordForm):
    pass


class ConfirmPassword(OwnWords, account.ReauthenticateForm):
    """Before something that only the account's owner may do."""
