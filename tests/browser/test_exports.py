"""A file of the attendance in a browser: watched while it is written, fetched, also without scripts."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook
from playwright.sync_api import expect

from stats.exports.private_files import discard
from stats.models import Export
from stats.services.exports import claim, write_export
from stats.tests.exports.people import ended_webinar, people_of_all_kinds
from stats.tests.factories import ExportFactory
from tests.browser.conftest import LiveSite
from tests.browser.visitors import PHONE, Visitor
from webinars.models import Webinar
from webinars.tests.factories import AgencyMemberFactory

Arrive = Callable[..., Visitor]


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    found: Webinar = ended_webinar(slug="demo")
    people_of_all_kinds(found)
    return found


@pytest.fixture
def owner(webinar: Webinar) -> Any:
    return AgencyMemberFactory(agency=webinar.agency, role="owner").user


@pytest.fixture
def export(webinar: Webinar, owner: Any) -> Any:
    made = ExportFactory(webinar=webinar, requested_by=owner)
    yield made
    for name in Export.objects.exclude(file="").values_list("file", flat=True):
        discard(name)


def address(export: Any) -> str:
    return reverse("admin:webinars_webinar_export", args=[export.webinar_id, export.pk])


def being_written(export: Any, *, rows: int) -> None:
    claim(export_id=export.pk, now=timezone.now())
    Export.objects.update(rows_done=rows, rows_total=8)


def finished(export: Any) -> Export:
    """By a worker: the one that had begun is thought dead."""
    Export.objects.update(state="queued", claim=None, heartbeat_at=None)
    done = write_export(export_id=export.pk)
    assert done is not None
    return done


def test_a_file_is_watched_while_it_is_written_and_then_fetched(
    visitor: Arrive, export: Any, owner: Any, tmp_path: Path
) -> None:
    person = visitor(locale="en-GB")
    person.sign_in(owner)
    page = person.visit(address(export))
    bar = page.get_by_role("progressbar", name="Your file is being written")
    expect(page.get_by_role("status")).to_have_text("Waiting for its turn.")

    being_written(export, rows=2)
    expect(page.get_by_role("status")).to_have_text("2 of 8 rows")
    expect(bar).to_have_js_property("value", 25)
    finished(export)
    expect(page.get_by_role("heading", name="Your file is ready")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()

    path = tmp_path / "file.xlsx"
    download.value.save_as(path)
    assert download.value.suggested_filename == "demo-attendance-2026-03-02-preliminary.xlsx"
    assert load_workbook(path)["People"]["A2"].value == "김서연"


def test_without_scripts_it_is_looked_at_again(visitor: Arrive, export: Any, owner: Any) -> None:
    person = visitor(locale="en-GB", java_script_enabled=False)
    person.sign_in(owner)
    page = person.visit(address(export))

    being_written(export, rows=6)
    page.get_by_role("link", name="Look again").click()
    expect(page.get_by_role("status")).to_have_text("6 of 8 rows")
    finished(export)
    page.get_by_role("link", name="Look again").click()

    expect(page.get_by_role("link", name="Download")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("state", ["choice", "written", "done", "failed"])
def test_axe_finds_nothing_and_nothing_scrolls_sideways(
    visitor: Arrive, export: Any, owner: Any, state: str, theme: str
) -> None:
    person = visitor(locale="en-GB", color_scheme=theme, viewport=PHONE)
    person.sign_in(owner)
    if state == "written":
        being_written(export, rows=3)
    elif state == "done":
        finished(export)
    elif state == "failed":
        Export.objects.update(state="failed", error_code="no_room", finished_at=timezone.now())
    choice = reverse("admin:webinars_webinar_export_start", args=[export.webinar_id])

    page = person.visit(choice if state == "choice" else address(export))

    expect(page.locator("#export-title")).to_be_visible()
    found = Axe().run(page, context="#content").response["violations"]
    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []
    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]
