"""The forms of signing up and in, with our own words beside a field that is not right."""

from typing import Any

from allauth.account import forms as account
from django import forms
from django.utils.translation import gettext_lazy as _

_NO_EMAIL = {
    "required": _("Enter your email address."),
    "invalid": _("This is not a whole email address. It looks like name@example.com."),
}
_WORDS = {
    "email": _NO_EMAIL,
    "login": _NO_EMAIL,
    "display_name": {"required": _("Enter your name.")},
    "password": {"required": _("Enter your password.")},
    "code": {"required": _("Enter the code from the email.")},
}


class _OwnWords(forms.Form):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            field.error_messages.update(_WORDS.get(name, {}))


class SignUp(_OwnWords, account.SignupForm):
    pass


class SignIn(_OwnWords, account.LoginForm):
    pass


class AskForCode(_OwnWords, account.RequestLoginCodeForm):
    pass


class ConfirmSignIn(_OwnWords, account.ConfirmLoginCodeForm):
    pass


class ConfirmEmail(_OwnWords, account.ConfirmEmailVerificationCodeForm):
    pass


class ChangeEmail(_OwnWords, account.ChangeEmailForm):
    pass


class AskForReset(_OwnWords, account.ResetPasswordForm):
    pass
