"""A person's account, as a person sees to it."""

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import LiveSite
from tests.browser.test_taking_part import enter_code
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from webinars.models import User
from webinars.tests.account_people import PASSWORD, app_code, give_factor, known_person

Arrive = Callable[..., Visitor]
ENGLISH = {"locale": "en-US"}


def sign_in(person: Visitor, user: User, *, then: str = "/") -> Page:
    page = person.visit(f"/accounts/login/?next={then}")
    page.get_by_label("Email").fill(user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("main").get_by_role("button", name="Sign in").click()
    return page


def confirm_password(page: Page) -> None:
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()


def accessible(page: Page) -> None:
    violations = Axe().run(page).response["violations"]
    assert [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations] == []


def fits(page: Page) -> None:
    wide = page.evaluate(
        "[...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 0.5)"
        ".map(e => e.outerHTML.slice(0, 120))"
    )
    assert (wide, page.evaluate("document.documentElement.scrollWidth <= innerWidth")) == ([], True)


def test_signing_up_by_code_and_the_way_to_the_account(visitor: Arrive, live_site: LiveSite) -> None:
    person = visitor(viewport=PHONE)

    page = person.visit("/accounts/signup/")
    page.get_by_label("이메일").fill("yoon@example.com")
    page.get_by_label("이름").fill("윤하린")
    page.get_by_role("button", name="코드 받기").click()
    enter_code(person, live_site)
    page.wait_for_url(f"{live_site.url}/")
    page.locator(".site-nav").locator("a[href='/accounts/']").click()

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    expect(page.get_by_text("윤하린")).to_be_visible()
    fits(page)


def test_setting_up_an_app_and_signing_in_with_it_and_with_a_recovery_code(visitor: Arrive) -> None:
    user = known_person()
    person = visitor(**ENGLISH)
    page = sign_in(person, user, then="/accounts/2fa/")

    page.get_by_role("link", name="Set up").click()
    confirm_password(page)
    expect(page.locator(".qr svg path")).to_be_visible()
    accessible(page)
    key = page.locator("code.secret").inner_text()
    page.get_by_label("Code from the app").fill(app_code(key))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    codes = page.locator(".codes code").all_inner_texts()
    accessible(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    assert [code for code in codes if code in Path(download.value.path()).read_text()] == codes

    for code in (codes[0], app_code(key, moments_ahead=1)):
        page.locator(".site-nav").get_by_role("button", name="Sign out").click()
        sign_in(person, user, then="/accounts/")
        field = page.get_by_role("textbox", name="Code")
        expect(field).to_have_attribute("autocomplete", "one-time-code")
        accessible(page)
        field.fill("000000")
        page.keyboard.press("Enter")
        expect(page.get_by_text("That code is not right.")).to_be_visible()
        expect(field).to_be_focused()
        field.fill(code)
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()


def test_signing_out_elsewhere_reaches_the_other_browser(visitor: Arrive) -> None:
    user = known_person()
    here, there = visitor(**ENGLISH), visitor(viewport=PHONE, **ENGLISH)
    for person in (here, there):
        sign_in(person, user, then="/accounts/sessions/")
        expect(person.page.get_by_text("This one")).to_be_visible()
    page = here.visit("/accounts/sessions/")
    accessible(page)

    page.get_by_role("button", name=re.compile("Sign out there")).click()

    expect(page.get_by_text("Signed out there.")).to_be_visible()
    there.visit("/accounts/sessions/")
    expect(there.page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_the_account_by_keyboard_alone(visitor: Arrive) -> None:
    user = known_person()
    person = visitor(**ENGLISH)
    page = sign_in(person, user, then="/accounts/")
    expect(page.get_by_role("heading", name="Account", exact=True)).to_be_visible()

    tab_to(page, "Name")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Your name")).to_be_visible()
    tab_to(page, "Name")
    page.keyboard.press("Control+A")
    page.keyboard.type("Haneul")
    page.keyboard.press("Enter")

    expect(page.get_by_text("Your name is changed.")).to_be_visible()
    user.refresh_from_db()
    assert user.display_name == "Haneul"


def tab_to(page: Page, name: str) -> None:
    """By Tab from where one is, until what has the focus is called so."""
    named = "e => (e.labels?.[0] ?? e).textContent.trim().startsWith(arguments)"
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate(f"({named.replace('arguments', repr(name))})(document.activeElement)"):
            return
    raise AssertionError(f"{name} cannot be reached")


def test_the_way_to_a_provider_is_not_barred_by_our_own_policy(visitor: Arrive) -> None:
    """Chromium holds a form's whole way to the policy of its page. There is no way out of here: that it sets off
    counts."""
    person = visitor(**ENGLISH)
    person.expected_errors += ["third party: https://kauth.kakao.com/", "net::ERR"]
    page = person.visit("/accounts/login/")
    accessible(page)

    with page.expect_request(lambda request: request.url.startswith("https://kauth.kakao.com/oauth/authorize?")):
        page.get_by_role("button", name="Continue with Kakao").click()


PAGES = [
    "",
    "name/",
    "email/",
    "password/change/",
    "2fa/",
    "2fa/totp/activate/",
    "2fa/totp/deactivate/",
    "2fa/recovery-codes/",
    "2fa/recovery-codes/generate/",
    "sessions/",
    "3rdparty/",
    "reauthenticate/",
    "logout/",
]
OUTSIDE = [
    "login/",
    "signup/",
    "login/code/",
    "password/reset/",
    "password/reset/done/",
    "password/reset/key/abc-def-1/",
    "password/reset/key/done/",
    "inactive/",
    "3rdparty/login/cancelled/",
    "3rdparty/login/error/",
    "kakao/login/",
]
LOOKS = [
    ("ko", PHONE, "light"),
    ("ko", PHONE, "dark"),
    ("en", PHONE, "light"),
    ("en", DESKTOP, "dark"),
    ("ko", DESKTOP, "light"),
]


@pytest.mark.parametrize(("language", "viewport", "scheme"), LOOKS)
def test_every_page_fits_and_is_accessible(visitor: Arrive, language: str, viewport: Any, scheme: str) -> None:
    """With EVENTFLOW_LOOK set to a folder, each is also pictured there, to be looked at."""
    user = known_person(email="kim.haneul.with.a.long.name@subdomain.example.com")
    person = visitor(viewport=viewport, color_scheme=scheme, locale="ko-KR" if language == "ko" else "en-US")
    page = person.page
    person.expected_errors.append("401")  # the page of a failed sign-in says so
    name = f"{language}-{viewport['width']}-{scheme}"
    for path in OUTSIDE:
        person.visit(f"/accounts/{path}")
        checked(page, path, name)
    person.visit("/accounts/login/")
    page.locator("[name=login]").fill(user.email)
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button.button[type=submit]").first.click()
    page.locator("main.account a[href='/accounts/'], .site-nav a[href='/accounts/']").first.wait_for()
    person.visit("/accounts/2fa/totp/activate/")
    page.locator("[name=password]").fill(PASSWORD)
    page.locator("main button.button[type=submit]").first.click()
    page.locator(".qr").wait_for()
    for path in PAGES:
        if path == "2fa/totp/deactivate/":
            give_factor(user)
        person.visit(f"/accounts/{path}")
        checked(page, path, name)


def checked(page: Page, path: str, name: str) -> None:
    fits(page)
    picture(page, f"{path.replace('/', '_') or 'home'}-{name}")
    accessible(page)


def picture(page: Page, name: str) -> None:
    if folder := os.environ.get("EVENTFLOW_LOOK"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
