"""The attendance tab in a browser: sorted, searched, read strip by strip, with and without scripts."""

import pytest
from django.utils import timezone
from playwright.sync_api import Page, expect

from stats.services.sealing import seal_attendance
from tests.browser.attended_hour import Arrive, fill, make_webinar, members_of, path
from tests.browser.conftest import LiveSite
from webinars.models import Webinar
from webinars.tests.factories import WebinarFactory


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    return make_webinar()


@pytest.fixture
def arrive(visitor: Arrive, webinar: Webinar) -> Arrive:
    return members_of(webinar, visitor)


@pytest.fixture
def people(webinar: Webinar) -> list[str]:
    return fill(webinar)


def names(page: Page) -> list[str]:
    return page.locator(".ef-person").all_inner_texts()


def test_the_table_is_sorted_searched_and_narrowed(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "attendance"))
    assert names(page) == ["Kim Minjun", "Lee Seoyeon", "Park Jiho"]

    page.get_by_role("link", name="Unique", exact=True).click()
    expect(page.get_by_role("columnheader", name="Unique")).to_have_attribute("aria-sort", "ascending")
    assert names(page) == ["Park Jiho", "Lee Seoyeon", "Kim Minjun"]

    page.get_by_label("There for at least").fill("50")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".ef-person")).to_have_text(["Lee Seoyeon", "Kim Minjun"])

    page.get_by_label("Name or email").fill("minjun")
    page.get_by_label("Name or email").press("Enter")
    expect(page.locator(".ef-person")).to_have_text(["Kim Minjun"])

    page.get_by_role("link", name="Show everybody").click()
    expect(page.locator(".ef-person")).to_have_count(3)


def test_pages_lead_on_and_back(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "attendance", "?limit=2"))

    page.get_by_role("link", name="More", exact=True).click()
    expect(page.locator(".ef-person")).to_have_text(["Park Jiho"])
    page.get_by_role("link", name="Previous", exact=True).click()
    expect(page.locator(".ef-person")).to_have_text(["Kim Minjun", "Lee Seoyeon"])


def test_strips_show_and_say_who_was_there_when(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "attendance"))

    strips = page.locator("tbody svg.ef-strip")
    assert [strip.get_attribute("aria-label") for strip in strips.all()] == [
        "Present 14:00–15:00, in front 45 minutes",
        "Present 14:00–14:30, in front 30 minutes",
        "Present 14:20–14:30, in front 5 minutes",
    ]
    table = page.locator(".ef-strip-cell").nth(2).bounding_box()
    shape = strips.nth(2).locator(".ef-strip-present").bounding_box()
    assert table is not None
    assert shape is not None
    width = table["width"] - 16
    assert shape["width"] / width == pytest.approx(10 / 60, abs=0.01)
    assert (shape["x"] - table["x"] - 8) / width == pytest.approx(20 / 60, abs=0.01)


def test_a_definition_shows_on_hover_and_on_focus_and_goes_with_escape(
    arrive: Arrive, webinar: Webinar, people: list[str]
) -> None:
    page = arrive().visit(path(webinar, "attendance"))
    definition = page.locator("#about-uniqueSeconds")
    head = page.get_by_role("link", name="Unique", exact=True)
    expect(definition).to_be_hidden()

    head.hover()
    expect(definition).to_be_visible()
    box, view = definition.bounding_box(), page.viewport_size
    assert box is not None
    assert view is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= view["width"]
    page.keyboard.press("Escape")
    expect(definition).to_be_hidden()
    page.mouse.move(0, 0)
    head.focus()

    expect(definition).to_be_visible()
    assert head.get_attribute("aria-describedby") == "about-uniqueSeconds"


def test_the_table_works_without_scripts(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive(java_script_enabled=False).visit(path(webinar, "attendance", "?minPercent=20"))

    expect(page.locator(".ef-person")).to_have_text(["Kim Minjun", "Lee Seoyeon"])
    page.get_by_role("link", name="Unique", exact=True).click()
    expect(page.locator(".ef-person")).to_have_text(["Lee Seoyeon", "Kim Minjun"])


def test_the_seals_hash_is_copied(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    seal = seal_attendance(webinar=webinar, now=timezone.now())
    person = arrive()
    person.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = person.visit(path(webinar, "attendance"))

    page.get_by_role("button", name="Copy", exact=True).click()

    expect(page.locator("[data-copy-state]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == seal.sha256
    expect(page.locator(".ef-seal-badge")).to_have_text("Sealed")


def test_a_viewer_finds_no_person_anywhere(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    addresses = [registration.user.email for registration in webinar.registrations.select_related("user")]
    viewer = arrive("viewer")
    other = WebinarFactory(client=webinar.client, state="ended")

    for where in ("attendance", "statistics", "live"):
        page = viewer.visit(path(webinar, where))
        assert [part for part in people + addresses if part in page.content()] == []
    data = viewer.page.request.get(viewer.url + path(webinar, "statistics/data"))
    assert data.ok
    assert [part for part in people + addresses if part in data.text()] == []
    page = viewer.visit(path(webinar, "compare", f"?with={other.pk}"))
    assert [name for name in people if name in page.content()] == []
