"""Where django-allauth's second factor meets ours: words, the QR code, how secrets are kept, and that every code of an
authenticator app is taken once (spec 1)."""

import base64
import hashlib
import re
import unicodedata
from typing import Any, ClassVar

from allauth.core import context
from allauth.core.internal.cryptokit import compare_user_code
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base import forms as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.forms import ActivateTOTPForm
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value, yield_hotp_counters_from_time
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from webinars.account_forms import LONGEST_CODE, CodeInput
from webinars.models import User
from webinars.selectors.second_factor import FACTORS, agencies_requiring
from webinars.sign_in_limits import count_factor_guess

# How what is encrypted begins. Secrets from before are read as they are.
SEALED = "sealed:"
# The key in an authenticator's data of the newest moment (a count of TOTP periods) whose code was taken.
TAKEN = "taken"


class FactorAdapter(DefaultMFAAdapter):
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultMFAAdapter.error_messages,
        "cannot_delete_authenticator": _(
            "An agency of which you are a member asks for a second factor, so it stays on. Leave the agency first."
        ),
        "cannot_generate_recovery_codes": _("Set up an authenticator app first."),
        "incorrect_code": _("That code is not right. Look at the app again: codes change every half minute."),
        "unverified_email": _("Confirm or remove the unconfirmed address of your account first."),
    }

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Not the last one of a member whose agency asks for it: they would shut themselves out."""
        others = Authenticator.objects.filter(user=authenticator.user, type__in=FACTORS).exclude(pk=authenticator.pk)
        return others.exists() or not agencies_requiring(authenticator.user)

    def get_totp_issuer(self) -> str:
        return "EventFlow"

    def build_totp_svg(self, url: str) -> str:
        """To be put into the page as it is: the policy of our pages admits neither styles nor scripts in it."""
        svg: str = super().build_totp_svg(url)
        return re.sub(r"^<\?xml[^>]*\?>\s*", "", svg)

    def encrypt(self, text: str) -> str:
        return SEALED + _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """Sealed by a key that is gone, a secret is no secret of anybody: no code fits it."""
        if not encrypted_text.startswith(SEALED):
            return encrypted_text
        try:
            return _box().decrypt(encrypted_text.removeprefix(SEALED).encode()).decode()
        except InvalidToken:
            return ""


def _box() -> MultiFernet:
    """By SECRET_KEY; its former values open what they sealed."""
    return MultiFernet(
        Fernet(base64.urlsafe_b64encode(hashlib.sha256(f"second factor:{key}".encode()).digest()))
        for key in (settings.SECRET_KEY, *getattr(settings, "SECRET_KEY_FALLBACKS", ()))
    )


def take_code(factor: Authenticator, code: str) -> bool:
    """Whether the code fits, once: the moment that it is of is written down, and earlier ones are over with it."""
    if factor.type != Authenticator.Type.TOTP:
        return bool(factor.wrap().validate_code(code))
    with transaction.atomic():
        row = Authenticator.objects.select_for_update().get(pk=factor.pk)
        secret = FactorAdapter().decrypt(row.data["secret"])
        moment = _moment_of(secret, code) if secret else None
        if moment is None or moment <= row.data.get(TAKEN, 0):
            return False
        row.data[TAKEN] = moment
        row.save(update_fields=["data"])
    factor.data = row.data
    return True


def remember_setting_up(request: HttpRequest, factor: Authenticator) -> None:
    """The code that switched the app on is taken too."""
    factor.data[TAKEN] = request.allauth.set_up_at  # type: ignore[attr-defined]
    factor.save(update_fields=["data"])


def _moment_of(secret: str, code: str) -> int | None:
    fits = [
        moment
        for moment in yield_hotp_counters_from_time()
        if compare_user_code(actual=code, expected=format_hotp_value(hotp_value(secret, moment)))
    ]
    return max(fits, default=None)


class FactorCode(CodeInput):
    """Six digits of the app, or a recovery code."""

    user: User

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        code = self.fields["code"]
        code.error_messages["required"] = _("Enter the code from the app.")
        code.widget.attrs["inputmode"] = "numeric"

    def count_guess(self) -> None:
        count_factor_guess(context.request, self.user)

    def clean_code(self) -> str:
        self.count_guess()
        code = unicodedata.normalize("NFKC", self.cleaned_data["code"])[:LONGEST_CODE]
        factors = list(Authenticator.objects.filter(user=self.user).exclude(type=Authenticator.Type.WEBAUTHN))
        for factor in factors:
            if take_code(factor, code):
                factor.user = self.user
                self.authenticator = factor
                return code
        if factors:
            self._emit_authentication_failed(factors[0])  # type: ignore[attr-defined]  # of django-allauth's forms
        raise ValidationError(FactorAdapter.error_messages["incorrect_code"], code="incorrect_code")


class EnterFactor(FactorCode, mfa.AuthenticateForm):
    pass


class ConfirmByFactor(FactorCode, mfa.ReauthenticateForm):
    pass


class SetUpApp(CodeInput, ActivateTOTPForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].label = _("Code from the app")
        self.fields["code"].error_messages["required"] = _("Enter the code from the app.")
        self.fields["code"].widget.attrs["inputmode"] = "numeric"

    def count_guess(self) -> None:
        """The secret is on the page: there is nothing to guess."""

    def clean_code(self) -> str:
        code = super().clean_code()
        context.request.allauth.set_up_at = _moment_of(self.secret, code) or 0
        return code
