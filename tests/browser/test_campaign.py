"""Registering in a campaign as a person does it: form, code, registered, in the room (spec 3, 12, 15)."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone
from playwright.sync_api import Page, expect

from tests.browser.conftest import LiveSite
from tests.browser.test_taking_part import STAGE, enter_code
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from webinars.models import Campaign, CampaignEntry, ConsentGiven, Registration, Webinar
from webinars.tests.factories import (
    AgencyMemberFactory,
    CampaignEntryFactory,
    CampaignFactory,
    CampaignQuestionFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    UserFactory,
    WebinarFactory,
)

Arrive = Callable[..., Visitor]
URL = "/campaigns/factory-days/"


@pytest.fixture
def campaign(live_site: LiveSite) -> Campaign:
    """Two webinars, one of them live, with every kind of question and of consent."""
    campaign: Campaign = CampaignFactory(
        slug="factory-days",
        title="세움정밀 스마트 팩토리 웨비나: 2회 연속 신청",
        description="한 번만 신청하면 두 웨비나에 모두 등록됩니다.\n\n시간이 맞는 회차만 참석하셔도 괜찮습니다.",
        phone="optional",
    )
    common = {"client": campaign.client, "registration_campaign": campaign, "access_policy": "name_email_auth"}
    WebinarFactory(slug="demo", title="제조 현장의 AI 품질 검사", player="iframe", player_url=STAGE, **common)
    later = timezone.now() + timedelta(days=7)
    WebinarFactory(
        slug="later", title="설비 예지 보전 9개월의 기록", state="scheduled", webinar_start_time=later, **common
    )
    CampaignQuestionFactory(campaign=campaign, position=0, label="소속 회사", is_required=True)
    CampaignQuestionFactory(
        campaign=campaign, position=1, label="맡고 계신 업무", kind="single", choices=["생산", "품질", "기타"]
    )
    CampaignQuestionFactory(
        campaign=campaign, position=2, label="관심 있는 주제", kind="multiple", choices=["외관 검사", "예지 보전"]
    )
    CampaignQuestionFactory(campaign=campaign, position=3, label="미리 묻고 싶은 점", kind="long")
    privacy = ConsentTextFactory(client=campaign.client, name="개인정보")
    ConsentVersionFactory(text=privacy, label="개인정보 수집·이용에 동의합니다.", body="수집 항목: 이름, 이메일\n" * 8)
    news = ConsentTextFactory(client=campaign.client, name="소식")
    ConsentVersionFactory(text=news, label="다음 소식을 이메일로 받겠습니다.", body="", is_required=False)
    return campaign


def fill(page: Page) -> None:
    page.locator("input[name=email]").fill("han@example.com")
    page.locator("input[name=name]").fill("한지원")
    page.locator("input[name=phone]").fill("010 1234 5678")
    page.get_by_label("소속 회사").fill("온에어 스튜디오")
    page.get_by_label("품질").check()
    page.get_by_label("외관 검사").check()
    page.get_by_label("개인정보 수집·이용에 동의합니다.").check()


def send(page: Page) -> None:
    page.locator(".campaign form button.button").first.click()


@pytest.mark.parametrize("scripts", [True, False])
def test_from_the_form_by_code_into_the_room(
    visitor: Arrive, campaign: Campaign, live_site: LiveSite, scripts: bool
) -> None:
    person = visitor(viewport=PHONE, java_script_enabled=scripts)
    page = person.visit(f"{URL}?source=letter")
    fill(page)
    send(page)
    enter_code(person, live_site)
    page.wait_for_url(f"**{URL}")

    expect(page.locator(".act-good")).to_be_visible()
    entry = CampaignEntry.objects.get()
    assert (entry.email, entry.name, entry.phone, entry.source) == (
        "han@example.com",
        "한지원",
        "010-1234-5678",
        "letter",
    )
    assert [said["answer"] for said in entry.answers] == ["온에어 스튜디오", "품질", ["외관 검사"]]
    assert sorted(ConsentGiven.objects.values_list("is_given", flat=True)) == [False, True]
    assert Registration.objects.filter(user=entry.user).count() == 2
    page.get_by_role("link", name="제조 현장의 AI 품질 검사").first.click()
    page.get_by_role("link", name="입장").first.click()
    page.wait_for_url("**/webinars/demo/live/")
    if scripts:
        expect(person.connection).to_have_attribute("data-connection", "live")


def test_errors_stand_beside_their_fields_and_the_first_has_the_focus(visitor: Arrive, campaign: Campaign) -> None:
    page = visitor().visit(URL)
    page.locator("input[name=email]").fill("han@example.com")
    page.locator("input[name=phone]").fill("12")
    send(page)

    expect(page.locator("input[name=name]")).to_be_focused()
    assert page.locator("input[name=email]").input_value() == "han@example.com"
    assert page.locator("input[name=phone]").input_value() == "12"
    described = page.locator("input[name=phone]").get_attribute("aria-describedby") or ""
    expect(page.locator(f"#{described.split()[-1]}")).to_contain_text("010-1234-5678")
    assert page.locator(".field-bad").count() == 4


def test_the_form_is_filled_in_by_keyboard_alone(visitor: Arrive, campaign: Campaign, live_site: LiveSite) -> None:
    person = visitor()
    page = person.visit(URL)

    def to(selector: str) -> None:
        for _ in range(40):
            page.keyboard.press("Tab")
            if page.evaluate("selector => document.activeElement.matches(selector)", selector):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        raise AssertionError(f"no way to {selector} by Tab")

    to("input[name=email]")
    page.keyboard.type("han@example.com")
    to("input[name=name]")
    page.keyboard.type("Han")
    to(".field:nth-of-type(4) input, .field input[type=text][required]")
    page.keyboard.type("Studio")
    to("input[type=radio]")
    page.keyboard.press("ArrowDown")
    to("input[type=checkbox]")
    page.keyboard.press("Space")
    to("input[name^=consent_][required]")
    page.keyboard.press("Space")
    to("summary")
    page.keyboard.press("Enter")
    expect(page.locator(".consent-text .prose")).to_be_visible()
    to("button.button")
    page.keyboard.press("Enter")
    enter_code(person, live_site)
    page.wait_for_url(f"**{URL}")

    entry = CampaignEntry.objects.get()
    assert [said["answer"] for said in entry.answers] == ["Studio", "생산", ["외관 검사"]]


def test_answers_are_changed_by_whoever_registered(visitor: Arrive, campaign: Campaign) -> None:
    user = UserFactory(email="han@example.com")
    CampaignEntryFactory(campaign=campaign, user=user, name="한지원", phone="010-1234-5678")
    person = visitor()
    person.sign_in(user)
    page = person.visit(URL)

    page.locator("a[href='?change=1']").click()
    fill(page)
    page.locator("input[name=phone]").fill("")
    send(page)

    expect(page.locator(".flash-success")).to_be_visible()
    assert CampaignEntry.objects.get().phone == ""


def without_proof(campaign: Campaign) -> None:
    Webinar.objects.update(verify_email=False)


def test_without_proof_one_step_is_enough(visitor: Arrive, campaign: Campaign) -> None:
    without_proof(campaign)
    person = visitor(viewport=PHONE)
    page = person.visit(URL)
    fill(page)
    send(page)

    expect(page.locator(".act-good")).to_be_visible()
    person.enter("demo")
    assert CampaignEntry.objects.get().proven_at is None


STATES: dict[str, dict[str, Any]] = {
    "form": {},
    "not-open": {"opens_at": timezone.now() + timedelta(days=30)},
    "closed": {"closes_at": timezone.now() - timedelta(days=30)},
    "full": {"capacity": 1},
}


def in_state(visitor: Arrive, campaign: Campaign, state: str, **options: Any) -> Page:
    person = visitor(**options)
    if state in STATES:
        Campaign.objects.update(**STATES[state])
    if state == "full":
        CampaignEntryFactory(campaign=campaign)
    if state == "entered":
        user = UserFactory(email="han@example.com")
        CampaignEntryFactory(campaign=campaign, user=user)
        person.sign_in(user)
    if state == "member":
        person.sign_in(AgencyMemberFactory(agency=campaign.agency).user)
    page = person.visit(URL)
    if state == "errors":
        page.locator("input[name=phone]").fill("12")
        send(page)
    if state == "other":
        person.sign_in(UserFactory(email="somebody@example.com"))
        page = person.visit(URL)
        fill(page)
        send(page)
    return page


ALL_STATES = [*STATES, "entered", "member", "errors", "other"]


@pytest.mark.parametrize(("size", "theme", "locale"), [(PHONE, "dark", "ko-KR"), (DESKTOP, "light", "en-GB")])
@pytest.mark.parametrize("state", ALL_STATES)
def test_every_state_fits_and_axe_finds_nothing(
    visitor: Arrive, campaign: Campaign, state: str, size: dict[str, int], theme: str, locale: str
) -> None:
    page = in_state(
        visitor, campaign, state, viewport=size, color_scheme=theme, locale=locale, reduced_motion="reduce"
    )

    keep_picture(page, f"campaign-{state}-{size['width']}-{theme}-{locale[:2]}")
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    found = Axe().run(page).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


CONSOLE = {
    "campaigns": "campaign/",
    "campaign": "campaign/{campaign}/change/",
    "entries": "campaignentry/",
    "consents": "consenttext/",
    "consent": "consenttext/{text}/change/",
    "settings": "webinar/{webinar}/change/",
}


# The console's theme heads its column of boxes for deleting with nothing.
WITHOUT_THEIRS = {"rules": {"empty-table-header": {"enabled": False}}}


@pytest.mark.parametrize(("size", "theme", "locale"), [(PHONE, "dark", "ko-KR"), (DESKTOP, "light", "en-GB")])
@pytest.mark.parametrize("name", CONSOLE)
def test_the_consoles_pages_fit_and_axe_finds_nothing(
    visitor: Arrive, campaign: Campaign, name: str, size: dict[str, int], theme: str, locale: str
) -> None:
    owner = AgencyMemberFactory(agency=campaign.agency, user=UserFactory(is_staff=True)).user
    CampaignEntryFactory(campaign=campaign, user=UserFactory(display_name="한지원"), phone="010-1234-5678")
    keys = {
        "campaign": campaign.pk,
        "text": campaign.client.consent_texts.get(name="개인정보").pk,
        "webinar": Webinar.objects.get(slug="demo").pk,
    }
    person = visitor(viewport=size, color_scheme=theme, locale=locale, reduced_motion="reduce")
    person.sign_in(owner)

    page = person.visit(f"/console/webinars/{CONSOLE[name].format(**keys)}")

    page.wait_for_load_state("networkidle")
    keep_picture(page, f"console-{name}-{size['width']}-{theme}-{locale[:2]}")
    assert page.evaluate("document.documentElement.scrollWidth") == size["width"]
    found = Axe().run(page, context="#content", options=WITHOUT_THEIRS).response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


def test_no_codec_that_a_caller_names_breaks_the_server(live_site: LiveSite) -> None:
    """Before Django has begun to answer."""
    odd = Request(f"{live_site.url}/healthz?x=%5Cud800", headers={"Content-Type": "text/plain; charset=undefined"})

    with urlopen(odd, timeout=10) as answer:
        assert answer.status == 200


def keep_picture(page: Page, name: str) -> None:
    """For whoever wants to look: with EVENTFLOW_PICTURES set to a folder."""
    if folder := os.environ.get("EVENTFLOW_PICTURES"):
        page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)
