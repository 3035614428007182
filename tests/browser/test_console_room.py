"""The room in the console's live tab: what an operator does there shows in every page."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LiveSite
from tests.browser.test_console import HIDE
from tests.browser.visitors import DESKTOP, LEFT_EARLY, PHONE, Visitor
from webinars.models import AgencyMember, AuditEntry, Webinar
from webinars.services import webinar_life
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, UserFactory, WebinarFactory

STAGE = "/static/webinars/stage/index.html"
Arrive = Callable[..., Visitor]


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    webinar: Webinar = WebinarFactory(slug="demo", title="웨비나 운영법", player="iframe", player_url=STAGE)
    return webinar


@pytest.fixture
def console(visitor: Arrive, webinar: Webinar) -> Callable[..., Visitor]:
    """A member of the agency on the webinar's live tab."""

    def make(role: str = "operator", **options: Any) -> Visitor:
        person = visitor(**{"locale": "en-GB"} | options)
        person.expected_errors.append(LEFT_EARLY)
        person.sign_in(
            AgencyMemberFactory(agency=webinar.agency, role=role, user=UserFactory(display_name="한지원")).user
        )
        person.visit(f"/console/webinars/webinar/{webinar.pk}/live/")
        return person

    return make


@pytest.fixture
def attendee(visitor: Arrive, webinar: Webinar) -> Visitor:
    person = visitor(locale="en-GB")
    person.sign_in(RegistrationFactory(webinar=webinar, user=UserFactory(display_name="박준호")).user)
    person.enter("demo")
    return person


def connected(host: Visitor) -> Visitor:
    expect(host.connection).to_have_attribute("data-connection", "live")
    return host


def choose(host: Visitor, text: str, name: str) -> None:
    message = host.message(text)
    message.hover()
    message.locator("[data-message-more]").click()
    host.page.get_by_role("menuitem", name=name).click()


def toast(host: Visitor) -> Locator:
    return host.page.locator("[data-toasts]")


def question(person: Visitor, text: str) -> Locator:
    return person.page.locator("[data-questions-list] > li").filter(has_text=text)


def test_an_operator_keeps_order_from_the_console(console: Callable[..., Visitor], attendee: Visitor) -> None:
    host = connected(console())
    attendee.says("광고입니다")
    expect(host.message("광고입니다")).to_have_attribute("data-state", "sent")

    choose(host, "광고입니다", "Remove message")
    expect(attendee.page.locator("[data-chat-list] > li[data-state=deleted]")).to_have_count(1)
    toast(host).get_by_role("button").last.click()
    expect(attendee.message("광고입니다")).to_have_attribute("data-state", "sent")

    choose(host, "광고입니다", "Pin as notice")
    expect(attendee.page.locator("[data-notice]")).to_contain_text("광고입니다")
    expect(host.page.locator("[data-notice]")).to_contain_text("광고입니다")

    choose(host, "광고입니다", "Mute for 10 minutes")
    expect(attendee.page.locator("[data-composer-closed]")).to_be_visible()
    silenced = host.page.locator("[data-silenced-list] li")
    expect(silenced).to_contain_text("박준호")
    silenced.get_by_role("button").click()
    expect(silenced).to_have_count(0)
    expect(attendee.composer).to_be_visible()

    host.says("진행자입니다")
    expect(attendee.message("진행자입니다")).to_have_class(re.compile("message-host"))
    acts = AuditEntry.objects.exclude(action="personal.viewed")
    actions = list(acts.order_by("id").values_list("action", flat=True))
    assert actions == ["message.deleted", "message.restored", "notice.set", "member.muted", "member.unmuted"]


def test_the_switches_of_the_room_reach_every_page(console: Callable[..., Visitor], attendee: Visitor) -> None:
    host, colleague = connected(console()), connected(console())
    controls = host.page.locator("[data-controls]")

    controls.get_by_label("Slow mode").select_option("300")
    expect(colleague.page.get_by_label("Slow mode")).to_have_value("300")
    attendee.says("천천히")
    expect(attendee.page.locator("[data-composer-wait]")).not_to_be_empty()

    controls.get_by_role("switch", name="People can write").click()
    expect(attendee.page.locator("[data-composer-closed]")).to_be_visible()
    expect(colleague.page.get_by_role("switch", name="People can write")).not_to_be_checked()
    toast(host).get_by_role("button").last.click()
    expect(attendee.composer).to_be_visible()
    expect(controls.get_by_role("switch", name="People can write")).to_be_checked()

    controls.get_by_label("Notice above the player").fill("곧 시작합니다")
    controls.get_by_label("Notice above the player").press("Enter")
    expect(attendee.page.locator("[data-notice]")).to_contain_text("곧 시작합니다")
    host.page.locator("[data-notice-clear]").click()
    expect(attendee.page.locator("[data-notice]")).to_be_hidden()

    controls.locator("summary").click()
    controls.get_by_label("Blocked words, one per line").fill("스포일러\n광고")
    controls.get_by_role("button", name="Save").click()
    expect(controls.locator("summary")).to_have_text("2 blocked words")
    assert Webinar.objects.get().blocked_words == ["스포일러", "광고"]


def test_a_question_is_published_and_answered_from_the_console(
    console: Callable[..., Visitor], attendee: Visitor
) -> None:
    host = connected(console())
    attendee.page.get_by_role("tab", name=re.compile("Q&A")).click()
    attendee.page.get_by_role("textbox", name="Your question").fill("다시 보기가 있나요?")
    attendee.page.get_by_role("button", name="Ask", exact=True).click()

    waiting = question(host, "다시 보기가 있나요?")
    expect(waiting).to_contain_text("박준호")
    waiting.get_by_role("button", name="Publish").click()
    expect(question(attendee, "다시 보기가 있나요?")).to_have_attribute("data-status", "published")
    host.page.get_by_role("button", name=re.compile("^Published")).click()
    question(host, "다시 보기가 있나요?").get_by_role("button", name="Answer", exact=True).click()
    host.page.get_by_role("textbox", name="Your answer").fill("네, 내일부터요")
    host.page.get_by_role("button", name="Publish answer").click()

    attendee.page.get_by_role("button", name=re.compile("^Answered")).click()
    expect(question(attendee, "다시 보기가 있나요?")).to_contain_text("네, 내일부터요")


def test_without_a_socket_the_console_polls_and_still_acts(
    visitor: Arrive, webinar: Webinar, attendee: Visitor
) -> None:
    host = visitor(locale="en-GB")
    host.sign_in(AgencyMemberFactory(agency=webinar.agency, role="operator").user)
    host.context.route_web_socket("**/ws/**", lambda socket: socket.close(code=1013, reason="away"))
    host.page.clock.install()
    host.visit(f"/console/webinars/webinar/{webinar.pk}/live/")
    expect(host.connection).to_have_attribute("data-connection", "reconnecting")
    host.page.clock.fast_forward("00:10")
    expect(host.connection).to_have_attribute("data-connection", "polling")

    attendee.says("소켓 없이")
    expect(host.message("소켓 없이")).to_be_visible()
    choose(host, "소켓 없이", "Remove message")

    expect(attendee.page.locator("[data-chat-list] > li[data-state=deleted]")).to_have_count(1)


def test_what_the_server_refuses_is_said_in_place(console: Callable[..., Visitor]) -> None:
    host = connected(console())
    host.expected_errors.append("status of 403")
    AgencyMember.objects.update(role="viewer")

    host.page.get_by_label("Slow mode").select_option("60")

    expect(host.page.locator("[data-controls-problem]")).to_be_visible()
    expect(host.page.get_by_label("Slow mode")).to_have_value("0")
    assert Webinar.objects.get().chat_slow_seconds == 0


@pytest.mark.parametrize(("theme", "viewport"), [("light", DESKTOP), ("dark", PHONE)])
def test_axe_finds_nothing_and_a_phone_is_wide_enough(
    console: Callable[..., Visitor], attendee: Visitor, theme: str, viewport: dict[str, int]
) -> None:
    attendee.says("안녕하세요")
    host = connected(console(viewport=viewport, color_scheme=theme, reduced_motion="reduce"))
    message = host.message("안녕하세요")
    expect(message).to_be_visible()
    message.focus()
    host.page.keyboard.press("Enter")
    expect(host.page.get_by_role("menu")).to_be_visible()

    found = Axe().run(host.page, context="#console-room").response["violations"]
    host.page.keyboard.press("Escape")

    expect(message).to_be_focused()
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert host.page.evaluate("document.documentElement.scrollWidth") == viewport["width"]


def test_an_action_of_the_list_asks_and_reaches_the_room(console: Callable[..., Visitor], attendee: Visitor) -> None:
    host = console(viewport=DESKTOP)
    attendee.says("광고입니다")
    expect(attendee.message("광고입니다")).to_have_attribute("data-state", "sent")

    host.visit("/console/webinars/message/")
    host.page.get_by_role("checkbox").last.check()
    host.page.locator("select[name=action]").select_option("delete_messages")
    host.page.get_by_role("button", name="Run").click()
    expect(host.page.get_by_role("heading", name="Delete this message?")).to_be_visible()
    found = Axe().run(host.page, context="#content").response["violations"]
    host.page.get_by_role("button", name="Delete messages").click()

    expect(attendee.page.locator("[data-chat-list] > li[data-state=deleted]")).to_have_count(1)
    expect(host.page.get_by_text("1 message was deleted.")).to_be_visible()
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_the_page_does_not_load_again_under_a_writing_hand(console: Callable[..., Visitor], webinar: Webinar) -> None:
    host = connected(console())
    host.page.get_by_label("Notice above the player").fill("곧 끝납")
    webinar_life.end(webinar, now=timezone.now())
    cache.clear()

    with host.page.expect_response("**/stats/access"):
        host.page.evaluate(HIDE, True)
        host.page.evaluate(HIDE, False)

    expect(host.page.locator("[data-poll-state]")).to_contain_text("ended elsewhere")
    expect(host.page.get_by_label("Notice above the player")).to_have_value("곧 끝납")
    host.page.get_by_label("Notice above the player").fill("")
    host.page.evaluate(HIDE, True)
    host.page.evaluate(HIDE, False)
    expect(host.page.locator("#live-tab")).to_have_attribute("data-state", "ended")
