"""One person, the same webinar, two pages (spec 5)."""

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from presence.models import UserSession
from tests.browser.conftest import LiveSite
from tests.browser.visitors import Visitor
from webinars.models import User, Webinar
from webinars.tests.factories import UserFactory, WebinarFactory

STAGE = "/static/webinars/stage/index.html"


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    webinar: Webinar = WebinarFactory(slug="demo", title="웨비나 운영법", player="iframe", player_url=STAGE)
    return webinar


@pytest.fixture
def attendee(visitor: Callable[..., Visitor], webinar: Webinar) -> Visitor:
    person = visitor()
    person.sign_in(UserFactory(display_name="이서연"))
    return person


def connection(page: Page) -> Locator:
    return page.locator("[data-connection-view]")


def notice(page: Page) -> Locator:
    return page.locator("[data-takeover]")


def message(page: Page, text: str) -> Locator:
    return page.locator("[data-chat-list] li").filter(has_text=text)


def expect_in_use(page: Page) -> None:
    expect(connection(page)).to_have_attribute("data-connection", "live")
    expect(page.locator("[data-stage] iframe")).to_have_count(1)
    expect(notice(page)).to_be_hidden()


def expect_resting(page: Page) -> None:
    expect(notice(page)).to_contain_text("다른 곳에서")
    expect(connection(page)).to_have_attribute("data-connection", "paused")
    expect(page.locator("[data-stage] iframe")).to_have_count(0)


def second_tab(page: Page) -> Page:
    """Opened by the first, it has a copy of the first one's session storage, as a duplicated tab has."""
    with page.expect_popup() as popup:
        page.evaluate("open(location.href)")
    return popup.value


def test_the_newer_page_replaces_the_older_one_until_that_takes_it_back(attendee: Visitor, webinar: Webinar) -> None:
    Webinar.objects.update(duplicate_login_policy="replace")
    first = attendee.enter("demo")
    expect_in_use(first)

    second = second_tab(first)

    expect_in_use(second)
    expect_resting(first)
    attendee.until(lambda: UserSession.objects.filter(closed_reason="exit").count() == 1)
    expect(first.locator("[data-panel-parts]")).to_have_attribute("inert", "")
    second.get_by_role("textbox", name=re.compile("메시지")).fill("두 번째 창에서")
    second.keyboard.press("Enter")
    expect(second.locator("[data-chat-list] li").filter(has_text="두 번째 창에서")).to_have_attribute(
        "data-state", "sent"
    )
    expect(attendee.message("두 번째 창에서")).to_have_count(0)

    first.get_by_role("button", name="여기에서 계속 보기").click()
    expect_in_use(first)
    expect_resting(second)
    expect(attendee.message("두 번째 창에서")).to_have_count(1)
    attendee.says("다시 첫 창에서")
    expect(attendee.message("다시 첫 창에서")).to_have_attribute("data-state", "sent")

    second.get_by_role("button", name="여기에서 계속 보기").click()
    expect_in_use(second)
    expect_resting(first)


def test_a_replaced_page_is_silent_whatever_the_other_device_does(
    visitor: Callable[..., Visitor], attendee: Visitor, webinar: Webinar
) -> None:
    Webinar.objects.update(duplicate_login_policy="replace")
    attendee.page.clock.install()
    with attendee.page.expect_response("**/access/track"):
        page = attendee.enter("demo")
    phone = visitor()
    phone.sign_in(User.objects.get(display_name="이서연"))
    with page.expect_request("**/access/exit"):
        phone.enter("demo")
    expect_resting(page)
    sockets: list[str] = []
    page.on("websocket", lambda socket: sockets.append(socket.url))
    asked = len(attendee.requests)

    page.clock.fast_forward("01:00:00")
    phone.says("전화기에서")
    expect(phone.message("전화기에서")).to_have_attribute("data-state", "sent")

    expect_resting(page)
    assert len(attendee.requests) == asked
    assert sockets == []
    with page.expect_response("**/access/track"):
        page.get_by_role("button", name="여기에서 계속 보기").click()
    expect_in_use(page)
    expect(attendee.message("전화기에서")).to_have_count(1)


def test_the_older_page_is_warned_and_both_go_on(attendee: Visitor, webinar: Webinar) -> None:
    Webinar.objects.update(duplicate_login_policy="warn")
    first = attendee.enter("demo")

    second = second_tab(first)

    expect(connection(second)).to_have_attribute("data-connection", "live")
    expect(notice(first)).to_contain_text("다른 창")
    expect(connection(first)).to_have_attribute("data-connection", "live")
    expect(first.locator("[data-stage] iframe")).to_have_count(1)
    notice(first).get_by_role("button").click()
    expect(notice(first)).to_be_hidden()
    attendee.says("둘 다 봅니다")
    expect(message(second, "둘 다 봅니다")).to_have_count(1)
    expect(notice(second)).to_be_hidden()


def test_a_page_that_the_browser_kept_counts_as_opened_now(attendee: Visitor, webinar: Webinar) -> None:
    addresses: list[str] = []
    attendee.page.on("websocket", lambda socket: addresses.append(socket.url))
    page = attendee.enter("demo")
    attendee.visit("/webinars/demo/")

    with page.expect_response("**/token") as renewal:
        page.go_back()
    expect_in_use(page)

    first, second = [parse_qs(urlsplit(address).query) for address in addresses]
    opened_anew = datetime.fromisoformat(renewal.value.json()["data"]["serverTime"])
    assert first["page"] != second["page"]
    assert int(second["since"][0]) == int(opened_anew.timestamp() * 1000)
    assert int(first["since"][0]) < int(second["since"][0])
