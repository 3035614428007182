"""Where a person is signed in: listed, and ended one by one or all."""

from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from eventflow import redis
from webinars.browser_words import browser_words
from webinars.models import User, Webinar
from webinars.tests.account_people import PASSWORD, by_password, is_signed_in, known_person
from webinars.tests.factories import RegistrationFactory, WebinarFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashing")]
PAGE = "/accounts/sessions/"
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1 Version/19.0 Mobile Safari/604.1"


@pytest.fixture
def person() -> User:
    return known_person()


@pytest.fixture
def places(person: User) -> list[Client]:
    """Three browsers in which the person is signed in."""
    browsers = [Client(), Client(headers={"User-Agent": PHONE}), Client()]
    for browser in browsers:
        by_password(browser, person)
    return browsers


def number_of(browser: Client) -> str:
    return str(UserSession.objects.get(session_key=browser.session.session_key).pk)


def test_they_are_listed_with_browser_place_and_this_one_marked(places: list[Client]) -> None:
    page = places[0].get(PAGE, headers={"Accept-Language": "en"})

    assert page.text.count('class="account-row"') == 3
    assert page.text.count("This one") == 1
    assert "Safari on iPhone" in page.text
    assert "from 127.0.0.1" in page.text


def test_one_is_ended(places: list[Client]) -> None:
    places[0].post(PAGE, {"end": number_of(places[1])})

    assert [is_signed_in(browser) for browser in places] == [True, False, True]


def test_all_others_are_ended(places: list[Client]) -> None:
    places[0].post(PAGE, {"end": "others"})

    assert [is_signed_in(browser) for browser in places] == [True, False, False]


def test_all_are_ended(places: list[Client]) -> None:
    assert places[0].post(PAGE, {"end": "all"}).url == "/accounts/login/"

    assert [is_signed_in(browser) for browser in places] == [False, False, False]
    assert not UserSession.objects.exists()


@pytest.mark.parametrize("end", ["", "0", "nonsense", "\x00", "99999999999999999999"])
def test_what_is_no_session_of_theirs_ends_nothing(places: list[Client], end: str) -> None:
    stranger = Client()
    by_password(stranger, known_person(email="stranger@example.com"))

    for number in (end, number_of(stranger)):
        assert places[0].post(PAGE, {"end": number}).url == PAGE

    assert is_signed_in(stranger)
    assert [is_signed_in(browser) for browser in places] == [True, True, True]


def test_signing_out_unlists_it(places: list[Client]) -> None:
    places[0].post("/accounts/logout/")

    assert UserSession.objects.count() == 2


def test_what_is_ended_while_redis_is_away_stays_ended(places: list[Client]) -> None:
    redis.pause.begin()
    places[0].post(PAGE, {"end": "others"})
    redis.pause.end()

    assert [is_signed_in(browser) for browser in places] == [True, False, False]


def test_a_session_that_was_there_before_is_not_the_one_signed_in(person: User) -> None:
    """Whoever planted the cookie of a session before does not share it after."""
    planted = Client()
    session = planted.session
    session["kept"] = "from before"
    session.save()
    before = planted.session.session_key
    victim = Client()
    victim.cookies = planted.cookies.copy()

    by_password(victim, person)

    assert victim.session.session_key != before
    assert is_signed_in(victim)
    assert not is_signed_in(planted)


def test_it_costs_pages_nothing(
    person: User, places: list[Client], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    places[0].get("/")
    with django_assert_num_queries(4):  # 1. the person; 2.-4. webinars: live, next, past. The session is in the cache.
        places[0].get("/")


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (PHONE, ("Safari", "iPhone")),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537 Chrome/140 Safari/537 Edg/140", ("Edge", "Windows")),
        ("Mozilla/5.0 (Linux; Android 16) Chrome/140 Mobile Safari/537;KAKAOTALK 26.1", ("KakaoTalk", "Android")),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X 15) Gecko/20100101 Firefox/150.0", ("Firefox", "Mac")),
        ("curl/8", ("", "")),
        ("", ("", "")),
    ],
)
def test_browsers_are_known_by_name(user_agent: str, words: tuple[str, str]) -> None:
    assert browser_words(user_agent) == words


def pass_on_page(browser: Client, webinar: Webinar) -> str:
    page = browser.get(f"/webinars/{webinar.slug}/live/")
    return str(page.context["live_config"]["token"])


def renew(webinar: Webinar, token: str) -> Any:
    return Client().post(f"/api/webinars/{webinar.slug}/token", headers={"Authorization": f"Bearer {token}"})


def test_the_live_pass_of_a_place_ends_with_it(person: User, places: list[Client]) -> None:
    webinar = WebinarFactory()
    RegistrationFactory(webinar=webinar, user=person)
    passes = [pass_on_page(browser, webinar) for browser in places]
    renewed = [renew(webinar, token).json()["data"]["token"] for token in passes]

    places[0].post(PAGE, {"end": "others"})

    assert [renew(webinar, token).status_code for token in passes] == [200, 401, 401]
    assert [renew(webinar, token).status_code for token in renewed] == [200, 401, 401]
    places[0].post("/accounts/logout/")
    assert renew(webinar, passes[0]).status_code == 401


def test_the_live_pass_of_who_changes_the_password_goes_on(person: User, places: list[Client]) -> None:
    webinar = WebinarFactory()
    RegistrationFactory(webinar=webinar, user=person)
    passes = [pass_on_page(browser, webinar) for browser in places]
    new = "another-quiet-evening"

    places[0].post("/accounts/password/change/", {"oldpassword": PASSWORD, "password1": new, "password2": new})

    assert [renew(webinar, token).status_code for token in passes] == [200, 401, 401]
    assert [is_signed_in(browser) for browser in places] == [True, False, False]


def test_a_password_set_in_the_console_ends_every_sign_in_and_its_live_pass(
    person: User, places: list[Client]
) -> None:
    webinar = WebinarFactory()
    RegistrationFactory(webinar=webinar, user=person)
    passes = [pass_on_page(browser, webinar) for browser in places]
    admin = known_person(email="admin@example.com", is_superuser=True, is_staff=True)
    console = Client()
    by_password(console, admin)
    new = {"usable_password": "true", "password1": "another-quiet-evening", "password2": "another-quiet-evening"}

    for user in (person, admin):
        answer = console.post(reverse("admin:auth_user_password_change", args=[user.pk]), new)
        assert answer.status_code == 302

    assert [is_signed_in(browser) for browser in (*places, console)] == [False, False, False, True]
    assert [renew(webinar, token).status_code for token in passes] == [401, 401, 401]
    assert number_of(console)


def test_renewing_by_pass_is_two_statements(
    person: User, places: list[Client], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    webinar = WebinarFactory()
    RegistrationFactory(webinar=webinar, user=person)
    token = pass_on_page(places[0], webinar)
    with django_assert_num_queries(2):  # 1. webinar and person; 2. whether still signed in
        assert renew(webinar, token).status_code == 200
