"""How often one may guess and ask (spec 13, 18), and that nobody is shut out by what strangers do."""

import itertools
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from allauth.mfa.models import Authenticator
from django.core.mail import EmailMessage
from django.db import connections
from django.test import Client

from eventflow import redis
from webinars.models import User
from webinars.sign_in_limits import CODE_GUESSES, FACTOR_GUESSES, FACTOR_GUESSES_A_DAY, MAILS, MAILS_ANYWHERE
from webinars.tests.account_people import (
    FACTOR,
    LOGIN,
    PASSWORD,
    app_code,
    by_password,
    code_in,
    give_factor,
    is_signed_in,
    known_person,
)

pytestmark = pytest.mark.usefixtures("quick_hashing")
ASK = "/accounts/login/code/"
CONFIRM = "/accounts/login/code/confirm/"
EMAIL = "kim@example.com"
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"


def from_place(ip: str) -> Client:
    return Client(REMOTE_ADDR=ip)


def ask(browser: Client, email: str = EMAIL) -> int:
    return browser.post(ASK, {"email": email}).status_code


def wrong_codes() -> list[str]:
    return ["".join(letters) for letters in itertools.islice(itertools.product(LETTERS, repeat=8), 1_000)]


def all_at_once(acts: list[Callable[[], int]]) -> Counter[int]:
    """The status of each, by eight threads."""

    def run(act: Callable[[], int]) -> int:
        try:
            return act()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        return Counter(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_however_many_wrong_codes_of_many_sessions_come_at_once_few_are_looked_at(
    compared: SimpleNamespace,
) -> None:
    """A guess fits the code of its own session, one of 20^8 = 2.6 x 10^10. An address takes 40 mails an hour, a
    session 10 guesses: 400 guesses an hour, by which an address is hit once in 7,000 years. A thousand at once, 25 of
    each session, as every further one is refused like them."""
    known_person()
    browsers = [from_place(f"10.0.0.{number}") for number in range(50)]
    asked = Counter(ask(browser) for browser in browsers)
    assert asked == {302: MAILS_ANYWHERE.most, 429: len(browsers) - MAILS_ANYWHERE.most}
    in_turn = itertools.cycle(browsers)
    acts = [
        lambda code=code, browser=browser: browser.post(CONFIRM, {"code": code}).status_code
        for code, browser in zip(wrong_codes(), in_turn, strict=False)
    ]

    statuses = all_at_once(acts)

    assert sum(statuses.values()) == 1_000
    assert 0 < compared.times <= MAILS_ANYWHERE.most * CODE_GUESSES.most
    assert not any(is_signed_in(browser) for browser in browsers)


@pytest.fixture
def compared(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """Counts how often a code was compared with the right one, by the library."""
    from allauth.account import forms

    counter, compare = SimpleNamespace(times=0), forms.compare_user_code

    def counted(**codes: str) -> bool:
        counter.times += 1
        return bool(compare(**codes))

    monkeypatch.setattr(forms, "compare_user_code", counted)
    return counter


@pytest.mark.django_db(transaction=True)
def test_wrong_codes_of_the_second_factor_at_once_are_ten_in_ten_minutes() -> None:
    """Three of 10^6 codes fit at a moment: 60 guesses a day have a chance of one in 5,500, and take the password."""
    person = known_person()
    give_factor(person)
    browsers = [from_place(f"10.0.0.{number}") for number in range(8)]
    for browser in browsers:
        assert by_password(browser, person) == FACTOR
        browser.cookies.pop("eventflow_browser", None)

    statuses = all_at_once(
        [lambda browser=browser: browser.post(FACTOR, {"code": "abc"}).status_code for browser in browsers * 25]
    )

    assert statuses == {200: FACTOR_GUESSES.most, 429: 200 - FACTOR_GUESSES.most}


@pytest.mark.django_db
def test_more_guesses_a_day_than_that_are_refused_too(person: User) -> None:
    give_factor(person)
    browser = Client()
    by_password(browser, person)
    answers = []
    for _ in range(FACTOR_GUESSES_A_DAY.most // FACTOR_GUESSES.most + 1):
        for key in redis.client().scan_iter("eventflow:rate:factor-guesses:*"):  # ten minutes later
            redis.client().delete(key)
        answers += [browser.post(FACTOR, {"code": "000"}).status_code for _ in range(FACTOR_GUESSES.most)]

    assert Counter(answers) == {200: FACTOR_GUESSES_A_DAY.most, 429: FACTOR_GUESSES.most}


@pytest.fixture
def person(db: None) -> User:
    return known_person()


def test_a_stranger_who_guesses_does_not_shut_the_owner_out(person: User, mailoutbox: list[EmailMessage]) -> None:
    stranger, owner = from_place("10.0.0.1"), from_place("10.0.0.2")
    ask(stranger)
    for _ in range(30):
        stranger.post(CONFIRM, {"code": "BBBB-BBBB"})

    ask(owner)
    owner.post(CONFIRM, {"code": code_in(mailoutbox[-1])})

    assert is_signed_in(owner)


def test_a_stranger_who_asks_for_mails_does_not_shut_the_owner_out(
    person: User, mailoutbox: list[EmailMessage]
) -> None:
    owner = from_place("10.0.0.2")
    by_password(owner, person)
    owner.post("/accounts/logout/")
    for number in range(20):
        stranger = from_place(f"10.0.1.{number}")
        for _ in range(MAILS.most):
            ask(stranger)
            stranger.cookies.clear()
    assert ask(from_place("10.0.2.1")) == 429
    assert len(mailoutbox) == MAILS_ANYWHERE.most

    assert ask(owner) == 302  # whose browser this is, is known
    owner.post(CONFIRM, {"code": code_in(mailoutbox[-1])})
    assert is_signed_in(owner)


def test_a_stranger_who_guesses_passwords_does_not_shut_the_owner_out(person: User) -> None:
    stranger, owner = from_place("10.0.0.1"), from_place("10.0.0.2")
    tries = [stranger.post(LOGIN, {"login": EMAIL, "password": "wrong"}) for _ in range(11)]

    assert [answer.status_code for answer in tries] == [200] * 10 + [429]
    assert stranger.post(LOGIN, {"login": EMAIL, "password": PASSWORD}).status_code == 429
    assert by_password(owner, person) == "/"


def test_a_stranger_with_the_password_does_not_use_up_the_codes_of_a_known_browser(person: User) -> None:
    owner, stranger = from_place("10.0.0.2"), from_place("10.0.0.1")
    by_password(owner, person)
    owner.post("/accounts/logout/")
    secret = give_factor(person)
    by_password(stranger, person)
    answers = [stranger.post(FACTOR, {"code": "000000"}).status_code for _ in range(11)]
    assert answers == [200] * 10 + [429]

    by_password(owner, person)
    owner.post(FACTOR, {"code": app_code(secret)})

    assert is_signed_in(owner)


def test_a_forged_cookie_of_a_known_browser_is_none(person: User) -> None:
    stranger = from_place("10.0.0.1")
    answers = []
    for number in range(12):
        stranger.cookies["eventflow_browser"] = f"{number}:forged"
        answers.append(stranger.post(LOGIN, {"login": EMAIL, "password": "wrong"}).status_code)

    assert answers == [200] * 10 + [429] * 2


def test_a_company_signs_in_from_one_address(db: None) -> None:
    colleagues = [Client() for _ in range(130)]

    assert {ask(browser, f"colleague-{number}@example.com") for number, browser in enumerate(colleagues)} == {302}


@pytest.mark.parametrize(("language", "words"), [("en", "Too many tries"), ("ko", None)])
def test_who_is_told_to_wait_is_told_how_long_and_where_to_go(person: User, language: str, words: str | None) -> None:
    browser = Client(headers={"Accept-Language": language})
    for _ in range(MAILS.most):
        ask(browser)
        browser.cookies.clear()

    page = browser.post(ASK, {"email": EMAIL})

    assert page.status_code == 429
    assert 500 <= int(page["Retry-After"]) <= 600
    assert words is None or words in page.text
    assert f'<html lang="{language}">' in page.text
    assert f'href="{ASK}"' in page.text


@pytest.mark.parametrize("path", ["signup", "login/code", "password/reset"])
def test_without_redis_codes_wait_and_say_so(
    person: User, mailoutbox: list[EmailMessage], path: str, without_redis: None
) -> None:
    page = Client(headers={"Accept-Language": "en"}).post(
        f"/accounts/{path}/", {"email": EMAIL, "display_name": "Kim"}
    )

    assert page.status_code == 503
    assert int(page["Retry-After"]) > 0
    assert "We cannot send codes right now" in page.text
    assert mailoutbox == []


@pytest.fixture
def without_redis(settings) -> None:
    settings.REDIS_RETRY_AFTER_SECONDS = 600
    redis.pause.begin()


def test_without_redis_a_code_that_was_sent_waits(person: User, mailoutbox: list[EmailMessage], settings) -> None:
    settings.REDIS_RETRY_AFTER_SECONDS = 600
    browser = Client()
    ask(browser)
    redis.pause.begin()

    assert browser.post(CONFIRM, {"code": code_in(mailoutbox[0])}).status_code == 503
    assert not is_signed_in(browser)

    redis.pause.end()
    browser.post(CONFIRM, {"code": code_in(mailoutbox[0])})
    assert is_signed_in(browser)


def test_without_redis_passwords_and_apps_sign_in_and_are_counted(person: User, without_redis: None) -> None:
    secret = give_factor(person)
    browser = Client()

    tries = [browser.post(LOGIN, {"login": "away@example.com", "password": "wrong"}).status_code for _ in range(11)]
    assert tries == [200] * 10 + [429]
    assert by_password(browser, person) == FACTOR
    assert browser.post(FACTOR, {"code": app_code(secret)}).url == "/"
    assert is_signed_in(browser)


def test_a_mail_server_that_is_away_is_said_and_signs_nobody_in(person: User, settings) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9

    assert ask(Client()) == 503


def test_a_code_is_good_once(person: User, mailoutbox: list[EmailMessage]) -> None:
    browser, other = Client(), Client()
    ask(browser)
    ask(other)
    code = code_in(mailoutbox[0])

    other.post(CONFIRM, {"code": code})
    assert not is_signed_in(other)  # of another session
    browser.post(CONFIRM, {"code": code})
    browser.post("/accounts/logout/")
    ask(browser)
    browser.post(CONFIRM, {"code": code})
    assert not is_signed_in(browser)


@pytest.mark.parametrize("write", [str.lower, lambda code: code.replace("-", " "), lambda code: f" {code}\t"])
def test_a_code_is_taken_however_it_is_written(
    person: User, mailoutbox: list[EmailMessage], write: Callable[[str], str]
) -> None:
    browser = Client()
    ask(browser)
    browser.post(CONFIRM, {"code": write(code_in(mailoutbox[0]))})

    assert is_signed_in(browser)


@pytest.mark.parametrize("code", ["\x00", "가나다라", "B" * 1_000_000, "ＢＢＢＢ"])
def test_what_is_no_code_is_wrong(person: User, code: str) -> None:
    browser = Client()
    ask(browser)

    assert browser.post(CONFIRM, {"code": code}).status_code == 200
    assert not is_signed_in(browser)


def test_the_field_of_a_code_is_made_for_codes(person: User) -> None:
    browser = Client()
    ask(browser)
    page = browser.get(CONFIRM).text

    for attribute in ('autocomplete="one-time-code"', 'inputmode="text"', 'autocapitalize="characters"'):
        assert attribute in page


def test_recovery_codes_are_counted_with_the_others(person: User) -> None:
    give_factor(person)
    codes = Authenticator.objects.get(type="recovery_codes").wrap().get_unused_codes()
    browser = Client()
    by_password(browser, person)
    for _ in range(FACTOR_GUESSES.most):
        browser.post(FACTOR, {"code": "99999999"})

    assert browser.post(FACTOR, {"code": codes[0]}).status_code == 429
    assert not is_signed_in(browser)
