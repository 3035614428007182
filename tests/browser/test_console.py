"""The console in a browser: the live tab moves by itself, nothing breaks the page's policy, everybody can use it."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Page, expect

from presence.models import LivePresence
from presence.tests.factories import PresenceFactory
from stats.services.snapshots import take_snapshot
from stats.tests.factories import AccessLogFactory
from tests.browser.conftest import LiveSite
from tests.browser.visitors import DESKTOP, LEFT_EARLY, PHONE, Visitor
from webinars.models import Webinar
from webinars.services import webinar_life
from webinars.tests.factories import AgencyMemberFactory, UserFactory, WebinarFactory

Arrive = Callable[..., Visitor]
HIDE = """(hidden) => {
  const state = { configurable: true, get: () => hidden ? "hidden" : "visible" };
  Object.defineProperty(document, "visibilityState", state);
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    found: Webinar = WebinarFactory(slug="demo", title="웨비나 운영법", bucket_seconds=60)
    return found


@pytest.fixture
def arrive(visitor: Arrive, webinar: Webinar) -> Arrive:
    """A visitor who is an operator of the webinar's agency."""

    def make(**options: object) -> Visitor:
        person = visitor(**options)
        person.expected_errors.append(LEFT_EARLY)
        member = AgencyMemberFactory(agency=webinar.agency, role="owner", user=UserFactory(display_name="한지원"))
        person.sign_in(member.user)
        return person

    return make


def live_tab(webinar: Webinar) -> str:
    return f"/console/webinars/webinar/{webinar.pk}/live/"


def sample(webinar: Webinar, *, minutes_ago: int) -> None:
    at = timezone.now().replace(second=0, microsecond=0) - timedelta(minutes=minutes_ago)
    AccessLogFactory(webinar=webinar, time_bucket=at)


def look_again(page: Page) -> None:
    """Hidden and seen again, the page asks at once; what servers share of the last answer is forgotten."""
    page.evaluate(HIDE, True)
    cache.clear()
    with page.expect_response("**/stats/access"):
        page.evaluate(HIDE, False)


def test_the_live_tab_shows_the_count_and_draws_the_timeline(arrive: Arrive, webinar: Webinar) -> None:
    PresenceFactory.create_batch(2, webinar=webinar)
    for minutes in (3, 2, 1):
        sample(webinar, minutes_ago=minutes)

    page = arrive().visit(live_tab(webinar))

    expect(page.locator("[data-figure=currentParticipants]")).to_have_text("2")
    expect(page.locator("[data-chart]")).to_have_attribute("data-points", "3")
    expect(page.locator("[data-chart] canvas")).to_be_visible()
    expect(page.locator("[data-people-rows] tr")).to_have_count(2)


def test_a_snapshot_becomes_a_new_point(arrive: Arrive, webinar: Webinar) -> None:
    sample(webinar, minutes_ago=5)
    page = arrive().visit(live_tab(webinar))
    chart = page.locator("[data-chart]")
    expect(chart).to_have_attribute("data-points", "1")

    PresenceFactory.create_batch(3, webinar=webinar)
    take_snapshot(now=timezone.now())
    look_again(page)

    expect(chart).to_have_attribute("data-points", "2")
    expect(page.locator("[data-figure=currentParticipants]")).to_have_text("3")
    page.get_by_text("수치 보기").click()
    cells = page.locator("[data-timeline-rows] tr").last.locator("td").all_inner_texts()
    assert cells == ["3.0", "3", "3", "3", "1"]


def test_the_first_point_appears_where_there_was_none(arrive: Arrive, webinar: Webinar) -> None:
    page = arrive().visit(live_tab(webinar))
    expect(page.locator("[data-chart-empty]")).to_be_visible()

    take_snapshot(now=timezone.now())
    look_again(page)

    expect(page.locator("[data-chart] canvas")).to_be_visible()
    expect(page.locator("[data-chart-empty]")).to_be_hidden()


def test_the_pages_own_clock_asks(arrive: Arrive, webinar: Webinar) -> None:
    """Time is the browser's, moved on by hand."""
    person = arrive()
    person.page.clock.install()
    page = person.visit(live_tab(webinar))
    PresenceFactory(webinar=webinar)
    cache.clear()

    with page.expect_response("**/stats/access"):
        page.clock.run_for(11_000)

    expect(page.locator("[data-figure=currentParticipants]")).to_have_text("1")


def test_a_hidden_tab_asks_nothing(arrive: Arrive, webinar: Webinar) -> None:
    person = arrive()
    person.page.clock.install()
    page = person.visit(live_tab(webinar))

    page.evaluate(HIDE, True)
    page.clock.run_for(120_000)

    assert [request.url for request in person.requests if request.url.endswith("/stats/access")] == []


def test_a_break_is_told_and_passes_by_itself(arrive: Arrive, webinar: Webinar) -> None:
    person = arrive()
    person.expected_errors.append("Failed to load resource")
    page = person.visit(live_tab(webinar))
    trouble = page.locator("[data-poll-state]")
    page.route("**/stats/access", lambda route: route.fulfill(status=503, json={"success": False}))
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    expect(trouble).to_have_text(re.compile("."))

    page.unroute("**/stats/access")
    PresenceFactory(webinar=webinar)
    look_again(page)

    expect(trouble).to_have_text("")
    expect(page.locator("[data-figure=currentParticipants]")).to_have_text("1")


def test_a_webinar_is_started_and_ended(arrive: Arrive, webinar: Webinar) -> None:
    Webinar.objects.filter(pk=webinar.pk).update(state="scheduled")
    page = arrive().visit(live_tab(webinar))

    page.get_by_role("link", name="시작", exact=True).click()
    page.get_by_role("button", name="시작", exact=True).click()
    expect(page.locator("[data-state=live]")).to_be_visible()
    page.get_by_role("link", name="종료", exact=True).click()
    page.get_by_role("button", name="종료", exact=True).click()
    expect(page.locator("[data-state=ended]")).to_be_visible()

    webinar.refresh_from_db()
    assert webinar.state == "ended"


def test_what_another_operator_did_is_seen(arrive: Arrive, webinar: Webinar) -> None:
    page = arrive().visit(live_tab(webinar))

    webinar_life.end(webinar, now=timezone.now())
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)

    expect(page.locator("[data-state=ended]")).to_be_visible()


def test_the_numbers_are_there_without_scripts(arrive: Arrive, webinar: Webinar) -> None:
    PresenceFactory.create_batch(2, webinar=webinar)
    sample(webinar, minutes_ago=2)

    page = arrive(java_script_enabled=False).visit(live_tab(webinar))

    expect(page.locator("[data-figure=currentParticipants]")).to_be_visible()
    expect(page.locator("[data-figure=currentParticipants]")).to_have_text("2")
    assert LivePresence.objects.count() == 2


PAGES = {
    "home": "/console/",
    "webinars": "/console/webinars/webinar/",
    "add": "/console/webinars/webinar/add/",
    "live": "{live}",
    "end": "/console/webinars/webinar/{pk}/end/",
    "settings": "/console/webinars/webinar/{pk}/change/",
    "registrations": "/console/webinars/registration/",
    "sessions": "/console/presence/usersession/",
    "chat": "/console/webinars/message/",
    "samples": "/console/stats/accesslog/",
    "audit": "/console/webinars/auditentry/",
    "client": "/console/webinars/client/{client}/change/",
    "member": "/console/webinars/agencymember/add/",
}
OURS = ("home", "live", "end")


def path_of(name: str, webinar: Webinar) -> str:
    return PAGES[name].format(live=live_tab(webinar), pk=webinar.pk, client=webinar.client_id)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_pages_break_no_policy_and_ask_no_stranger(arrive: Arrive, webinar: Webinar, theme: str) -> None:
    """`Visitor.check` looks at the console's errors and warnings after each test."""
    sample(webinar, minutes_ago=2)
    person = arrive(color_scheme=theme)

    for name in PAGES:
        person.visit(path_of(name, webinar))
        person.page.wait_for_load_state("networkidle")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", OURS)
def test_axe_finds_nothing_in_pages_of_ours(arrive: Arrive, webinar: Webinar, name: str, theme: str) -> None:
    PresenceFactory(webinar=webinar)
    sample(webinar, minutes_ago=2)
    page = arrive(viewport=DESKTOP, color_scheme=theme, reduced_motion="reduce").visit(path_of(name, webinar))

    found = Axe().run(page, context="#content").response["violations"]

    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
@pytest.mark.parametrize("name", OURS)
def test_pages_of_ours_fit_a_phone(arrive: Arrive, webinar: Webinar, name: str, locale: str) -> None:
    sample(webinar, minutes_ago=2)

    page = arrive(viewport=PHONE, locale=locale).visit(path_of(name, webinar))

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
