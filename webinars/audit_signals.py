"""What Django and django-allauth tell of sign-ins and accounts, for the audit log."""

from typing import Any

from allauth.account import signals as account
from allauth.account.authentication import get_authentication_records
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.socialaccount import signals as social
from django.contrib.auth.signals import user_logged_out, user_login_failed
from django.http import HttpRequest
from django.utils import timezone

from webinars.models import User
from webinars.services.account_audit import record_account_act, record_failed_sign_in, record_wrong_password

METHODS = {"password": "password", "code": "code", "socialaccount": "social", "password_reset": "password_reset"}


def connect() -> None:
    account.user_logged_in.connect(_signed_in, dispatch_uid="audit")
    user_logged_out.connect(_signed_out, dispatch_uid="audit")
    user_login_failed.connect(_wrong_password, dispatch_uid="audit")
    account.login_code_rejected.connect(_wrong_code, dispatch_uid="audit")
    mfa.authentication_failed.connect(_wrong_second_factor, dispatch_uid="audit")
    for password in (account.password_changed, account.password_set, account.password_reset):
        password.connect(_password, dispatch_uid="audit")
    for email in (account.email_changed, account.email_added, account.email_removed):
        email.connect(_email, dispatch_uid="audit")
    mfa.authenticator_added.connect(_factor_on, dispatch_uid="audit")
    mfa.authenticator_reset.connect(_factor_on, dispatch_uid="audit")
    mfa.authenticator_removed.connect(_factor_off, dispatch_uid="audit")
    social.social_account_added.connect(_linked, dispatch_uid="audit")
    social.social_account_removed.connect(_unlinked, dispatch_uid="audit")


def _signed_in(request: HttpRequest, user: User, **_more: Any) -> None:
    records = get_authentication_records(request, user)
    names = [METHODS[record["method"]] for record in records if record.get("method") in METHODS]
    details: dict[str, Any] = {"method": names[-1] if names else "sign_up"}
    if any(record.get("method") == "mfa" for record in records):
        details["second_factor"] = True
    record_account_act("sign_in", user=user, actor_id=user.pk, now=timezone.now(), details=details)


def _signed_out(user: Any, **_more: Any) -> None:
    if isinstance(user, User):
        record_account_act("sign_out", user=user, actor_id=user.pk, now=timezone.now())


def _wrong_password(credentials: dict[str, Any], **_more: Any) -> None:
    address = credentials.get("email") or credentials.get("username")
    if isinstance(address, str):
        record_wrong_password(address=address, now=timezone.now())


def _wrong_code(user: Any, **_more: Any) -> None:
    if isinstance(user, User):
        record_failed_sign_in(user=user, method="code", now=timezone.now())


def _wrong_second_factor(user: User, **_more: Any) -> None:
    record_failed_sign_in(user=user, method="second_factor", now=timezone.now())


def _password(user: User, **_more: Any) -> None:
    _changed(user, "password")


def _email(user: User, **_more: Any) -> None:
    _changed(user, "email")


def _factor_on(user: User, authenticator: Authenticator, **_more: Any) -> None:
    codes = authenticator.type == Authenticator.Type.RECOVERY_CODES
    _changed(user, "recovery_codes" if codes else "factor_on")


def _factor_off(user: User, authenticator: Authenticator, **_more: Any) -> None:
    """Recovery codes go with the last factor."""
    if authenticator.type != Authenticator.Type.RECOVERY_CODES:
        _changed(user, "factor_off")


def _linked(sociallogin: Any, **_more: Any) -> None:
    _changed(sociallogin.user, "linked", provider=sociallogin.account.provider)


def _unlinked(socialaccount: Any, **_more: Any) -> None:
    _changed(socialaccount.user, "unlinked", provider=socialaccount.provider)


def _changed(user: User, what: str, **more: str) -> None:
    details = {"what": what, **more}
    record_account_act("account.changed", user=user, actor_id=user.pk, now=timezone.now(), details=details)
