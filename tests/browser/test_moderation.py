"""Keeping order on the live page: what a moderator does shows in every page at once, and can be taken back."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Locator, expect

from tests.browser.conftest import LiveSite
from tests.browser.visitors import PHONE, Visitor
from webinars.models import AuditEntry, Registration, Webinar
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

STAGE = "/static/webinars/stage/index.html"
Arrive = Callable[..., Visitor]
# What a finger cannot hit well, other than links within a sentence.
TOO_SMALL = """() => [...document.querySelectorAll("button, select, input, a.quiet-link")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.matches("[role=tab]"))
  .map((each) => [each.outerHTML.slice(0, 80), each.getBoundingClientRect()])
  .filter(([, { width, height }]) => width < 40 || height < 40)
  .map(([html, { width, height }]) => `${width}×${height} ${html}`)"""


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    webinar: Webinar = WebinarFactory(slug="demo", title="웨비나 운영법", player="iframe", player_url=STAGE)
    return webinar


def arrived(visitor: Arrive, webinar: Webinar, name: str, role: str = "attendee", **options: object) -> Visitor:
    person = visitor(**options)
    user = UserFactory(display_name=name)
    RegistrationFactory(webinar=webinar, user=user, role=role)
    person.sign_in(user)
    person.enter("demo")
    return person


@pytest.fixture
def moderator(visitor: Arrive, webinar: Webinar) -> Visitor:
    return arrived(visitor, webinar, "한지원", "moderator")


@pytest.fixture
def attendee(visitor: Arrive, webinar: Webinar) -> Visitor:
    return arrived(visitor, webinar, "박준호", viewport=PHONE)


def menu_of(host: Visitor, text: str) -> Locator:
    message = host.message(text)
    message.hover()
    message.locator("[data-message-more]").click()
    return host.page.get_by_role("menu")


def choose(host: Visitor, text: str, *names: str) -> None:
    menu_of(host, text).get_by_role("menuitem", name=re.compile("|".join(names))).click()


def undo(host: Visitor) -> None:
    host.page.locator("[data-toasts]").get_by_role("button").last.click()


def test_a_message_is_removed_brought_back_and_pinned(moderator: Visitor, attendee: Visitor) -> None:
    attendee.says("광고입니다 https://example.com/ad")
    said = moderator.message("광고입니다")
    expect(said).to_have_attribute("data-state", "sent")

    choose(moderator, "광고입니다", "Remove message", "메시지 삭제")
    gone = attendee.page.locator("[data-chat-list] > li[data-state=deleted]")
    expect(gone).to_have_count(1)
    expect(gone).not_to_contain_text("광고")
    expect(said.locator("s")).to_have_text("광고입니다 https://example.com/ad")
    undo(moderator)
    expect(attendee.message("광고입니다")).to_have_attribute("data-state", "sent")
    choose(moderator, "광고입니다", "Pin as notice", "공지로")

    notice = attendee.page.locator("[data-notice]")
    expect(notice).to_contain_text("광고입니다")
    expect(notice.get_by_role("link")).to_have_attribute("rel", re.compile("noopener"))
    moderator.page.locator("[data-notice-clear]").click()
    expect(notice).to_be_hidden()
    actions = list(AuditEntry.objects.order_by("id").values_list("action", flat=True))
    assert actions == ["message.deleted", "message.restored", "notice.set", "notice.cleared"]


def test_a_muted_person_is_told_until_when_and_keeps_what_they_wrote(moderator: Visitor, attendee: Visitor) -> None:
    attendee.says("조금 시끄럽게")
    expect(moderator.message("조금 시끄럽게")).to_be_visible()
    attendee.composer.fill("아직 쓰는 중")

    choose(moderator, "조금 시끄럽게", "Mute for 10 minutes", "10분")
    note = attendee.page.locator("[data-composer-closed]")
    until = timezone.localtime(timezone.now() + timedelta(minutes=10))
    expect(note).to_contain_text(re.compile(rf"{until.hour % 12 or 12}:\d\d"))
    expect(attendee.composer).to_be_hidden()
    moderator.page.locator("[data-settings-button]").click()
    silenced = moderator.page.locator("[data-silenced-list] li")
    expect(silenced).to_contain_text("박준호")
    silenced.get_by_role("button").click()

    expect(silenced).to_have_count(0)
    expect(attendee.composer).to_be_visible()
    expect(attendee.composer).to_have_value("아직 쓰는 중")


def test_who_is_banned_is_out_and_may_be_let_in_again(moderator: Visitor, attendee: Visitor) -> None:
    attendee.expected_errors.extend(["403", "WebSocket"])
    attendee.says("나갈 사람")
    expect(moderator.message("나갈 사람")).to_be_visible()

    choose(moderator, "나갈 사람", "Ban", "내보내기")
    dialog = moderator.page.get_by_role("dialog")
    expect(dialog).to_contain_text("박준호")
    moderator.page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(moderator.message("나갈 사람")).to_be_focused()
    choose(moderator, "나갈 사람", "Ban", "내보내기")
    dialog.get_by_role("button").last.click()

    expect(attendee.connection).to_have_attribute("data-connection", "paused")
    attendee.page.reload()
    expect(attendee.composer).to_have_count(0)
    undo(moderator)
    moderator.until(lambda: not Registration.objects.filter(banned_at__isnull=False).exists())
    attendee.enter("demo")


def test_the_rooms_settings_take_effect_in_open_pages(moderator: Visitor, attendee: Visitor) -> None:
    attendee.expected_errors.append("400")
    page, dialog = moderator.page, moderator.page.locator("[data-settings]")
    page.locator("[data-settings-button]").click()
    expect(dialog.locator("[name=save]")).to_be_enabled()
    dialog.locator("[name=slow_seconds]").select_option("60")
    dialog.locator("[name=blocked_words]").fill("금지어\n\n다른 말")
    dialog.locator("[name=notice]").fill("천천히 이야기해요")
    dialog.locator("[name=save]").click()
    expect(dialog).to_be_hidden()
    expect(page.locator("[data-settings-button]")).to_be_focused()

    notice = attendee.page.locator("[data-notice]")
    expect(notice).to_contain_text("천천히 이야기해요")
    attendee.says("여기에 금지어가 있어요")
    expect(attendee.message("금지어")).to_have_attribute("data-state", "failed")
    send = attendee.page.locator("[data-composer-wait]")
    expect(send).to_have_text(re.compile(r"^(5\d|1:00)$"))
    attendee.composer.fill("기다리는 글")
    attendee.composer.press("Enter")
    expect(attendee.composer).to_have_value("기다리는 글")
    page.locator("[data-settings-button]").click()
    expect(dialog.locator("[name=blocked_words]")).to_have_value("금지어\n다른 말")
    dialog.locator("[name=slow_seconds]").select_option("0")
    dialog.locator("[name=chat_enabled]").uncheck()
    dialog.locator("[name=questions_enabled]").uncheck()
    dialog.locator("[name=notice]").fill("")
    dialog.locator("[name=save]").click()

    expect(attendee.page.locator("[data-composer-closed]")).to_be_visible()
    expect(notice).to_be_hidden()
    undo(moderator)
    expect(notice).to_contain_text("천천히 이야기해요")
    expect(attendee.composer).to_have_value("기다리는 글")
    expect(attendee.page.locator("[data-composer-count]")).to_be_hidden()
    expect(send).to_have_text("")
    assert Webinar.objects.get().blocked_words == ["금지어", "다른 말"]


def test_messages_and_their_menu_by_keyboard(moderator: Visitor, attendee: Visitor) -> None:
    for text in ("첫째", "둘째"):
        attendee.says(text)
        expect(moderator.message(text)).to_be_visible()
    page = moderator.page
    page.get_by_role("log").focus()

    page.keyboard.press("ArrowUp")
    expect(moderator.message("둘째")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem").first).to_be_focused()
    page.keyboard.press("Escape")
    expect(moderator.message("첫째")).to_be_focused()
    page.keyboard.press("ContextMenu")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(moderator.message("첫째")).to_have_attribute("data-state", "deleted")
    expect(moderator.message("첫째")).to_be_focused()
    page.keyboard.press("Escape")

    expect(page.get_by_role("log")).to_be_focused()


def test_a_double_click_and_a_drag_do_no_more_than_one_press(moderator: Visitor, attendee: Visitor) -> None:
    attendee.says("두 번 눌린 글")
    expect(moderator.message("두 번 눌린 글")).to_be_visible()
    page, settings = moderator.page, moderator.page.locator("[data-settings]")

    page.locator("[data-settings-button]").dblclick()
    expect(settings.locator("[name=save]")).to_be_enabled()
    words = settings.locator("[name=blocked_words]")
    words.fill("끌어서 고른 글")
    words.hover()
    page.mouse.down()
    page.mouse.move(4, 4)
    page.mouse.up()
    expect(words).to_have_value("끌어서 고른 글")
    expect(settings).to_be_visible()
    page.mouse.click(4, 4)
    expect(settings).to_be_hidden()
    menu_of(moderator, "두 번 눌린 글").get_by_role("menuitem").last.dblclick()
    confirm = page.get_by_role("dialog")
    expect(confirm).to_contain_text("박준호")
    page.keyboard.press("Escape")
    menu = menu_of(moderator, "두 번 눌린 글")
    expect(menu).to_be_visible()
    moderator.message("두 번 눌린 글").locator("[data-message-more]").click()

    expect(menu).to_have_count(0)
    expect(moderator.message("두 번 눌린 글")).to_be_focused()
    assert not Registration.objects.filter(banned_at__isnull=False).exists()


def test_a_moderators_phone_has_room_for_fingers_upright_and_sideways(
    visitor: Arrive, webinar: Webinar, attendee: Visitor
) -> None:
    host = arrived(visitor, webinar, "한지원", "moderator", viewport=PHONE, has_touch=True, is_mobile=True)
    attendee.says("손가락으로 누르는 글")
    choose(host, "손가락으로 누르는 글", "Pin as notice", "공지로")
    expect(host.page.locator("[data-notice-clear]")).to_be_visible()
    menu_of(host, "손가락으로 누르는 글")
    small = host.page.evaluate(TOO_SMALL)
    host.page.keyboard.press("Escape")
    host.page.locator("[data-emoji-button]").click()
    small += host.page.evaluate(TOO_SMALL)
    host.page.keyboard.press("Escape")

    host.page.set_viewport_size({"width": PHONE["height"], "height": PHONE["width"]})
    drawer = host.page.locator("[data-drawer-button]")
    drawer.click()
    choose(host, "손가락으로 누르는 글", "Ban from", "내보내기")
    expect(host.page.get_by_role("dialog")).to_be_visible()
    host.page.keyboard.press("Escape")
    expect(host.page.get_by_role("dialog")).to_have_count(0)
    expect(drawer).to_have_attribute("aria-expanded", "true")
    host.page.locator("[data-settings-button]").click()
    expect(host.page.locator("[data-settings]")).to_be_visible()
    host.page.keyboard.press("Escape")
    drawer.click()

    expect(host.composer).to_be_hidden()
    assert small == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_in_what_a_moderator_sees(
    visitor: Arrive, webinar: Webinar, attendee: Visitor, theme: str
) -> None:
    host = arrived(
        visitor, webinar, "한지원", "moderator", color_scheme=theme, reduced_motion="reduce", viewport=PHONE
    )
    attendee.says("공지가 될 글")
    expect(host.message("공지가 될 글")).to_be_visible()
    choose(host, "공지가 될 글", "Pin as notice", "공지로")
    expect(host.page.locator("[data-notice]")).to_be_visible()
    found = []
    menu_of(host, "공지가 될 글")
    found += Axe().run(host.page).response["violations"]
    host.page.keyboard.press("Escape")
    host.page.locator("[data-settings-button]").click()
    expect(host.page.locator("[data-settings] [name=save]")).to_be_enabled()

    found += Axe().run(host.page).response["violations"]

    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert host.page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
