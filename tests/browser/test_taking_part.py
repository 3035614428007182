"""From the landing page into the room, as a person does it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import LiveSite
from tests.browser.visitors import PHONE, Visitor
from webinars.models import Registration, User, Webinar
from webinars.tests.factories import MessageFactory, UserFactory, WebinarFactory

STAGE = "/static/webinars/stage/index.html"
Arrive = Callable[..., Visitor]


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    webinar: Webinar = WebinarFactory(
        slug="demo",
        title="참석률을 두 배로 올린 웨비나 운영법",
        description="지난 1년의 기록을 함께 봅니다.",
        takeaways="세 구간의 처방\n리마인더 문구",
        speakers=[{"name": "한지원", "title": "프로듀서"}],
        player="iframe",
        player_url=STAGE,
    )
    return webinar


def sign_up(person: Visitor, site: LiveSite, *, email: str, name: str) -> None:
    """Email, name, code, in."""
    page = person.page
    page.get_by_role("button", name="등록하고 입장하기").click()
    page.get_by_label("이메일").fill(email)
    page.get_by_label("이름").fill(name)
    page.get_by_role("button", name="코드 받기").click()
    enter_code(person, site)
    page.wait_for_url("**/live/")


def enter_code(person: Visitor, site: LiveSite) -> None:
    """The code of the last mail, which the web server writes to its log."""
    person.page.get_by_role("heading", name="코드 입력").wait_for()
    code = re.findall(r"^([A-Z0-9]{3,}-?[A-Z0-9]{3,})$", site.web.log.read_text(), re.MULTILINE)[-1]
    person.page.get_by_role("textbox").fill(code)
    person.page.get_by_role("button", name="계속").click()


def known_person(*, email: str, password: str = "") -> User:
    """Somebody who has proved the address before."""
    user: User = UserFactory(email=email, password=password)
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    return user


def test_two_people_sign_up_enter_and_talk(visitor: Arrive, webinar: Webinar, live_site: LiveSite) -> None:
    first, second = visitor(), visitor(viewport=PHONE)
    for person, email, name in ((first, "yoon@example.com", "윤하린"), (second, "park@example.com", "박준호")):
        person.visit("/webinars/demo/")
        sign_up(person, live_site, email=email, name=name)
        expect(person.connection).to_have_attribute("data-connection", "live")

    first.says("안녕하세요, 잘 들립니다")
    expect(second.message("안녕하세요, 잘 들립니다")).to_contain_text("윤하린")
    second.says("저도 잘 들려요 https://example.com/자료")

    expect(first.message("저도 잘 들려요").get_by_role("link")).to_have_attribute("rel", re.compile("noopener"))
    expect(first.page.frame_locator("iframe").locator("[data-clock]")).to_have_text(re.compile(r"\d\d:\d\d:\d\d"))
    assert Registration.objects.filter(webinar=webinar).count() == 2


def test_a_member_registers_with_one_click_and_comes_back_signed_in(visitor: Arrive, webinar: Webinar) -> None:
    user = known_person(email="lee@example.com", password="a-long-quiet-evening")
    person = visitor()

    page = person.visit("/webinars/demo/")
    page.get_by_role("main").get_by_role("link", name="로그인").click()
    page.get_by_label("이메일").fill("lee@example.com")
    page.get_by_label("비밀번호").fill("a-long-quiet-evening")
    page.get_by_role("main").get_by_role("button", name="로그인").click()
    page.wait_for_url("**/webinars/demo/")

    page.get_by_role("link", name="입장하기").or_(page.get_by_role("button", name="등록하고 입장하기")).click()
    expect(person.connection).to_have_attribute("data-connection", "live")
    assert Registration.objects.filter(webinar=webinar, user=user).count() == 1


def test_signing_in_by_emailed_code(visitor: Arrive, webinar: Webinar, live_site: LiveSite) -> None:
    known_person(email="code@example.com")
    person = visitor()

    page = person.visit("/accounts/login/code/?next=/webinars/demo/")
    page.get_by_label("이메일").fill("code@example.com")
    page.get_by_role("button", name="코드 받기").click()
    enter_code(person, live_site)

    page.wait_for_url("**/webinars/demo/")
    expect(page.get_by_role("button", name="로그아웃")).to_be_visible()


def test_registering_and_talking_by_keyboard_alone(visitor: Arrive, webinar: Webinar) -> None:
    user = UserFactory(display_name="이서연")
    person = visitor()
    person.sign_in(user)
    page = person.visit("/webinars/demo/")

    tab_to(person, "등록하고 입장하기", "입장하기")
    page.keyboard.press("Enter")
    expect(person.connection).to_have_attribute("data-connection", "live")
    tab_to(person, "메시지")
    page.keyboard.type("first line")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("second line")
    page.keyboard.press("Enter")

    expect(person.message("first line")).to_contain_text("second line")
    expect(person.message("first line")).to_have_attribute("data-state", "sent")
    expect(person.composer).to_be_focused()


def tab_to(person: Visitor, *names: str) -> None:
    """Presses Tab until an element with one of these names has the focus, and is seen to have it."""
    for _ in range(40):
        person.page.keyboard.press("Tab")
        name, outline = person.page.evaluate(
            "() => { const e = document.activeElement;"
            " return [e.ariaLabel || e.labels?.[0]?.textContent || e.textContent, getComputedStyle(e).outlineStyle] }"
        )
        if name.strip() in names:
            assert outline != "none"
            return
    raise AssertionError(f"no way to {names} by Tab")


def test_reading_and_registering_without_javascript(visitor: Arrive, webinar: Webinar) -> None:
    MessageFactory(webinar=webinar, body="스크립트 없이도 읽힙니다 <b>굵지 않게</b>")
    person = visitor(java_script_enabled=False)
    person.sign_in(UserFactory())
    page = person.visit("/webinars/demo/")

    page.get_by_role("button", name="등록하고 입장하기").or_(page.get_by_role("link", name="입장하기")).click()

    page.wait_for_url("**/live/")
    expect(person.message("스크립트 없이도 읽힙니다")).to_contain_text("<b>굵지 않게</b>")
    expect(page.locator("[data-stage] noscript")).to_be_visible()
    expect(page.locator("[data-composer]")).to_be_hidden()


def test_without_javascript_no_empty_countdown_is_shown(visitor: Arrive, webinar: Webinar) -> None:
    later = timezone.now() + timedelta(days=2)
    Webinar.objects.update(
        state="scheduled", webinar_start_time=later, webinar_scheduled_end_time=later + timedelta(hours=1)
    )
    without, with_script = visitor(java_script_enabled=False), visitor()
    for person in (without, with_script):
        person.sign_in(UserFactory())

    for path in ("/webinars/demo/", "/webinars/demo/live/"):
        expect(without.visit(path).locator(".countdown")).to_be_hidden()
        expect(with_script.visit(path).locator("[data-part=hours]")).to_have_text(re.compile(r"^\d\d$"))
    expect(with_script.page.locator(".countdown")).to_be_visible()


def test_the_visitor_chooses_the_language(visitor: Arrive, webinar: Webinar) -> None:
    korean, english = visitor(), visitor(locale="en-GB", timezone_id="Europe/London")

    page = korean.visit("/webinars/demo/")
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.get_by_role("heading", name="발표자")).to_be_visible()
    expect(page.get_by_text("한국 시간")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="Speakers")).to_be_visible()
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", name="발표자")).to_be_visible()

    page = english.visit("/webinars/demo/")
    expect(page.get_by_text("Korea time")).to_be_visible()
    expect(page.locator("[data-local-time]").first).to_contain_text("in your time zone")


def test_who_may_not_enter_is_told_what_to_do(visitor: Arrive, webinar: Webinar) -> None:
    person = visitor()
    person.expected_errors.append("403")

    page = person.visit("/webinars/demo/live/")

    expect(page.get_by_role("heading", name="로그인하면 입장할 수 있습니다")).to_be_visible()
    page.get_by_role("link", name="계정 만들기").click()
    expect(page.get_by_label("이메일")).to_be_visible()


def test_a_guest_of_an_open_webinar_reads_and_is_told_how_to_write(visitor: Arrive, webinar: Webinar) -> None:
    Webinar.objects.update(access_policy="open")
    guest, writer = visitor(), visitor()
    writer.sign_in(UserFactory(display_name="오세진"))

    guest.visit("/webinars/demo/")
    guest.page.get_by_role("link", name="입장하기").click()
    expect(guest.connection).to_have_attribute("data-connection", "live")
    writer.enter("demo")
    writer.says("손님도 보이나요")

    expect(guest.message("손님도 보이나요")).to_be_visible()
    expect(guest.page.get_by_text("로그인하면 글을 쓸 수 있습니다")).to_be_visible()
