"""A webinar's times are moved while people are there, and open pages follow."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from tests.browser.conftest import LiveSite
from tests.browser.visitors import LEFT_EARLY, Visitor
from webinars.models import Webinar
from webinars.services.webinar_life import announce, extend
from webinars.tests.factories import AgencyMemberFactory, UserFactory, WebinarFactory

Arrive = Callable[..., Visitor]
EXTEND = "form[action$='/extend/'] button"
HIDE = """(hidden) => {
  Object.defineProperty(document, "visibilityState", { configurable: true, get: () => hidden ? "hidden" : "visible" });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    """Ten minutes over its planned end."""
    started = timezone.now().replace(microsecond=0) - timedelta(minutes=70)
    return WebinarFactory(slug="demo", title="웨비나 운영법", webinar_start_time=started)  # type: ignore[no-any-return]


@pytest.fixture
def operator(visitor: Arrive, webinar: Webinar) -> Visitor:
    person = visitor()
    person.expected_errors.append(LEFT_EARLY)
    person.sign_in(AgencyMemberFactory(agency=webinar.agency, role="operator").user)
    return person


@pytest.mark.parametrize("clicks", [1, 2])
def test_one_click_extends_and_a_double_click_does_no_more(operator: Visitor, webinar: Webinar, clicks: int) -> None:
    planned = webinar.webinar_scheduled_end_time
    page = operator.visit(f"/console/webinars/webinar/{webinar.pk}/live/")
    clock = page.locator("[data-clock]")
    expect(clock).to_contain_text(re.compile(r"\b0:1\d:\d\d"))

    page.locator(EXTEND).click(click_count=clicks)

    expect(clock).to_contain_text(re.compile(r"\b0:0[0-4]:\d\d"))
    webinar.refresh_from_db()
    assert webinar.webinar_scheduled_end_time == planned + timedelta(minutes=15)


def test_the_button_goes_on_from_the_end_that_the_clock_shows(operator: Visitor, webinar: Webinar) -> None:
    page = operator.visit(f"/console/webinars/webinar/{webinar.pk}/live/")
    extended = extend(webinar, now=timezone.now()).webinar_scheduled_end_time
    page.evaluate(HIDE, True)
    page.evaluate(HIDE, False)
    expect(page.locator("[data-clock]")).to_contain_text(re.compile(r"\b0:0[0-4]:\d\d"))

    page.locator(EXTEND).click()

    expect(page.locator("[data-clock]")).to_contain_text(re.compile(r"\b0:1[5-9]:\d\d"))
    webinar.refresh_from_db()
    assert webinar.webinar_scheduled_end_time == extended + timedelta(minutes=15)


def test_the_waiting_rooms_countdown_follows_a_start_that_is_moved(visitor: Arrive, webinar: Webinar) -> None:
    start = timezone.now() + timedelta(minutes=12)
    Webinar.objects.update(
        state="scheduled", webinar_start_time=start, webinar_scheduled_end_time=start + timedelta(hours=1)
    )
    attendee = visitor()
    attendee.sign_in(UserFactory())
    page = attendee.enter("demo")
    expect(page.get_by_text("12분 뒤에 시작합니다")).to_be_attached()

    moved = Webinar.objects.get()
    moved.webinar_start_time = start + timedelta(minutes=5)
    moved.save(update_fields=["webinar_start_time", "updated_at"])
    announce(moved)

    expect(page.get_by_text("17분 뒤에 시작합니다")).to_be_attached()
