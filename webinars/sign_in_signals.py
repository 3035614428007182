"""What follows from signing in and out, and from changes of how one signs in."""

from typing import Any

from allauth.account import signals as account
from allauth.account.models import EmailAddress
from allauth.core import context
from allauth.mfa import signals as mfa
from allauth.mfa.models import Authenticator
from allauth.usersessions.internal.flows.sessions import end_other_sessions
from django.contrib.auth.signals import user_logged_out
from django.db import transaction
from django.http import HttpRequest

from webinars.account_forms import SIGNED_UP
from webinars.models import User
from webinars.second_factor import remember_setting_up
from webinars.services.sign_ins import SIGN_IN, forget_sign_in, move_sign_in, number_of_sign_in
from webinars.social_accounts import link_waiting_account


def connect() -> None:
    """After django-allauth's own, which write the row that a session is listed by."""
    account.user_logged_in.connect(_signed_in)
    user_logged_out.connect(_signed_out)
    account.authentication_step_completed.connect(_step_done)
    for signal in (account.password_changed, account.password_set):
        signal.connect(_password_changed)
    account.password_reset.connect(_password_reset)
    mfa.authenticator_added.connect(_factor_added)
    mfa.authenticator_removed.connect(_factor_changed)


def _signed_in(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    request.session[SIGN_IN] = number_of_sign_in(request.session.session_key)
    link_waiting_account(request, user)


def _signed_out(sender: Any, request: HttpRequest, user: User | None, **kwargs: Any) -> None:
    forget_sign_in(request.session.get(SIGN_IN))


def _step_done(sender: Any, request: HttpRequest, user: User, method: str, **details: Any) -> None:
    """Whoever signs in by a code has proved the address. What others may have set up in an account for it, before
    anybody had proved it, goes: they cannot have been its owner."""
    if method != "code" or not (address := details.get("email")):
        return
    request.session.pop(SIGNED_UP, None)
    row, _is_new = EmailAddress.objects.get_or_create(
        user=user,
        email=address,
        defaults={"primary": not EmailAddress.objects.filter(user=user, primary=True).exists()},
    )
    if row.verified or _is_new or user.is_staff or user.is_superuser:
        return
    if user.has_usable_password():
        user.set_unusable_password()
        user.save(update_fields=["password"])


def _password_changed(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    """The session goes on under a new key; all others are over by what Django keeps in them, and are unlisted."""
    number = request.session.get(SIGN_IN)
    if number is not None:
        move_sign_in(number, session_key=request.session.session_key)
    end_other_sessions(request, user)


def _password_reset(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    end_other_sessions(request, user)


def _factor_added(sender: Any, request: HttpRequest, user: User, authenticator: Any, **kwargs: Any) -> None:
    if authenticator.type == Authenticator.Type.TOTP:
        remember_setting_up(request, authenticator)
        _factor_changed(sender, request, user)


def _factor_changed(sender: Any, request: HttpRequest, user: User, **kwargs: Any) -> None:
    transaction.on_commit(lambda: end_other_sessions(context.request, user))
