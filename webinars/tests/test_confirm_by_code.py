"""Who has neither password nor second factor confirms by a code, before what only the account's owner may do."""

from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from eventflow import redis
from webinars.models import User
from webinars.tests.account_people import app_code, by_code, by_password, code_in, known_person
from webinars.tests.test_second_factor import KEY, SET_UP

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashing")]
CONFIRM = "/accounts/reauthenticate/code/"
OTHER = "thief@example.com"
NEW = {"password1": "another-quiet-evening", "password2": "another-quiet-evening"}


@pytest.fixture
def person() -> User:
    user = known_person()
    user.set_unusable_password()
    user.save()
    return user


@pytest.fixture
def left_open(person: User, mailoutbox: list[EmailMessage]) -> Client:
    """A browser in which the person signed in by code ten minutes ago."""
    browser = Client(headers={"Accept-Language": "en"})
    with time_machine.travel(timezone.now() - timedelta(minutes=10)):
        by_code(browser, person, mailoutbox)
    mailoutbox.clear()
    return browser


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("email/", {"action_add": "", "email": OTHER}),
        ("email/", {"action_primary": "", "email": "second@example.com"}),
        ("email/", {"action_remove": "", "email": "second@example.com"}),
        ("password/set/", NEW),
        ("2fa/totp/activate/", {"code": "000000"}),
    ],
)
def test_a_browser_that_was_left_open_changes_nothing_of_how_one_signs_in(
    person: User, left_open: Client, mailoutbox: list[EmailMessage], path: str, form: dict[str, str]
) -> None:
    EmailAddress.objects.create(user=person, email="second@example.com", verified=True)

    answer = left_open.post(f"/accounts/{path}", form, follow=True)

    assert answer.redirect_chain[-1][0].startswith(CONFIRM)
    assert person.email in answer.text
    person.refresh_from_db()
    assert person.email == "kim@example.com"
    assert not person.has_usable_password()
    assert not Authenticator.objects.exists()
    assert EmailAddress.objects.count() == 2
    assert mailoutbox == []
    assert NEW["password1"] not in str(dict(left_open.session))


def test_after_the_code_it_goes_on_with_what_was_asked_for(left_open: Client, mailoutbox: list[EmailMessage]) -> None:
    asked = left_open.post("/accounts/email/", {"action_add": "", "email": OTHER})
    assert left_open.post(asked.url, {"action": "send"}).url == asked.url
    assert "sent a code to <strong>kim@example.com</strong>" in left_open.get(asked.url).text
    (mail,) = mailoutbox
    assert "somebody else is using your account" in mail.body

    answer = left_open.post(asked.url, {"code": code_in(mail), "next": "/accounts/email/"})

    assert answer.url == "/accounts/confirm-email/"
    assert mailoutbox[-1].to == [OTHER]
    assert left_open.get("/accounts/password/set/").status_code == 200


def test_who_has_just_come_by_a_code_is_not_asked_again(
    client: Client, person: User, mailoutbox: list[EmailMessage]
) -> None:
    by_code(client, person, mailoutbox)

    key = KEY.findall(client.get(SET_UP).text)[0]

    assert client.post(SET_UP, {"code": app_code(key)}).url == "/accounts/2fa/recovery-codes/"
    assert client.get(CONFIRM).url == "/accounts/2fa/reauthenticate/"


@pytest.mark.parametrize("code", ["BBBB-BBBB", "", "\x00", "B" * 1_000_000])
def test_five_wrong_codes_are_the_end_of_one(left_open: Client, mailoutbox: list[EmailMessage], code: str) -> None:
    left_open.post(CONFIRM, {"action": "send"})

    statuses = [left_open.post(CONFIRM, {"code": code}).status_code for _ in range(5)]

    assert statuses == [200] * 4 + [302]
    page = left_open.get(CONFIRM)
    assert "Too many wrong codes" in page.text
    assert "Send me a code" in page.text
    assert len(mailoutbox) == 1


def test_a_code_is_good_for_ten_minutes_and_signs_nobody_in(
    person: User, left_open: Client, mailoutbox: list[EmailMessage]
) -> None:
    left_open.post(CONFIRM, {"action": "send"})
    code = code_in(mailoutbox[-1])
    other = Client()
    other.post("/accounts/login/code/", {"email": person.email})
    other.post("/accounts/login/code/confirm/", {"code": code})
    assert other.get("/accounts/").status_code == 302

    with time_machine.travel(timezone.now() + timedelta(minutes=11)):
        left_open.post(CONFIRM, {"code": code})
        assert left_open.get("/accounts/password/set/").url.startswith(CONFIRM)


def test_without_redis_no_code_is_sent(left_open: Client, mailoutbox: list[EmailMessage], settings) -> None:
    settings.REDIS_RETRY_AFTER_SECONDS = 600
    redis.pause.begin()

    assert left_open.post(CONFIRM, {"action": "send"}).status_code == 503
    assert mailoutbox == []


def test_who_has_a_password_uses_it(client: Client) -> None:
    by_password(client, known_person())

    assert client.post(CONFIRM, {"action": "send"}).url == "/accounts/reauthenticate/"
    assert client.get("/accounts/password/set/").url == "/accounts/password/change/"
