"""Who gets in, in a browser: pasted, uploaded, mended, taken off; and what people on open pages see of it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from playwright.sync_api import expect

from tests.browser.conftest import LiveSite
from tests.browser.visitors import PHONE, Visitor
from webinars.addresses.pasted import pasted
from webinars.models import AllowedEmail, Webinar
from webinars.services.allowed_emails import import_addresses
from webinars.tests.factories import AgencyMemberFactory, AllowedEmailFactory, UserFactory, WebinarFactory

Arrive = Callable[..., Visitor]


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    made: Webinar = WebinarFactory(slug="demo", title="회원 웨비나", access_policy="email_auth")
    return made


@pytest.fixture
def owner(webinar: Webinar) -> Any:
    return AgencyMemberFactory(agency=webinar.agency, role="owner").user


def address(name: str, webinar: Webinar, *more: Any) -> str:
    return reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk, *more])


def listed(webinar: Webinar) -> list[str]:
    return sorted(AllowedEmail.objects.filter(webinar=webinar).values_list("email", flat=True))


def test_addresses_are_pasted_uploaded_and_taken_back(
    visitor: Arrive, webinar: Webinar, owner: Any, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes("이름,이메일\r\n김,kim@x.com\r\n이,lee@x.com\r\n박,틀린 주소\r\n".encode("cp949"))
    person = visitor(locale="en-GB")
    person.sign_in(owner)
    page = person.visit(address("allowed", webinar))

    page.get_by_label("Addresses", exact=True).fill("Kim <KIM@x.com>, nonsense")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="1 address was added")).to_be_visible()
    page.get_by_role("link", name="Back to the list").click()
    page.get_by_label("CSV or Excel file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()
    expect(page.get_by_role("row", name="4 틀린 주소 This is not an email address.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download as CSV").click()
    both = listed(webinar)
    page.get_by_role("button", name="Take these addresses back").click()
    expect(page.get_by_role("heading", name="These addresses were taken back")).to_be_visible()

    report = tmp_path / "report.csv"
    download.value.save_as(report)
    assert report.read_text("utf-8-sig").splitlines()[1:] == [
        "2,kim@x.com,It was on the list already.",
        "4,틀린 주소,This is not an email address.",
    ]
    assert (both, listed(webinar)) == (["kim@x.com", "lee@x.com"], ["kim@x.com"])


def test_the_chosen_are_taken_off_without_scripts_too(visitor: Arrive, webinar: Webinar, owner: Any) -> None:
    for name in ("kim", "lee"):
        AllowedEmailFactory(webinar=webinar, email=f"{name}@x.com")
    person = visitor(locale="en-GB", java_script_enabled=False)
    person.sign_in(owner)
    page = person.visit(address("allowed", webinar))

    page.get_by_role("checkbox", name="kim@x.com").check()
    page.get_by_role("button", name="Take the chosen off the list").click()

    expect(page.get_by_role("heading", name="1 address on the list")).to_be_visible()
    assert listed(webinar) == ["lee@x.com"]


def test_what_cannot_be_read_is_said_beside_the_file(
    visitor: Arrive, webinar: Webinar, owner: Any, tmp_path: Path
) -> None:
    file = tmp_path / "list.xlsx"
    file.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
    person = visitor(locale="en-GB")
    person.expected_errors.append("400")
    person.sign_in(owner)
    page = person.visit(address("allowed", webinar))

    page.get_by_label("CSV or Excel file").set_input_files(file)
    page.get_by_role("button", name="Upload").click()

    expect(page.get_by_role("alert").filter(has_text="an older Excel file")).to_be_visible()


def test_who_is_taken_off_leaves_at_once_and_comes_back_when_listed_again(
    visitor: Arrive, webinar: Webinar, owner: Any
) -> None:
    AllowedEmailFactory(webinar=webinar, email="kim@x.com")
    attendee, organizer = visitor(locale="en-GB"), visitor(locale="en-GB")
    attendee.expected_errors += ["403", "WebSocket"]
    attendee.sign_in(UserFactory(email="kim@x.com", display_name="Kim"))
    attendee.enter("demo")
    organizer.sign_in(owner)
    page = organizer.visit(address("allowed", webinar))

    page.get_by_role("checkbox", name="kim@x.com").check()
    page.get_by_role("button", name="Take the chosen off the list").click()
    expect(attendee.connection).not_to_have_attribute("data-connection", "live")
    page.get_by_label("Addresses", exact=True).fill("kim@x.com")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("heading", name="1 address was added")).to_be_visible()

    attendee.enter("demo")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
@pytest.mark.parametrize("name", ["allowed", "allowed_clear", "allowed_import", "my_data"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visitor: Arrive, webinar: Webinar, owner: Any, name: str, locale: str, theme: str
) -> None:
    text = "\n".join([f"long-address-number-{number}@a-long-domain.example.com" for number in range(60)])
    made = import_addresses(
        webinar=webinar,
        found=pasted(f"{text}\nnonsense\n{text.splitlines()[0]}\n" + "x" * 400),
        source="paste",
        actor_id=owner.pk,
        now=webinar.webinar_start_time,
    )
    person = visitor(locale=locale, color_scheme=theme, viewport=PHONE)
    person.sign_in(owner)
    more = [made.pk] if name == "allowed_import" else []

    page = person.visit(reverse("webinars:my_data") if name == "my_data" else address(name, webinar, *more))

    expect(page.locator("h2, h1").last).to_be_visible()
    content = "main" if name == "my_data" else "#content"
    found = Axe().run(page, context=content).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
