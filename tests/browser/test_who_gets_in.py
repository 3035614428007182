"""Coming in by each policy, as a person does it (spec 3)."""

import re
from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.utils import timezone
from django.utils.translation import gettext, override
from django.utils.translation.trans_real import DjangoTranslation
from playwright.sync_api import expect

from tests.browser.conftest import LiveSite
from tests.browser.visitors import PHONE, Visitor
from webinars.addresses.pasted import pasted
from webinars.models import AllowedEmail, Registration, Webinar
from webinars.services.allowed_emails import import_addresses, remove_addresses
from webinars.services.managers import manager_of
from webinars.services.removing import remove_registration
from webinars.tests.factories import (
    AllowedEmailFactory,
    ClientMemberFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

STAGE = "/static/webinars/stage/index.html"
Arrive = Callable[..., Visitor]


def ko(text: str) -> str:
    """As the pages say it: they are Korean unless a visitor chooses."""
    with override("ko"):
        return gettext(text)


def ko_of_script(text: str) -> str:
    """As the pages' scripts say it, by a catalogue of their own."""
    said: str = DjangoTranslation("ko", domain="djangojs").gettext(text)
    return said


@pytest.fixture
def invited(live_site: LiveSite) -> Webinar:
    webinar: Webinar = WebinarFactory(
        slug="demo", title="초대 웨비나", access_policy="email_auth", player="iframe", player_url=STAGE
    )
    AllowedEmailFactory(webinar=webinar, email="guest@example.com")
    return webinar


def type_address(person: Visitor, address: str, *, button: str = "Send me the code") -> None:
    person.page.get_by_label(ko("Email address")).fill(address)
    person.page.get_by_role("button", name=ko(button)).click()


def type_code(person: Visitor, site: LiveSite) -> None:
    """The code of the last mail, which the web server writes to its log."""
    person.page.wait_for_url("**/accounts/login/code/confirm/**")
    code = re.findall(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", site.web.log.read_text(), re.MULTILINE)[-1]
    person.page.get_by_role("textbox").fill(code)
    person.page.locator("main form button[type=submit]").first.click()


def give_name(person: Visitor, name: str) -> None:
    person.page.get_by_label(ko("Name")).fill(name)
    person.page.get_by_role("button", name=ko("Register and enter")).click()


@pytest.mark.parametrize("javascript", [True, False])
def test_address_code_name_and_in(visitor: Arrive, invited: Webinar, live_site: LiveSite, javascript: bool) -> None:
    person = visitor(viewport=PHONE, java_script_enabled=javascript)

    person.visit("/webinars/demo/?source=kakao")
    type_address(person, "Guest@Example.com")
    type_code(person, live_site)
    give_name(person, "한지원")
    person.page.wait_for_url("**/webinars/demo/live/")

    if javascript:
        expect(person.connection).to_have_attribute("data-connection", "live")
    registration = Registration.objects.get(webinar=invited)
    assert (registration.user.email, registration.user.display_name) == ("guest@example.com", "한지원")
    assert registration.source == "kakao"


def test_the_door_of_the_room_asks_for_the_address_too(visitor: Arrive, invited: Webinar, live_site: LiveSite) -> None:
    UserFactory(email="guest@example.com", display_name="한지원")
    person = visitor()
    person.expected_errors.append("403")

    person.visit("/webinars/demo/live/")
    type_address(person, "guest@example.com")
    type_code(person, live_site)

    expect(person.connection).to_have_attribute("data-connection", "live")


def test_an_address_that_is_not_on_the_list_is_told_after_the_proof_and_another_helps(
    visitor: Arrive, invited: Webinar, live_site: LiveSite
) -> None:
    UserFactory(email="guest@example.com", display_name="한지원")
    person = visitor()
    person.expected_errors.append("403")

    page = person.visit("/webinars/demo/?source=kakao")
    type_address(person, "other@example.com")
    type_code(person, live_site)
    expect(page.get_by_role("heading", name=ko("This address is not on the list"))).to_be_visible()
    expect(page.get_by_text("other@example.com")).to_be_visible()

    page.get_by_role("button", name=ko("Use another address")).click()
    page.wait_for_url("**/webinars/demo/?source=kakao")
    type_address(person, "guest@example.com")
    type_code(person, live_site)

    expect(person.connection).to_have_attribute("data-connection", "live")


def test_early_comers_see_the_countdown(visitor: Arrive, invited: Webinar, live_site: LiveSite) -> None:
    UserFactory(email="guest@example.com", display_name="한지원")
    start = timezone.now() + timedelta(days=1)
    Webinar.objects.update(
        state="scheduled", webinar_start_time=start, webinar_scheduled_end_time=start + timedelta(hours=1)
    )
    person = visitor()

    page = person.visit("/webinars/demo/")
    type_address(person, "guest@example.com")
    type_code(person, live_site)

    page.wait_for_url("**/webinars/demo/")
    expect(page.get_by_text(ko("You're registered."))).to_be_visible()
    expect(page.locator("[data-countdown]").first).to_be_visible()


@pytest.mark.parametrize("javascript", [True, False])
def test_where_no_proof_is_asked_for_the_address_is_enough(
    visitor: Arrive, invited: Webinar, javascript: bool
) -> None:
    Webinar.objects.update(verify_email=False)
    person = visitor(java_script_enabled=javascript)

    page = person.visit("/webinars/demo/")
    type_address(person, "guest@example.com", button="Continue")
    give_name(person, "한지원")
    page.wait_for_url("**/webinars/demo/live/")

    if javascript:
        expect(person.connection).to_have_attribute("data-connection", "live")
        person.says("들어왔어요")
        expect(person.message("들어왔어요")).to_contain_text("한지원")
    page.goto(f"{person.url}/")
    expect(page.get_by_role("link", name=ko("Sign in"), exact=True)).to_be_visible()


def test_an_account_with_a_password_gets_the_code_even_there(
    visitor: Arrive, invited: Webinar, live_site: LiveSite
) -> None:
    Webinar.objects.update(verify_email=False)
    UserFactory(email="guest@example.com", display_name="한지원", password="a-long-quiet-evening")
    person = visitor()

    person.visit("/webinars/demo/")
    type_address(person, "guest@example.com", button="Continue")
    type_code(person, live_site)

    expect(person.connection).to_have_attribute("data-connection", "live")


@pytest.mark.parametrize("policy", ["open", "auth", "email_auth"])
def test_consents_are_asked_where_one_registers(visitor: Arrive, live_site: LiveSite, policy: str) -> None:
    version = ConsentVersionFactory(label="이름과 이메일 이용에 동의합니다", text=ConsentTextFactory())
    webinar = WebinarFactory(slug="demo", client=version.text.client, access_policy=policy, player_url=STAGE)
    AllowedEmailFactory(webinar=webinar, email="guest@example.com")
    person = visitor(viewport=PHONE)
    person.sign_in(UserFactory(email="guest@example.com", display_name="한지원"))

    page = person.visit("/webinars/demo/?source=qr")
    page.get_by_role("button", name=ko("Register and enter")).click()
    expect(page.get_by_role("checkbox")).to_be_focused()
    page.get_by_role("checkbox").check()
    page.get_by_role("button", name=ko("Register and enter")).click()

    expect(person.connection).to_have_attribute("data-connection", "live")
    assert Registration.objects.get().source == "qr"


def test_whoever_is_removed_reads_why_within_seconds_and_comes_back_when_allowed(
    visitor: Arrive, invited: Webinar
) -> None:
    user = RegistrationFactory(webinar=invited, user__email="guest@example.com").user
    host = ClientMemberFactory(client=invited.client, role="operator").user
    person = visitor()
    person.sign_in(user)
    person.expected_errors += ["403", "WebSocket"]
    page = person.enter("demo")
    now = timezone.now()

    remove_registration(live_pass=manager_of(webinar=invited, user=host, now=now).live_pass, user_id=user.pk, now=now)

    sentence = "You are no longer registered for this webinar. If this seems wrong, ask the organizer."
    expect(page.locator("[data-connection-sentence]")).to_have_text(ko_of_script(sentence))
    page.reload()
    expect(page.get_by_role("heading", name=ko("This address is not on the list"))).to_be_visible()
    import_addresses(webinar=invited, found=pasted("guest@example.com"), source="paste", actor_id=None, now=now)
    person.enter("demo")


def test_whoever_leaves_the_list_leaves_the_room(visitor: Arrive, invited: Webinar) -> None:
    user = RegistrationFactory(webinar=invited, user__email="guest@example.com").user
    person = visitor()
    person.sign_in(user)
    person.expected_errors += ["403", "WebSocket"]
    page = person.enter("demo")

    remove_addresses(webinar=invited, emails=["guest@example.com"], actor_id=None, now=timezone.now())

    expect(page.locator("[data-connection-sentence]")).to_have_text(re.compile("."))
    assert not AllowedEmail.objects.exists()


def test_a_manager_whose_membership_ends_leaves_within_seconds(visitor: Arrive, invited: Webinar) -> None:
    membership = ClientMemberFactory(client=invited.client, role="operator")
    person = visitor()
    person.sign_in(membership.user)
    person.expected_errors += ["403", "WebSocket"]
    page = person.enter("demo")

    membership.delete()

    sentence = "What you may do here has changed. Reload the page to continue."
    expect(page.locator("[data-connection-sentence]")).to_have_text(ko_of_script(sentence))
    page.reload()
    assert urlsplit(page.url).path == "/webinars/demo/live/"
    expect(page.get_by_role("heading", name=ko("This address is not on the list"))).to_be_visible()


def test_a_seat_without_proof_ends_when_the_webinar_asks_for_it(visitor: Arrive, invited: Webinar) -> None:
    Webinar.objects.update(verify_email=False)
    UserFactory(email="guest@example.com", display_name="한지원", password=None)
    type(UserFactory()).objects.update(password="!")
    person = visitor()
    person.expected_errors += ["403", "WebSocket"]
    person.visit("/webinars/demo/")
    type_address(person, "guest@example.com", button="Continue")
    expect(person.connection).to_have_attribute("data-connection", "live")

    Webinar.objects.update(verify_email=True)
    page = person.visit("/webinars/demo/live/")

    expect(page.get_by_role("heading", name=ko("Confirm your email address"))).to_be_visible()
