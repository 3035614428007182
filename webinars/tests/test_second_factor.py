"""A second factor: set up, asked for however somebody signs in, and taken once (spec 1)."""

import re
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.test import Client

from webinars.models import User
from webinars.second_factor import FactorAdapter, take_code
from webinars.tests.account_people import (
    FACTOR,
    PASSWORD,
    app_code,
    by_code,
    by_password,
    give_factor,
    is_signed_in,
    known_person,
    secret_of,
)
from webinars.tests.at_once import Team

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashing")]
SET_UP = "/accounts/2fa/totp/activate/"
KEY = re.compile(r'<code class="secret">([A-Z2-7]+)</code>')


@pytest.fixture
def person() -> User:
    return known_person()


def confirm_password(browser: Client) -> None:
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})


def set_up(browser: Client) -> str:
    """Sets up the app with this signed-in browser; answers its key."""
    confirm_password(browser)
    key = KEY.findall(browser.get(SET_UP).text)[0]
    done = browser.post(SET_UP, {"code": app_code(key)})
    assert done.url == "/accounts/2fa/recovery-codes/"
    return str(key)


@pytest.mark.django_db(transaction=True)
def test_setting_up_asks_for_the_password_shows_a_picture_and_gives_recovery_codes(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    by_password(client, person)

    asked = client.get(SET_UP)
    assert asked.url == f"/accounts/reauthenticate/?next={SET_UP.replace('/', '%2F')}"
    confirm_password(client)
    page = client.get(SET_UP)
    (picture,) = re.findall(r'class="qr".*?(<svg.*?</svg>)', page.text, re.DOTALL)
    assert "style=" not in picture
    assert "<script" not in picture
    key = set_up(client)

    assert secret_of(person) == key
    codes = re.findall(r"<li><code>(\d{8})</code></li>", client.get("/accounts/2fa/recovery-codes/").text)
    assert len(set(codes)) == 10
    file = client.get("/accounts/2fa/recovery-codes/download/")
    assert file["Content-Type"].startswith("text/plain")
    assert [code for code in codes if code in file.text] == codes
    assert [mail.to for mail in mailoutbox] == [[person.email]]  # that it was set up


def test_a_wrong_code_sets_up_nothing_and_keeps_the_key(client: Client, person: User) -> None:
    by_password(client, person)
    confirm_password(client)
    key = KEY.findall(client.get(SET_UP).text)

    page = client.post(SET_UP, {"code": "000 000"})

    assert KEY.findall(page.text) == key
    assert not Authenticator.objects.exists()


@pytest.mark.parametrize("way", ["password", "code"])
@pytest.mark.parametrize("written", ["{}", " {} ", "{:.3} {:.0}"])
def test_it_is_asked_for_however_somebody_signs_in(
    client: Client, person: User, mailoutbox: list[EmailMessage], way: str, written: str
) -> None:
    secret = give_factor(person)

    led_to = by_password(client, person) if way == "password" else by_code(client, person, mailoutbox)

    assert led_to == FACTOR
    assert not is_signed_in(client)
    code = app_code(secret)
    spaced = f"{code[:3]} {code[3:]}" if ":" in written else written.format(code)
    assert client.post(FACTOR, {"code": spaced}).url == "/"
    assert is_signed_in(client)


def test_nothing_opens_between_the_two_steps(client: Client, person: User) -> None:
    give_factor(person)
    by_password(client, person)

    for path in ("", "sessions/", "2fa/", "2fa/recovery-codes/", "2fa/totp/deactivate/", "email/", "password/change/"):
        assert client.get(f"/accounts/{path}").url.startswith("/accounts/login/")
    assert Authenticator.objects.filter(user=person).count() == 2


@pytest.mark.parametrize("ahead", [-1, 0, 1])
def test_a_code_of_the_app_is_taken_once_and_none_older_after_it(person: User, ahead: int) -> None:
    with time_machine.travel(datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC), tick=False):
        secret = give_factor(person)
        factor = Authenticator.objects.get(user=person, type="totp")
        codes = {moment: app_code(secret, moments_ahead=moment) for moment in (-2, -1, 0, 1, 2)}

        assert take_code(factor, codes[ahead])

        newer = [moment for moment in codes if take_code(Authenticator.objects.get(pk=factor.pk), codes[moment])]
    assert newer == [moment for moment in (-1, 0, 1) if moment > ahead]


@pytest.mark.django_db(transaction=True)
def test_a_code_that_comes_at_once_signs_in_once(person: User) -> None:
    secret = give_factor(person)
    browsers = [Client() for _ in range(4)]
    for browser in browsers:
        by_password(browser, person)
    code = app_code(secret)
    team = Team(4)

    team.at_once(*[lambda browser=browser: browser.post(FACTOR, {"code": code}) for browser in browsers])
    team.close()

    assert sorted(is_signed_in(browser) for browser in browsers) == [False, False, False, True]


@pytest.mark.django_db(transaction=True)
def test_the_code_that_set_it_up_signs_nobody_in(client: Client, person: User) -> None:
    with time_machine.travel(datetime(2026, 11, 20, 12, 0, 10, tzinfo=UTC), tick=False):
        by_password(client, person)
        key = set_up(client)
        other = Client()
        by_password(other, person)

        page = other.post(FACTOR, {"code": app_code(key)})

    assert page.status_code == 200
    assert not is_signed_in(other)


def test_a_recovery_code_signs_in_once(person: User) -> None:
    give_factor(person)
    codes = Authenticator.objects.get(user=person, type="recovery_codes").wrap().get_unused_codes()
    answers = []
    for code in (codes[0], codes[0], codes[1]):
        browser = Client()
        by_password(browser, person)
        browser.post(FACTOR, {"code": code})
        answers.append(is_signed_in(browser))

    assert answers == [True, False, True]
    left = Authenticator.objects.get(user=person, type="recovery_codes").wrap().get_unused_codes()
    assert left == codes[2:]


@pytest.mark.django_db(transaction=True)
def test_switching_it_off_asks_for_proof_and_takes_the_recovery_codes_with_it(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    by_password(client, person)
    set_up(client)
    elsewhere = "/accounts/2fa/totp/deactivate/"
    fresh = Client()
    by_password(fresh, person)
    fresh.post(FACTOR, {"code": Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()[0]})

    assert fresh.post(elsewhere).url.startswith("/accounts/reauthenticate/")
    confirm_password(fresh)
    assert fresh.post(elsewhere).url == "/accounts/2fa/"

    assert not Authenticator.objects.filter(user=person).exists()
    assert len(mailoutbox) == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("change", [set_up, lambda browser: browser.post("/accounts/password/change/", CHANGED)])
def test_other_places_are_signed_out_with_it(client: Client, person: User, change: Callable[[Client], object]) -> None:
    other = Client()
    by_password(client, person)
    by_password(other, person)
    assert is_signed_in(other)

    change(client)

    assert (is_signed_in(client), is_signed_in(other)) == (True, False)


CHANGED = {
    "oldpassword": PASSWORD,
    "password1": "another-quiet-evening",
    "password2": "another-quiet-evening",
}


def test_secrets_are_sealed_and_former_keys_open_them(settings) -> None:
    adapter = FactorAdapter()
    sealed = adapter.encrypt("JBSWY3DPEHPK3PXP")

    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-key", [settings.SECRET_KEY]
    assert adapter.decrypt(sealed) == "JBSWY3DPEHPK3PXP"
    settings.SECRET_KEY_FALLBACKS = []
    assert adapter.decrypt(sealed) == ""
    assert adapter.decrypt("JBSWY3DPEHPK3PXP") == "JBSWY3DPEHPK3PXP"


def test_with_a_secret_that_nobody_can_open_no_code_fits(person: User, settings) -> None:
    secret = give_factor(person)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "a-new-key", []

    assert not take_code(Authenticator.objects.get(user=person, type="totp"), app_code(secret))
