"""People with an account, and how they sign in, for tests about accounts."""

import re
import time

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from django.core.mail import EmailMessage
from django.test import Client

from webinars.models import User
from webinars.second_factor import SEALED, FactorAdapter
from webinars.tests.factories import UserFactory

PASSWORD = "a-long-quiet-evening"
LOGIN = "/accounts/login/"
FACTOR = "/accounts/2fa/authenticate/"
PERIOD = 30


def known_person(*, email: str = "kim@example.com", password: str = PASSWORD, **facts: object) -> User:
    user: User = UserFactory(email=email, password=password, **{"display_name": "김하늘", **facts})
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def give_factor(user: User) -> str:
    """An authenticator app and recovery codes; answers the app's secret."""
    secret = generate_totp_secret()
    TOTP.activate(user, secret)
    RecoveryCodes.activate(user)
    return secret


def app_code(secret: str, *, moments_ahead: int = 0) -> str:
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD + moments_ahead))


def secret_of(user: User) -> str:
    held: str = Authenticator.objects.get(user=user, type="totp").data["secret"]
    assert held.startswith(SEALED)
    return FactorAdapter().decrypt(held)


def by_password(browser: Client, user: User, password: str = PASSWORD) -> str:
    """Where signing in leads to."""
    return browser.post(LOGIN, {"login": user.email, "password": password}).url


def code_in(mail: EmailMessage) -> str:
    (code,) = re.findall(r"^[A-Z]{4}-[A-Z]{4}$", mail.body, re.MULTILINE)
    return str(code)


def by_code(browser: Client, user: User, mails: list[EmailMessage]) -> str:
    browser.post("/accounts/login/code/", {"email": user.email})
    return browser.post("/accounts/login/code/confirm/", {"code": code_in(mails[-1])}).url


def is_signed_in(browser: Client) -> bool:
    return browser.get("/accounts/").status_code == 200
