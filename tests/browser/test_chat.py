"""The chat as a reader and a writer meet it: long histories, coming back, drafts, tabs, what the room allows."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import LiveSite
from tests.browser.test_live_room import HIDE, fill_chat
from tests.browser.visitors import PHONE, Visitor
from webinars.models import ChatRoom, Webinar
from webinars.services.webinar_life import announce
from webinars.tests.factories import MessageFactory, RegistrationFactory, UserFactory, WebinarFactory

STAGE = "/static/webinars/stage/index.html"
Arrive = Callable[..., Visitor]

# Everything a smooth scroll would do, at once: a reader who turns the wheel.
SCROLL = "(element, top) => { element.scrollTop = top }"


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    webinar: Webinar = WebinarFactory(slug="demo", title="웨비나 운영법", player="iframe", player_url=STAGE)
    return webinar


@pytest.fixture
def attendee(visitor: Arrive, webinar: Webinar) -> Visitor:
    person = visitor()
    person.sign_in(UserFactory(display_name="이서연"))
    return person


def shown(page: Page) -> list[int]:
    numbers: list[int] = page.locator("[data-chat-list] > li").evaluate_all(
        "items => items.map((item) => Number(item.dataset.seq))"
    )
    return numbers


def test_earlier_messages_come_without_a_jump_up_to_the_beginning(attendee: Visitor, webinar: Webinar) -> None:
    fill_chat(webinar, first=1, last=230)
    attendee.expected_errors.append("503")
    page = attendee.enter("demo")
    scroller, head = page.locator("[data-chat-scroller]"), page.locator("[data-chat-earlier]")
    refusal = {"success": False, "error": "busy", "code": "unavailable"}
    assert shown(page) == list(range(181, 231))

    def busy(route: Route) -> None:
        route.fulfill(status=503, json=refusal)

    page.route("**/messages?before=*", busy)
    scroller.evaluate(SCROLL, 500)
    expect(head).to_have_attribute("data-history", "failed")
    page.unroute("**/messages?before=*")
    before = attendee.message("이야기 190.").bounding_box()
    head.get_by_role("button").evaluate("button => button.click()")
    expect(attendee.message("이야기 81.")).to_be_attached()

    assert attendee.message("이야기 190.").bounding_box() == before
    scroller.evaluate(SCROLL, 0)
    expect(head).to_have_attribute("data-history", "beginning")
    scroller.evaluate(SCROLL, 0)
    expect(head).to_be_in_viewport()
    assert shown(page) == list(range(1, 231))


def test_whoever_comes_back_finds_their_place_and_what_is_new(visitor: Arrive, attendee: Visitor) -> None:
    away = visitor()
    away.sign_in(UserFactory(display_name="박준호"))
    attendee.enter("demo")
    attendee.says("\n".join(f"{line}번째 줄" for line in range(60)))
    expect(attendee.message("59번째 줄")).to_have_attribute("data-state", "sent")
    page = away.enter("demo")
    before = away.message("59번째 줄").bounding_box()
    page.evaluate(HIDE, True)

    for text in ("자리를 비운 사이", "하나 더"):
        attendee.says(text)
    expect(away.message("하나 더")).to_be_attached()
    hidden_title = page.title()
    page.evaluate(HIDE, False)

    assert hidden_title == "(2) 웨비나 운영법 · EventFlow"
    assert page.title() == "웨비나 운영법 · EventFlow"
    assert away.message("59번째 줄").bounding_box() == before
    expect(away.message("자리를 비운 사이").locator(".message-new")).to_have_count(1)
    expect(page.locator(".message-new")).to_have_count(1)
    page.locator("[data-chat-pill]").click()
    expect(away.message("하나 더")).to_be_in_viewport()
    away.says("다녀왔습니다")
    expect(page.locator(".message-new")).to_have_count(0)


def test_tabs_by_keyboard_with_news_from_the_other(visitor: Arrive, attendee: Visitor) -> None:
    reader = visitor(viewport=PHONE)
    reader.sign_in(UserFactory(display_name="박준호"))
    page = reader.enter("demo")
    attendee.enter("demo")
    chat, questions = page.locator("#tab-chat"), page.locator("#tab-questions")

    chat.focus()
    page.keyboard.press("ArrowRight")
    expect(questions).to_be_focused()
    expect(questions).to_have_attribute("aria-selected", "true")
    expect(reader.composer).to_be_hidden()
    attendee.says("뒤에서 온 글")

    expect(chat.locator("[data-tab-mark] [aria-hidden]")).to_have_text("1")
    page.keyboard.press("ArrowRight")
    expect(chat).to_be_focused()
    expect(chat.locator("[data-tab-mark]")).to_be_hidden()
    expect(reader.message("뒤에서 온 글").locator(".message-new")).to_have_count(1)


def test_a_draft_survives_a_reload_and_takes_an_emoji(attendee: Visitor) -> None:
    page = attendee.enter("demo")
    attendee.composer.fill("반쯤 쓴 글 ")

    page.reload()
    expect(attendee.composer).to_have_value("반쯤 쓴 글 ")
    attendee.composer.evaluate("field => field.setSelectionRange(99, 99)")
    page.locator("[data-emoji-button]").click()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    attendee.composer.press("Enter")

    expect(attendee.message("반쯤 쓴 글 😄")).to_have_attribute("data-state", "sent")
    page.reload()
    expect(attendee.composer).to_have_value("")


def test_a_message_that_did_not_get_through_survives_a_reload(attendee: Visitor, webinar: Webinar) -> None:
    page = attendee.enter("demo")
    attendee.expected_errors.append("ERR_FAILED")

    page.route("**/messages", lambda route: route.abort())
    attendee.says("가는 길에 새로 고침")
    expect(attendee.message("가는 길에")).to_have_attribute("data-state", "retrying")
    page.unroute("**/messages")
    page.reload()
    expect(attendee.message("가는 길에")).to_have_attribute("data-state", "failed")
    attendee.message("가는 길에").locator("[data-message-resend]").click()

    expect(attendee.message("가는 길에")).to_have_attribute("data-state", "sent")
    assert webinar.messages.count() == 1
    assert len({body["client_id"] for body in attendee.calls("/messages")}) == 1


def test_a_text_that_is_too_long_stays_and_says_by_how_much(attendee: Visitor) -> None:
    attendee.enter("demo")

    attendee.says("😀" * 1_001)
    expect(attendee.composer).to_have_attribute("aria-invalid", "true")
    expect(attendee.page.locator("[data-composer-count]")).to_contain_text("1")
    assert attendee.calls("/messages") == []
    attendee.says("😀" * 1_000)

    expect(attendee.message("😀😀")).to_have_attribute("data-state", "sent")


def test_the_input_method_of_a_phone_sends_when_it_breaks_the_line(attendee: Visitor) -> None:
    """As Safari's Korean input and phones' keyboards tell of Enter: as a key of their own, then as a line break."""
    attendee.enter("demo")
    attendee.composer.fill("조합을 마친 글")
    attendee.composer.focus()

    keyboard = attendee.context.new_cdp_session(attendee.page)
    keyboard.send(
        "Input.dispatchKeyEvent", {"type": "keyDown", "key": "Enter", "windowsVirtualKeyCode": 229, "text": "\r"}
    )

    expect(attendee.message("조합을 마친 글")).to_have_attribute("data-state", "sent")
    expect(attendee.composer).to_have_value("")


def test_script_in_names_and_messages_is_text_and_addresses_are_links(attendee: Visitor, webinar: Webinar) -> None:
    webinar.notice, webinar.notice_set_at = (
        "<img src=x onerror=alert(1)> https://example.com/a?b=1&c=2",
        webinar.created_at,
    )
    webinar.save(update_fields=["notice", "notice_set_at"])
    message = MessageFactory(
        webinar=webinar, author_name="<b>이름</b>", body="<script>document.title='x'</script> javascript:alert(1)"
    )
    ChatRoom.objects.update_or_create(webinar=webinar, defaults={"last_seq": message.seq})
    page = attendee.enter("demo")
    attendee.says('<a href="https://example.com">여기</a> "https://example.com/<b>')

    expect(attendee.message("document.title")).to_contain_text("<b>이름</b>")
    expect(page.locator("[data-chat-list] :is(script, b, img)")).to_have_count(0)
    own = attendee.message("여기").get_by_role("link")
    assert own.evaluate_all("links => links.map((link) => link.href)") == [
        "https://example.com/",
        "https://example.com/",
    ]
    expect(page.locator("[data-notice-text] img")).to_have_count(0)
    expect(page.locator("[data-notice-text] a")).to_have_attribute("href", "https://example.com/a?b=1&c=2")
    assert page.title() == "웨비나 운영법 · EventFlow"


def test_the_notice_and_both_tabs_are_read_without_javascript(visitor: Arrive, webinar: Webinar) -> None:
    webinar.notice, webinar.notice_set_at = "10분 뒤에 다시 시작합니다", webinar.created_at
    webinar.save(update_fields=["notice", "notice_set_at"])
    user = UserFactory()
    RegistrationFactory(webinar=webinar, user=user)
    MessageFactory(webinar=webinar, body="스크립트 없이")
    person = visitor(java_script_enabled=False)
    person.sign_in(user)
    page = person.visit("/webinars/demo/live/")

    expect(page.get_by_text("10분 뒤에 다시 시작합니다")).to_be_visible()
    expect(person.message("스크립트 없이")).to_be_visible()
    expect(page.locator("#tab-panel-questions")).to_be_visible()
    expect(page.get_by_role("tablist")).to_be_hidden()


def test_a_guest_is_told_how_to_write(visitor: Arrive, webinar: Webinar) -> None:
    Webinar.objects.update(access_policy="open")
    guest = visitor()

    guest.enter("demo")

    expect(
        guest.page.locator("#tab-panel-chat").get_by_role("link", name=re.compile("로그인|Sign in"))
    ).to_be_visible()
    expect(guest.composer).to_have_count(0)
    expect(guest.page.locator("[data-chat-empty]")).not_to_contain_text(re.compile("첫인사|Say hello"))
    Webinar.objects.update(chat_enabled=False)
    announce(Webinar.objects.get())
    expect(guest.page.locator("[data-when-chat=false]")).to_be_visible()
    expect(guest.page.locator("[data-when-chat=true]")).to_be_hidden()
