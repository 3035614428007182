"""What every page owes everybody: no sideways scrolling, nothing that axe finds, in both themes and languages."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from tests.browser.conftest import LiveSite
from tests.browser.visitors import DESKTOP, PHONE, Visitor
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


def test_a_phone_held_sideways_gives_the_player_everything(visitor: Arrive, webinars: None) -> None:
    person = opened(visitor, "live", viewport={"width": 740, "height": 360})
    page = person.page

    stage = page.locator("[data-stage]").bounding_box()
    before = person.composer.is_visible()
    page.get_by_role("button", name="채팅").click()
    person.says("서랍에서 씁니다")
    person.message("서랍에서 씁니다").wait_for()
    page.keyboard.press("Escape")
    person.composer.wait_for(state="hidden")

    assert stage == {"x": 0, "y": 0, "width": 740, "height": 360}
    assert before is False
