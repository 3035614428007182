"""Correcting sealed attendance in a browser: what would move, why, and one button."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from stats.services.sealing import seal_attendance
from stats.tests.evidence import CLOSED, Evidence, at
from tests.browser.conftest import LiveSite
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from webinars.models import Webinar
from webinars.tests.factories import AgencyMemberFactory

Arrive = Callable[..., Visitor]


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    """Sealed, and its end moved since."""
    found: Webinar = Evidence(title="What was it worth?").webinar
    seal_attendance(webinar=found, now=CLOSED)
    Webinar.objects.filter(pk=found.pk).update(webinar_actual_end_time=at(40), updated_at=CLOSED + timedelta(days=1))
    return found


@pytest.mark.parametrize("screen", [DESKTOP, PHONE])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_correction(visitor: Arrive, webinar: Webinar, screen: Any, scheme: str) -> None:
    person = visitor(locale="en-GB", viewport=screen, color_scheme=scheme)
    person.sign_in(AgencyMemberFactory(agency=webinar.agency, role="operator").user)
    page = person.visit(f"/console/webinars/webinar/{webinar.pk}/attendance/")

    page.get_by_role("link", name="Correct", exact=True).click()

    table = page.get_by_role("table", name="What the new version would say otherwise")
    expect(table.get_by_role("row", name="Unique, everybody together 1:25:00 1:15:00")).to_be_visible()
    expect(page.get_by_text("The webinar's times were changed since.")).to_be_visible()
    assert Axe().run(page, context="#content").response["violations"] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.get_by_label("Reason").fill("It ended at twenty to.")
    page.get_by_role("button", name="Seal a new version").click()

    expect(page.get_by_text("The attendance is corrected: version 2 is sealed.")).to_be_visible()
    assert webinar.attendance_seals.get(version=2).reason == "It ended at twenty to."
    person.check()
