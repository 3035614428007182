"""Nobody learns from an answer whether an address has an account, or is led elsewhere by one of ours (spec 3)."""

import re
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.core.mail import EmailMessage
from django.test import Client
from django.utils import timezone

from webinars.models import User
from webinars.services.people import person_by_address
from webinars.tests.account_people import PASSWORD, by_password, code_in, is_signed_in, known_person
from webinars.tests.entrance.doors import prove, type_address
from webinars.tests.factories import UserFactory, WebinarFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashing")]
KNOWN, UNKNOWN = "kim@example.com", "who@example.com"
TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="\w+"')


@pytest.fixture
def person() -> User:
    return known_person(email=KNOWN)


def seen(path: str, form: dict[str, str], address: str) -> tuple[Any, ...]:
    """All that a visitor sees of the answer, and of the page that it leads to, with the address taken out."""
    browser = Client(headers={"Accept-Language": "en"})
    answer = browser.post(f"/accounts/{path}/", {name: value.format(address) for name, value in form.items()})
    page = browser.get(answer.url) if answer.status_code == 302 else answer
    text = TOKEN.sub("", page.text).replace(address, "somebody")
    headers = sorted(name for name in answer.headers if name != "Content-Length")
    return answer.status_code, answer.headers.get("Location"), headers, sorted(answer.cookies), page.status_code, text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("signup", {"email": "{}", "display_name": "Kim"}),
        ("signup", {"email": "{}", "display_name": "Kim", "password1": "another-quiet-evening"}),
        ("login", {"login": "{}", "password": "wrong"}),
        ("login/code", {"email": "{}"}),
        ("password/reset", {"email": "{}"}),
    ],
)
@pytest.mark.parametrize("standing", ["proven", "unproven", "off", "no password", "waiting"])
def test_known_and_unknown_addresses_look_the_same(
    person: User, mailoutbox: list[EmailMessage], path: str, form: dict[str, str], standing: str
) -> None:
    if standing in ("unproven", "waiting"):
        EmailAddress.objects.update(verified=False)
    if standing == "off":
        User.objects.update(is_active=False)
    if standing in ("no password", "waiting"):
        person.set_unusable_password()
        person.save()

    assert seen(path, form, KNOWN) == seen(path, form, UNKNOWN)
    assert len(mailoutbox) == (0 if path == "login" else 2)


@pytest.mark.parametrize("code", ["BBBB-BBBB", ""])
def test_wrong_codes_look_the_same(person: User, code: str) -> None:
    pages = []
    for address in (KNOWN, UNKNOWN):
        browser = Client(headers={"Accept-Language": "en"})
        browser.post("/accounts/login/code/", {"email": address})
        answers = [browser.post("/accounts/login/code/confirm/", {"code": code}) for _ in range(6)]
        pages.append(
            [(a.status_code, a.headers.get("Location"), TOKEN.sub("", a.text).replace(address, "")) for a in answers]
        )

    assert pages[0] == pages[1]


@pytest.mark.parametrize("taken", [True, False])
def test_adding_an_address_that_somebody_else_has_looks_the_same_until_it_is_proved(
    person: User, mailoutbox: list[EmailMessage], taken: bool
) -> None:
    if taken:
        known_person(email=UNKNOWN)
    browser = Client(headers={"Accept-Language": "en"})
    by_password(browser, person)
    browser.get("/accounts/2fa/totp/activate/")
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})

    answer = browser.post("/accounts/email/", {"action_add": "", "email": UNKNOWN})
    assert answer.url == "/accounts/confirm-email/"
    page = browser.post("/accounts/confirm-email/", {"code": code_in(mailoutbox[-1])})

    assert page.status_code == (200 if taken else 302)
    assert EmailAddress.objects.filter(user=person, email=UNKNOWN, verified=True).exists() is not taken


def test_the_former_main_address_is_told_of_the_new_one(person: User, mailoutbox: list[EmailMessage]) -> None:
    EmailAddress.objects.create(user=person, email=UNKNOWN, verified=True)
    browser = Client()
    by_password(browser, person)
    browser.get("/accounts/2fa/totp/activate/")
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})

    browser.post("/accounts/email/", {"action_primary": "", "email": UNKNOWN})

    person.refresh_from_db()
    assert person.email == UNKNOWN
    assert [mail.to for mail in mailoutbox] == [[KNOWN]]
    assert UNKNOWN in mailoutbox[0].body


def test_a_password_set_before_anybody_had_proved_the_address_goes_with_the_proof(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    """Somebody signs up with another's address and waits."""
    Client().post("/accounts/signup/", {"email": KNOWN, "display_name": "x", "password1": PASSWORD})

    client.post("/accounts/login/code/", {"email": KNOWN})
    client.post("/accounts/login/code/confirm/", {"code": code_in(mailoutbox[-1])})

    assert is_signed_in(client)
    assert not User.objects.get().has_usable_password()
    assert Client().post("/accounts/login/", {"login": KNOWN, "password": PASSWORD}).status_code == 200


def sign_up(browser: Client, *, name: str, password: str = "") -> None:
    answer = browser.post("/accounts/signup/", {"email": KNOWN, "display_name": name, "password1": password})
    assert answer.url == "/accounts/confirm-email/"


def test_signing_up_goes_on_with_an_account_that_waits_for_its_owner(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    """Its address was typed at a webinar's door once. What somebody else types meanwhile is not the owner's."""
    waiting = person_by_address(KNOWN, now=timezone.now())
    sign_up(client, name="김하늘", password=PASSWORD)
    stranger = Client()
    sign_up(stranger, name="x", password="a-strangers-evening")

    client.post("/accounts/confirm-email/", {"code": code_in(mailoutbox[0])})

    assert is_signed_in(client)
    user = User.objects.get()
    assert (user.pk, user.display_name) == (waiting.pk, "김하늘")
    assert user.check_password(PASSWORD)
    assert EmailAddress.objects.get().verified
    stranger.post("/accounts/confirm-email/", {"code": code_in(mailoutbox[0])})
    assert not is_signed_in(stranger)


def test_what_was_typed_to_sign_up_does_not_outlive_another_way_in(
    client: Client, mailoutbox: list[EmailMessage]
) -> None:
    """At a computer that others used: they typed the address and a password of theirs, and went."""
    person_by_address(KNOWN, now=timezone.now())
    sign_up(client, name="x", password=PASSWORD)

    asked = type_address(client, WebinarFactory(access_policy="email_auth"), KNOWN)
    prove(client, asked, code_in(mailoutbox[-1]))

    assert is_signed_in(client)
    assert not User.objects.get().has_usable_password()
    assert User.objects.get().display_name == ""


def test_a_password_that_the_console_set_stays(client: Client, mailoutbox: list[EmailMessage]) -> None:
    UserFactory(email=KNOWN, password=PASSWORD)

    client.post("/accounts/login/code/", {"email": KNOWN})
    client.post("/accounts/login/code/confirm/", {"code": code_in(mailoutbox[-1])})

    assert is_signed_in(client)
    assert User.objects.get().check_password(PASSWORD)


def test_who_is_switched_off_meanwhile_is_out(person: User) -> None:
    browser = Client()
    by_password(browser, person)
    User.objects.update(is_active=False)

    assert not is_signed_in(browser)
    assert browser.post("/accounts/login/", {"login": KNOWN, "password": PASSWORD}).url == "/accounts/inactive/"


EVIL = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example",
    "https:evil.example",
    "https:///evil.example",
    "javascript:alert(1)",
    "/%09/evil.example",
    "\t//evil.example",
    "http://testserver@evil.example/",
    "/ok\r\nSet-Cookie: planted=1",
]


@pytest.mark.parametrize("target", EVIL)
@pytest.mark.parametrize("way", ["login", "code", "signup", "logout", "signed in", "language", "console", "confirm"])
def test_nobody_is_led_elsewhere(person: User, mailoutbox: list[EmailMessage], way: str, target: str) -> None:
    browser = Client()
    query = {"next": target}
    if way == "login":
        answer = browser.post("/accounts/login/", {"login": KNOWN, "password": PASSWORD, **query})
    elif way == "code":
        browser.post("/accounts/login/code/", {"email": KNOWN, **query})
        code = code_in(mailoutbox[-1])
        answer = browser.post("/accounts/login/code/confirm/", {"code": code, **query})
    elif way == "signup":
        browser.post("/accounts/signup/", {"email": UNKNOWN, "display_name": "x", **query})
        answer = browser.post("/accounts/confirm-email/", {"code": code_in(mailoutbox[-1]), **query})
    elif way == "logout":
        answer = browser.post("/accounts/logout/", query)
    elif way == "language":
        answer = browser.post("/i18n/setlang/", {"language": "en", **query})
    elif way == "console":
        answer = browser.get("/console/login/", query)
    else:
        by_password(browser, person)
        page = "/accounts/login/" if way == "signed in" else "/accounts/reauthenticate/"
        answer = browser.post(page, {"password": PASSWORD, **query})

    assert answer.status_code == 302
    assert re.match(r"/(?![/\\])", answer.url)
    assert "evil" not in answer.url.split("?")[0].replace("%09/evil", "")
    assert "planted" not in answer.cookies
