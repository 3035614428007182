"""What every page owes everybody: no sideways scrolling, nothing that axe finds, in both themes and languages."""

import json
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import WebSocketRoute, expect

from tests.browser.conftest import LiveSite
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from webinars.models import Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast
from webinars.tests.factories import MessageFactory, UserFactory, WebinarFactory

STAGE = "/static/webinars/stage/index.html"
PAGES = {
    "home": "/",
    "landing": "/webinars/demo/",
    "live": "/webinars/demo/live/",
    "waiting": "/webinars/soon/live/",
    "ended": "/webinars/past/ended/",
    "sign-in": "/accounts/login/",
    "sign-up": "/accounts/signup/",
    "not-found": "/nothing/",
}
SIGNED_IN = {"live", "waiting"}
Arrive = Callable[..., Visitor]


@pytest.fixture
def webinars(live_site: LiveSite) -> None:
    now = timezone.now()
    live = WebinarFactory(
        slug="demo",
        title="등록 1,000명, 참석 620명: 참석률을 두 배로 올린 웨비나 운영법",
        description="지난 1년의 기록을 함께 봅니다.",
        takeaways="세 구간의 처방\n리마인더 문구",
        speakers=[{"name": "한지원", "title": "온에어 스튜디오 프로듀서"}],
        player="iframe",
        player_url=STAGE,
    )
    MessageFactory(webinar=live, body="아주긴단어" * 40)
    MessageFactory(webinar=live, body="진행자입니다. https://example.com/" + "a" * 120, is_host=True)
    WebinarFactory(slug="soon", state="scheduled", webinar_start_time=now + timedelta(days=3))
    WebinarFactory(slug="past", state="ended", webinar_start_time=now - timedelta(days=3))


def opened(visitor: Arrive, name: str, **options: object) -> Visitor:
    person = visitor(**options)
    person.expected_errors.append("404")
    if name in SIGNED_IN:
        person.sign_in(UserFactory(display_name="이서연"))
    if name == "live":
        person.enter("demo")
    else:
        person.visit(PAGES[name])
    return person


@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
@pytest.mark.parametrize("name", PAGES)
def test_no_page_scrolls_sideways_on_a_phone(visitor: Arrive, webinars: None, name: str, locale: str) -> None:
    page = opened(visitor, name, viewport=PHONE, locale=locale).page

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(visitor: Arrive, webinars: None, name: str, theme: str) -> None:
    page = opened(visitor, name, viewport=DESKTOP, color_scheme=theme, reduced_motion="reduce").page

    found = Axe().run(page).response["violations"]

    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


SIDEWAYS = {"viewport": {"width": 740, "height": 360}, "has_touch": True, "is_mobile": True}


def test_a_phone_held_sideways_gives_the_player_everything(visitor: Arrive, webinars: None) -> None:
    person = opened(visitor, "live", **SIDEWAYS)
    page = person.page

    stage = page.locator("[data-stage]").bounding_box()
    before = person.composer.is_visible()
    page.get_by_role("button", name="채팅").click()
    person.says("서랍에서 씁니다")
    person.message("서랍에서 씁니다").wait_for()
    for way in (page.get_by_role("link", name="나가기"), page.get_by_role("button", name="English")):
        expect(way).to_be_in_viewport(ratio=1)
    page.keyboard.press("Escape")
    person.composer.wait_for(state="hidden")

    assert stage == {"x": 0, "y": 0, "width": 740, "height": 360}
    assert before is False


def test_escape_closes_a_drawer_that_was_just_opened(visitor: Arrive, webinars: None) -> None:
    person = opened(visitor, "live", **SIDEWAYS)
    button = person.page.get_by_role("button", name="채팅")
    button.click()
    expect(person.composer).to_be_visible()
    expect(button).to_be_focused()

    person.page.keyboard.press("Escape")

    expect(person.composer).to_be_hidden()
    expect(button).to_have_attribute("aria-expanded", "false")
    expect(button).to_be_focused()


def test_a_phone_held_sideways_shows_over_the_player_what_must_be_seen(visitor: Arrive, webinars: None) -> None:
    person = visitor(**SIDEWAYS)
    person.sign_in(UserFactory(display_name="이서연"))
    sockets: list[WebSocketRoute] = []

    def relay(socket: WebSocketRoute) -> None:
        sockets.append(socket)
        socket.connect_to_server()

    person.context.route_web_socket("**/ws/**", relay)
    page = person.enter("demo")

    page.evaluate("dispatchEvent(new Event('offline'))")
    sentence = page.locator("[data-connection-sentence]")
    expect(sentence).to_be_in_viewport(ratio=1)
    expect(person.composer).to_be_hidden()
    page.evaluate("dispatchEvent(new Event('online'))")
    expect(sentence).to_be_hidden()
    event = {"seq": 10**6, "type": "session.superseded", "data": {"policy": "replace"}}
    sockets[-1].send(json.dumps({"type": "events", "events": [event]}))

    take_back = page.get_by_role("button", name="여기에서 계속 보기")
    expect(page.get_by_role("alert").filter(has_text=re.compile("다른 곳에서"))).to_be_in_viewport(ratio=1)
    expect(take_back).to_be_focused()
    take_back.click()
    expect(person.connection).to_have_attribute("data-connection", "live")


NOTICES = ["곧 시작합니다", "아주 긴 공지입니다. https://example.com/files 에서 자료를 받으세요. " * 8]


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "has_touch": True, "is_mobile": True}, SIDEWAYS])
def test_a_notice_never_moves_the_player(visitor: Arrive, webinars: None, options: dict[str, object]) -> None:
    page = opened(visitor, "live", **options).page
    webinar, stage, notice = (
        Webinar.objects.get(slug="demo"),
        page.locator("[data-stage]"),
        page.locator("[data-notice]"),
    )
    before = stage.bounding_box()

    for text in NOTICES:
        data = {"text": text, "author": "한지원", "messageId": None, "setAt": timezone.now().isoformat()}
        broadcast(webinar.id, EventType.NOTICE_SET, data)
        expect(notice).to_contain_text(text.strip())
        expect(notice.locator(".notice-text")).to_be_in_viewport(ratio=1)
        assert stage.bounding_box() == before
    more = notice.locator("[data-notice-more]")
    more.click()
    expect(more).to_have_attribute("aria-expanded", "true")
    expect(more).to_be_in_viewport(ratio=1)
    assert stage.bounding_box() == before
    page.keyboard.press("Escape")
    expect(more).to_have_attribute("aria-expanded", "false")
    expect(more).to_be_focused()
    page.keyboard.press("Shift+Tab")

    expect(notice.get_by_role("link").last).to_be_focused()
    expect(more).to_have_attribute("aria-expanded", "true")


@pytest.mark.parametrize(("width", "height"), [(640, 400), (320, 256)])
def test_an_enlarged_page_keeps_everything_within_reach(
    visitor: Arrive, webinars: None, width: int, height: int
) -> None:
    person = opened(visitor, "live", viewport={"width": width, "height": height})
    page = person.page

    for part in (
        page.locator("[data-stage]"),
        page.get_by_role("heading", level=1),
        page.locator("[data-count]"),
        page.get_by_role("link", name="나가기"),
        page.get_by_role("log"),
        person.composer,
        page.get_by_role("button", name="English"),
    ):
        page.mouse.move(width - 4, 4)
        part.scroll_into_view_if_needed()
        expect(part).to_be_in_viewport(ratio=0.9)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert page.locator("[data-chat-scroller]").evaluate("element => element.clientHeight") >= 120


def test_a_long_name_without_spaces_pushes_nothing_out(visitor: Arrive, webinars: None) -> None:
    author = UserFactory(display_name="abcdefghij" * 10)
    webinar = Webinar.objects.get(slug="demo")
    MessageFactory(webinar=webinar, user=author, author_name=author.display_name, body="긴 이름", is_host=True)
    page = opened(visitor, "live", viewport=PHONE).page

    head = page.locator("[data-chat-list] li").filter(has_text="긴 이름").locator(".message-head")

    assert head.evaluate("element => element.scrollWidth <= element.clientWidth")
    for part in ("host", "time"):
        expect(head.locator(f"[data-message-{part}]")).to_be_in_viewport(ratio=1)


def test_news_keep_their_distance_from_the_card_below(visitor: Arrive, webinars: None) -> None:
    person = visitor()
    person.sign_in(UserFactory())
    page = person.visit("/accounts/name/")
    page.evaluate(
        """() => fetch("/accounts/name/", {
          method: "POST",
          redirect: "manual",
          body: new URLSearchParams({ display_name: "Han" }),
          headers: { "X-CSRFToken": document.querySelector("[name=csrfmiddlewaretoken]").value },
        })"""
    )
    person.visit("/accounts/logout/")

    news = page.locator(".flashes").bounding_box()
    card = page.locator(".account-card").bounding_box()

    assert news
    assert card
    assert card["y"] - (news["y"] + news["height"]) >= 16
    assert (news["x"], news["width"]) == (card["x"], card["width"])


def test_the_times_of_messages_show_for_whoever_reads_by_keyboard(visitor: Arrive, webinars: None) -> None:
    page = opened(visitor, "live", reduced_motion="reduce").page
    time = page.locator("[data-chat-list] [data-message-time]").first
    expect(time).to_have_css("opacity", "0")

    page.get_by_role("log").focus()

    expect(time).to_have_css("opacity", "1")
