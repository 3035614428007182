"""Every address about an account: in our look, in both languages, for those who may see it."""

import re

import pytest
from allauth.account.models import EmailAddress
from django.test import Client
from django.urls import URLResolver

from webinars import account_urls
from webinars.models import User
from webinars.tests.factories import UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashing")]
PASSWORD = "a-long-quiet-evening"
PROVIDERS = {name: {"APP": {"client_id": "id", "secret": "secret"}} for name in ("kakao", "naver", "google")}

# What each address shows to nobody and to somebody signed in: a page, or where they are sent.
LOGIN = "/accounts/login/"
PAGES: dict[str, tuple[int | str, int | str]] = {
    "": (LOGIN, 200),
    "name/": (LOGIN, 200),
    "sessions/": (LOGIN, 200),
    "login/": (200, "/"),
    "signup/": (200, "/"),
    "3rdparty/": (LOGIN, 200),
    "logout/": ("/", 200),
    "inactive/": (200, 200),
    "reauthenticate/": (LOGIN, 200),
    "reauthenticate/code/": (LOGIN, "/accounts/reauthenticate/"),
    "email/": (LOGIN, 200),
    "confirm-email/": (LOGIN, "/accounts/email/"),
    "password/change/": (LOGIN, 200),
    "password/set/": (LOGIN, "/accounts/password/change/"),
    "password/reset/": (200, 200),
    "login/code/confirm/": ("/accounts/login/code/", "/"),
    "password/reset/key/done/": (200, 200),
    "password/reset/key/abc-def-1/": (200, 200),
    "password/reset/done/": (200, 200),
    "login/code/": (200, "/"),
    "2fa/": (LOGIN, 200),
    "2fa/authenticate/": (LOGIN, "/"),
    "2fa/reauthenticate/": (LOGIN, "/accounts/reauthenticate/"),
    "2fa/totp/activate/": (LOGIN, "/accounts/reauthenticate/"),
    "2fa/totp/deactivate/": (LOGIN, 404),
    "2fa/recovery-codes/": (LOGIN, 404),
    "2fa/recovery-codes/generate/": (LOGIN, "/accounts/reauthenticate/"),
    "2fa/recovery-codes/download/": (LOGIN, 404),
    "3rdparty/login/cancelled/": (200, 200),
    "3rdparty/login/error/": (401, 401),
    "3rdparty/signup/": (LOGIN, LOGIN),
    "kakao/login/": (200, 200),
    "kakao/login/callback/": (401, 401),
    "naver/login/": (200, 200),
    "naver/login/callback/": (401, 401),
    "google/login/": (200, 200),
    "google/login/callback/": (401, 401),
}


def addresses(patterns: list, before: str = "") -> list[str]:
    found = []
    for each in patterns:
        written = before + re.sub(r"\(\?P<uidb36>.*\$", "abc-def-1/", str(each.pattern).lstrip("^"))
        found += addresses(each.url_patterns, written) if isinstance(each, URLResolver) else [written]
    return found


@pytest.fixture
def person() -> User:
    user: User = UserFactory(email="kim@example.com", password=PASSWORD, display_name="김하늘")
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


@pytest.fixture
def providers(settings) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = PROVIDERS


def signed_in(user: User, language: str = "ko") -> Client:
    browser = Client(headers={"Accept-Language": language})
    answer = browser.post(LOGIN, {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return browser


def is_ours(html: str, language: str) -> bool:
    """Our frame around it, and none of the library's sentences left in English on a Korean page."""
    return f'<html lang="{language}"' in html and 'class="account-card' in html and 'class="site-header"' in html


def test_every_address_is_known_here() -> None:
    assert sorted(set(addresses(account_urls.urlpatterns))) == sorted(PAGES)


@pytest.mark.parametrize("language", ["ko", "en"])
@pytest.mark.parametrize("page", sorted(PAGES))
def test_who_sees_what(providers: None, person: User, page: str, language: str) -> None:
    nobody, somebody = Client(headers={"Accept-Language": language}), signed_in(person, language)

    for browser, expected in zip((nobody, somebody), PAGES[page], strict=True):
        answer = browser.get(f"/accounts/{page}")

        if isinstance(expected, str):
            assert answer.status_code == 302
            assert answer.url.split("?")[0] == expected
        else:
            assert answer.status_code == expected
            assert expected == 404 or is_ours(answer.text, language), answer.text
