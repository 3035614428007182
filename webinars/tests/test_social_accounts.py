"""Signing in with Kakao, Naver or Google: proof of the address, and of nothing less (spec 1)."""

from collections.abc import Iterator
from typing import Any

import environ
import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from allauth.socialaccount.providers.google.views import GoogleOAuth2Adapter
from allauth.socialaccount.providers.kakao.views import KakaoOAuth2Adapter
from allauth.socialaccount.providers.naver.views import NaverOAuth2Adapter
from django.core.mail import EmailMessage
from django.test import Client

from eventflow.sign_in_providers import configured_providers
from webinars.account_urls import PROVIDERS
from webinars.models import User
from webinars.tests import provider_double
from webinars.tests.account_people import (
    FACTOR,
    PASSWORD,
    app_code,
    by_password,
    code_in,
    give_factor,
    is_signed_in,
    known_person,
)
from webinars.tests.factories import AgencyMemberFactory, ClientMemberFactory, UserFactory
from webinars.tests.provider_double import CLIENT_ID, SECRET, ProviderDouble

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_hashing")]
EMAIL = "kim@example.com"
CONFIRM = "/accounts/login/code/confirm/"
ADAPTERS = {"kakao": KakaoOAuth2Adapter, "naver": NaverOAuth2Adapter, "google": GoogleOAuth2Adapter}


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch, settings: Any) -> Iterator[ProviderDouble]:
    """All three at their addresses on the loopback, and configured."""
    values = {f"{name.upper()}_{what}": value for name in ADAPTERS for what, value in KEYS.items()}
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    settings.SOCIALACCOUNT_PROVIDERS = configured_providers(environ.Env())
    with provider_double.running() as double:
        for name, adapter in ADAPTERS.items():
            monkeypatch.setattr(adapter, "authorize_url", f"{double.url}/{name}/authorize")
            monkeypatch.setattr(adapter, "access_token_url", f"{double.url}/{name}/token")
            profile = "identity_url" if name == "google" else "profile_url"
            monkeypatch.setattr(adapter, profile, f"{double.url}/{name}/profile")
        yield double


KEYS = {"CLIENT_ID": CLIENT_ID, "CLIENT_SECRET": SECRET}


def kakao(email: str | None = EMAIL, *, verified: bool = True, valid: bool = True) -> dict[str, Any]:
    held = {"email": email, "is_email_verified": verified, "is_email_valid": valid} if email else {}
    return {"id": 1234, "kakao_account": {**held, "profile": {"nickname": "하늘"}}}


def naver(email: str = EMAIL) -> dict[str, Any]:
    return {"resultcode": "00", "response": {"id": "n-1", "email": email, "name": "김하늘"}}


def google(email: str = EMAIL, *, verified: bool = True) -> dict[str, Any]:
    return {"id": "g-1", "email": email, "verified_email": verified, "name": "Kim Haneul"}


TELLS = {"kakao": kakao, "naver": naver, "google": google}


def sign_in(browser: Client, double: ProviderDouble, provider: str, told: dict[str, Any], query: str = "") -> Any:
    """The whole way: the button, there, back. Answers what the callback answers."""
    double.person = told
    sent = browser.post(f"/accounts/{provider}/login/{query}")
    assert sent.status_code == 302
    assert sent.url.startswith(f"{double.url}/{provider}/authorize?")
    return browser.get(double.consent(sent.url))


def linked() -> list[tuple[str, str]]:
    return list(SocialAccount.objects.values_list("provider", "user__email"))


@pytest.mark.parametrize(("provider", "name"), [("kakao", "하늘"), ("google", "Kim Haneul")])
def test_a_new_person_whose_address_is_vouched_for_is_in_at_once(
    client: Client, double: ProviderDouble, mailoutbox: list[EmailMessage], provider: str, name: str
) -> None:
    answer = sign_in(client, double, provider, TELLS[provider](), "?next=/webinars/demo/")

    assert answer.url == "/webinars/demo/"
    assert is_signed_in(client)
    person = User.objects.get()
    assert (person.email, person.display_name, person.has_usable_password()) == (EMAIL, name, False)
    assert linked() == [(provider, EMAIL)]
    assert mailoutbox == []


@pytest.mark.parametrize(
    ("provider", "told"),
    [
        ("naver", naver()),
        ("kakao", kakao(verified=False)),
        ("kakao", kakao(valid=False)),
        ("google", google(verified=False)),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_an_address_that_nobody_vouches_for_is_proved_by_a_code_first(
    client: Client,
    double: ProviderDouble,
    mailoutbox: list[EmailMessage],
    provider: str,
    told: dict[str, Any],
    known: bool,
) -> None:
    if known:
        known_person(email=EMAIL)

    answer = sign_in(client, double, provider, told, "?next=/webinars/demo/")

    assert answer.url == f"{CONFIRM}?next=%2Fwebinars%2Fdemo%2F"  # the same for both
    assert not is_signed_in(client)
    assert linked() == []
    done = client.post(CONFIRM, {"code": code_in(mailoutbox[0]), "next": "/webinars/demo/"})
    assert done.url == "/webinars/demo/"
    assert linked() == [(provider, EMAIL)]
    assert User.objects.count() == 1

    again = Client()
    assert sign_in(again, double, provider, told).url == "/"  # from now on without a code
    assert is_signed_in(again)


@pytest.mark.parametrize("told", [naver(), kakao(verified=False)])
def test_without_the_code_nothing_waits_for_the_address_own_person(
    client: Client, double: ProviderDouble, mailoutbox: list[EmailMessage], told: dict[str, Any]
) -> None:
    """Whoever claims somebody's address there has no way into the account that its owner makes here."""
    provider = "naver" if "response" in told else "kakao"
    sign_in(client, double, provider, told)
    client.post(CONFIRM, {"code": "BBBB-BBBB"})
    owner = Client()
    owner.post("/accounts/login/code/", {"email": EMAIL})
    owner.post(CONFIRM, {"code": code_in(mailoutbox[-1])})
    assert is_signed_in(owner)

    assert linked() == []
    assert sign_in(Client(), double, provider, told).url.startswith(CONFIRM)


def test_an_account_that_waits_is_linked_by_its_own_code_only(
    client: Client, double: ProviderDouble, mailoutbox: list[EmailMessage]
) -> None:
    known_person(email=EMAIL)
    other = known_person(email="other@example.com")
    sign_in(client, double, "naver", naver())
    client.post("/accounts/logout/", {"next": "/accounts/login/"})

    by_password(client, other)

    assert is_signed_in(client)
    assert linked() == []


def test_an_account_of_ones_own_is_joined_where_the_address_is_vouched_for(
    client: Client, double: ProviderDouble
) -> None:
    person = known_person(email=EMAIL)

    sign_in(client, double, "google", google())

    assert is_signed_in(client)
    assert linked() == [("google", EMAIL)]
    person.refresh_from_db()
    assert person.check_password(PASSWORD)


@pytest.mark.parametrize("rights", ["staff", "superuser", "agency member", "client member", "second factor"])
def test_an_account_that_opens_more_than_a_seat_wants_a_code_the_first_time(
    client: Client, double: ProviderDouble, mailoutbox: list[EmailMessage], rights: str
) -> None:
    person = known_person(email=EMAIL, is_staff=rights == "staff", is_superuser=rights == "superuser")
    secret = give_factor(person) if rights == "second factor" else ""
    if rights == "agency member":
        AgencyMemberFactory(user=person)
    if rights == "client member":
        ClientMemberFactory(user=person)

    answer = sign_in(client, double, "google", google())

    assert answer.url == CONFIRM
    assert linked() == []
    led_to = client.post(CONFIRM, {"code": code_in(mailoutbox[0])}).url
    if secret:
        assert led_to == FACTOR
        assert linked() == []
        client.post(FACTOR, {"code": app_code(secret)})
    assert is_signed_in(client)
    assert linked() == [("google", EMAIL)]


def test_the_second_factor_is_asked_for_after_a_linked_account_too(client: Client, double: ProviderDouble) -> None:
    person = known_person(email=EMAIL)
    SocialAccount.objects.create(user=person, provider="google", uid="g-1")
    secret = give_factor(person)

    assert sign_in(client, double, "google", google()).url == FACTOR
    assert not is_signed_in(client)
    client.post(FACTOR, {"code": app_code(secret)})
    assert is_signed_in(client)


def test_an_account_that_somebody_else_laid_in_wait_loses_its_password(client: Client, double: ProviderDouble) -> None:
    waiting = UserFactory(email=EMAIL, password=PASSWORD)
    EmailAddress.objects.create(user=waiting, email=EMAIL, primary=True, verified=False)

    sign_in(client, double, "google", google())

    waiting.refresh_from_db()
    assert not waiting.has_usable_password()


def test_an_account_that_is_switched_off_stays_off(
    client: Client, double: ProviderDouble, mailoutbox: list[EmailMessage]
) -> None:
    known_person(email=EMAIL, is_active=False)

    sign_in(client, double, "google", google())
    done = client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert done.url == "/accounts/inactive/"
    assert not is_signed_in(client)
    assert linked() == []


def test_a_withheld_address_is_asked_for_and_proved(
    client: Client, double: ProviderDouble, mailoutbox: list[EmailMessage]
) -> None:
    answer = sign_in(client, double, "kakao", kakao(None))
    assert answer.url == "/accounts/3rdparty/signup/"
    page = client.get(answer.url)
    assert 'value="하늘"' in page.text
    assert not User.objects.exists()

    client.post(answer.url, {"email": "Han@Example.com", "display_name": "한지원"})
    client.post(CONFIRM, {"code": code_in(mailoutbox[0])})

    assert is_signed_in(client)
    assert linked() == [("kakao", "han@example.com")]
    assert User.objects.get().display_name == "한지원"


@pytest.mark.parametrize("known", [True, False])
def test_a_typed_address_shows_the_same_whether_it_is_known(
    client: Client, double: ProviderDouble, known: bool
) -> None:
    if known:
        known_person(email=EMAIL)
    sign_in(client, double, "kakao", kakao(None))

    assert client.post("/accounts/3rdparty/signup/", {"email": EMAIL, "display_name": "x"}).url == CONFIRM


def test_declining_there_is_said_in_words(client: Client, double: ProviderDouble) -> None:
    sent = client.post("/accounts/kakao/login/")
    back = double.consent(sent.url).replace("code=", "error=access_denied&was=")

    answer = client.get(back, follow=True, headers={"Accept-Language": "en"})

    assert "You stopped on the way." in answer.text
    assert not User.objects.exists()


@pytest.mark.parametrize("fails_at", ["token", "profile"])
@pytest.mark.parametrize("provider", ["kakao", "naver", "google"])
def test_a_provider_that_fails_is_said_in_words(
    client: Client, double: ProviderDouble, provider: str, fails_at: str
) -> None:
    double.fails_at = fails_at

    answer = sign_in(client, double, provider, TELLS[provider]())

    assert answer.status_code == 401
    assert "server_error" not in answer.text
    assert 'class="account-card' in answer.text


@pytest.mark.parametrize("told", [{}, {"id": 5}, {"response": None}, [], None, {"id": None, "kakao_account": "no"}])
@pytest.mark.parametrize("provider", ["kakao", "naver", "google"])
def test_a_provider_that_answers_nonsense_is_said_in_words(
    client: Client, double: ProviderDouble, provider: str, told: Any
) -> None:
    answer = sign_in(client, double, provider, told)

    assert answer.status_code in (302, 401)
    assert not is_signed_in(client)


def test_what_comes_back_is_good_once_and_in_the_browser_that_asked(client: Client, double: ProviderDouble) -> None:
    double.person = google()
    back = double.consent(client.post("/accounts/google/login/").url)
    other = Client()

    assert other.get(back).status_code == 401  # signed in by somebody else's link
    assert client.get(back.replace("state=", "state=x")).status_code == 401
    assert client.get(back.split("&state=")[0]).status_code == 401
    assert client.get(back).status_code == 302
    client.post("/accounts/logout/")
    assert client.get(back).status_code == 401  # once more
    assert [is_signed_in(browser) for browser in (client, other)] == [False, False]


def test_what_one_provider_sent_back_is_not_taken_for_another(client: Client, double: ProviderDouble) -> None:
    double.person = google()
    back = double.consent(client.post("/accounts/google/login/").url)

    assert client.get(back.replace("/google/", "/kakao/")).status_code == 401
    assert double.asked == []


def test_nothing_is_asked_there_until_somebody_presses_and_proves_that_they_did(double: ProviderDouble) -> None:
    browser = Client(enforce_csrf_checks=True)

    page = browser.get("/accounts/google/login/", headers={"Accept-Language": "en"})
    assert (page.status_code, double.url in page.text) == (200, False)
    assert browser.post("/accounts/google/login/").status_code == 403
    assert double.asked == []


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "https:evil"])
def test_nobody_is_led_elsewhere_afterwards(client: Client, double: ProviderDouble, target: str) -> None:
    assert sign_in(client, double, "google", google(), f"?next={target}").url == "/"


def test_linking_and_unlinking(client: Client, double: ProviderDouble, mailoutbox: list[EmailMessage]) -> None:
    person = known_person(email=EMAIL)
    by_password(client, person)
    page = "/accounts/3rdparty/"

    asked = sign_in(client, double, "naver", naver("elsewhere@example.com"), "?process=connect")
    assert asked.url == "/accounts/reauthenticate/"
    assert client.post("/accounts/reauthenticate/", {"password": PASSWORD}).url == page
    assert linked() == [("naver", EMAIL)]

    number = SocialAccount.objects.get().pk
    assert "Naver" in client.get(page, headers={"Accept-Language": "en"}).text
    client.post(page, {"account": number})
    assert linked() == []
    assert len(mailoutbox) == 2


def test_nobody_unlinks_for_others_or_links_what_others_have(client: Client, double: ProviderDouble) -> None:
    owner, person = known_person(email="owner@example.com"), known_person(email=EMAIL)
    theirs = SocialAccount.objects.create(user=owner, provider="naver", uid="n-1")
    by_password(client, person)
    client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    client.post("/accounts/3rdparty/", {"account": theirs.pk})
    sign_in(client, double, "naver", naver(), "?process=connect")

    assert linked() == [("naver", "owner@example.com")]


def test_who_has_no_password_can_still_unlink_as_a_code_signs_them_in(
    client: Client, double: ProviderDouble, mailoutbox: list[EmailMessage]
) -> None:
    sign_in(client, double, "google", google())

    asked = client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})
    client.post(asked.url, {"action": "send"})
    client.post(asked.url, {"code": code_in(mailoutbox[0])})

    assert linked() == []


def test_providers_are_there_when_both_values_are(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAKAO_CLIENT_ID", "id")
    monkeypatch.setenv("NAVER_CLIENT_ID", "id")
    monkeypatch.setenv("NAVER_CLIENT_SECRET", "secret")

    assert list(configured_providers(environ.Env())) == ["naver"]


@pytest.mark.parametrize("provider", ["kakao", "naver", "google"])
def test_a_provider_that_is_not_configured_is_not_there(client: Client, settings: Any, provider: str) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {}

    assert client.post(f"/accounts/{provider}/login/").status_code == 404
    assert client.get(f"/accounts/{provider}/login/callback/?code=x&state=y").status_code == 404
    assert f"/accounts/{provider}/" not in client.get("/accounts/login/").text


def test_an_account_linked_when_it_was_configured_can_be_unlinked(client: Client, settings: Any) -> None:
    settings.SOCIALACCOUNT_PROVIDERS = {}
    person = known_person(email=EMAIL)
    SocialAccount.objects.create(user=person, provider="kakao", uid="1")
    by_password(client, person)
    client.get("/accounts/2fa/totp/activate/")
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})

    assert client.get("/accounts/3rdparty/").status_code == 200
    client.post("/accounts/3rdparty/", {"account": SocialAccount.objects.get().pk})
    assert linked() == []


def test_the_pages_with_buttons_may_lead_there_and_no_others(client: Client, double: ProviderDouble) -> None:
    def policy(path: str) -> str:
        directives = client.get(path)["Content-Security-Policy"].split(";")
        return next(each.strip() for each in directives if each.strip().startswith("form-action"))

    everywhere = {path: policy(path) for path in ("/accounts/login/", "/accounts/signup/", "/accounts/kakao/login/")}
    assert set(everywhere.values()) == {" ".join(["form-action 'self'", *PROVIDERS])}
    assert {policy(path) for path in ("/", "/accounts/login/code/", "/accounts/password/reset/")} == {
        "form-action 'self'"
    }
