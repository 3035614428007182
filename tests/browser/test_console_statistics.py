"""Attendance and statistics in a browser: read by pointer and by keys, saved to files, fit for everybody."""

import csv
import io
import json
import re
import struct
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Download, Locator, Page, expect
from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from presence.tests.factories import SessionFactory
from stats.services.sealing import seal_attendance
from stats.tests.factories import AccessLogFactory
from tests.browser.conftest import LiveSite
from tests.browser.visitors import DESKTOP, PHONE, Visitor
from webinars.models import Webinar
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, UserFactory, WebinarFactory

Arrive = Callable[..., Visitor]
SEOUL = ZoneInfo("Asia/Seoul")
# An hour on the day before, in the webinar's zone.
START = (datetime.now(SEOUL) - timedelta(days=1)).replace(hour=14, minute=0, second=0, microsecond=0)
NAMES = ["Kim Minjun", "Lee Seoyeon", "Park Jiho"]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    found: Webinar = WebinarFactory(
        slug="demo",
        title="=Attendance, defended",
        webinar_start_time=START,
        webinar_scheduled_end_time=at(60),
        webinar_actual_end_time=at(60),
        state="ended",
        bucket_seconds=60,
        time_zone="Asia/Seoul",
    )
    return found


@pytest.fixture
def arrive(visitor: Arrive, webinar: Webinar) -> Arrive:
    """A visitor who has a role in the webinar's agency, and reads English."""

    def make(role: str = "owner", **options: Any) -> Visitor:
        person = visitor(**({"locale": "en-GB"} | options))
        member = AgencyMemberFactory(agency=webinar.agency, role=role, user=UserFactory(display_name="Han Jiwon"))
        person.sign_in(member.user)
        return person

    return make


def was_there(webinar: Webinar, name: str, entered: float, left: float, in_front: tuple[float, float]) -> None:
    SessionFactory(
        webinar=webinar,
        user=RegistrationFactory(webinar=webinar, user=UserFactory(display_name=name)).user,
        entered_at=at(entered),
        last_heartbeat_at=at(left),
        exited_at=at(left),
        closed_reason="exit",
        watched_ranges=TimestamptzMultirange([TimestamptzRange(at(in_front[0]), at(in_front[1]))]),
    )


def sample(webinar: Webinar, minute: int, *counts: int) -> None:
    AccessLogFactory(
        webinar=webinar,
        time_bucket=at(minute),
        sample_count=len(counts),
        sum_participants=sum(counts),
        min_participants=min(counts),
        max_participants=max(counts),
        last_participants=counts[-1],
    )


@pytest.fixture
def people(webinar: Webinar) -> list[str]:
    """Three people: the whole hour, the first half, ten minutes in the middle."""
    for name, stretch in zip(NAMES, [(0, 60, (0, 45)), (0, 30, (0, 30)), (20, 30, (25, 30))], strict=True):
        was_there(webinar, name, *stretch)
    for minute in range(60):
        if not 40 <= minute < 45:  # nobody looked
            sample(webinar, minute, 2, 4)
    return NAMES


def path(webinar: Webinar, name: str, query: str = "") -> str:
    return f"/console/webinars/webinar/{webinar.pk}/{name}/{query}"


def names(page: Page) -> list[str]:
    return page.locator(".ef-person").all_inner_texts()


def chart(page: Page, name: str) -> Locator:
    return page.locator(f"[data-chart={name}]")


def drawn(page: Page, name: str) -> Locator:
    place = chart(page, name).locator("[data-plot]")
    expect(place.locator("canvas")).to_be_visible()
    return place


def test_the_table_is_sorted_searched_and_narrowed(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "attendance"))
    assert names(page) == ["Kim Minjun", "Lee Seoyeon", "Park Jiho"]

    page.get_by_role("link", name="Unique", exact=True).click()
    expect(page.get_by_role("columnheader", name="Unique")).to_have_attribute("aria-sort", "ascending")
    assert names(page) == ["Park Jiho", "Lee Seoyeon", "Kim Minjun"]

    page.get_by_label("There for at least").fill("50")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator(".ef-person")).to_have_text(["Lee Seoyeon", "Kim Minjun"])

    page.get_by_label("Name or email").fill("minjun")
    page.get_by_label("Name or email").press("Enter")
    expect(page.locator(".ef-person")).to_have_text(["Kim Minjun"])

    page.get_by_role("link", name="Show everybody").click()
    expect(page.locator(".ef-person")).to_have_count(3)


def test_pages_lead_on_and_back(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "attendance", "?limit=2"))

    page.get_by_role("link", name="More", exact=True).click()
    expect(page.locator(".ef-person")).to_have_text(["Park Jiho"])
    page.get_by_role("link", name="Previous", exact=True).click()
    expect(page.locator(".ef-person")).to_have_text(["Kim Minjun", "Lee Seoyeon"])


def test_strips_show_and_say_who_was_there_when(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "attendance"))

    strips = page.locator("tbody svg.ef-strip")
    assert [strip.get_attribute("aria-label") for strip in strips.all()] == [
        "Present 14:00–15:00, in front 45 minutes",
        "Present 14:00–14:30, in front 30 minutes",
        "Present 14:20–14:30, in front 5 minutes",
    ]
    table = page.locator(".ef-strip-cell").nth(2).bounding_box()
    shape = strips.nth(2).locator(".ef-strip-present").bounding_box()
    assert table is not None
    assert shape is not None
    width = table["width"] - 16
    assert shape["width"] / width == pytest.approx(10 / 60, abs=0.01)
    assert (shape["x"] - table["x"] - 8) / width == pytest.approx(20 / 60, abs=0.01)


def test_a_definition_shows_on_hover_and_on_focus_and_goes_with_escape(
    arrive: Arrive, webinar: Webinar, people: list[str]
) -> None:
    page = arrive().visit(path(webinar, "attendance"))
    definition = page.locator("#about-uniqueSeconds")
    head = page.get_by_role("link", name="Unique", exact=True)
    expect(definition).to_be_hidden()

    head.hover()
    expect(definition).to_be_visible()
    box, view = definition.bounding_box(), page.viewport_size
    assert box is not None
    assert view is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= view["width"]
    page.keyboard.press("Escape")
    expect(definition).to_be_hidden()
    page.mouse.move(0, 0)
    head.focus()

    expect(definition).to_be_visible()
    assert head.get_attribute("aria-describedby") == "about-uniqueSeconds"


def test_the_table_works_without_scripts(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive(java_script_enabled=False).visit(path(webinar, "attendance", "?minPercent=20"))

    expect(page.locator(".ef-person")).to_have_text(["Kim Minjun", "Lee Seoyeon"])
    page.get_by_role("link", name="Unique", exact=True).click()
    expect(page.locator(".ef-person")).to_have_text(["Lee Seoyeon", "Kim Minjun"])


def test_the_seals_hash_is_copied(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    seal = seal_attendance(webinar=webinar, now=timezone.now())
    person = arrive()
    person.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = person.visit(path(webinar, "attendance"))

    page.get_by_role("button", name="Copy", exact=True).click()

    expect(page.locator("[data-copy-state]")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == seal.sha256
    expect(page.locator(".ef-seal-badge")).to_have_text("Sealed")


def test_a_viewer_finds_no_person_anywhere(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    addresses = [registration.user.email for registration in webinar.registrations.select_related("user")]
    viewer = arrive("viewer")
    other = WebinarFactory(client=webinar.client, state="ended")

    for where in ("attendance", "statistics", "live"):
        page = viewer.visit(path(webinar, where))
        assert [part for part in people + addresses if part in page.content()] == []
    data = viewer.page.request.get(viewer.url + path(webinar, "statistics/data"))
    assert data.ok
    assert [part for part in people + addresses if part in data.text()] == []
    page = viewer.visit(path(webinar, "compare", f"?with={other.pk}"))
    assert [name for name in people if name in page.content()] == []


def test_every_chart_is_drawn(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "statistics"))

    for name, points in {"concurrency": "60", "comings": "60", "retention": "60", "watched": "10"}.items():
        expect(drawn(page, name)).to_have_attribute("data-points", points)
        assert inked(page, name) > 500


def inked(page: Page, name: str) -> int:
    """How many of the chart's pixels are not the background's."""
    count: int = page.evaluate(
        """(name) => {
          const canvas = document.querySelector(`[data-chart=${name}] canvas`);
          const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
          let found = 0;
          for (let at = 3; at < data.length; at += 4) if (data[at] > 0) found += 1;
          return found;
        }""",
        name,
    )
    return count


def test_the_arrow_keys_say_what_stands_at_each_step(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "statistics"))
    place = drawn(page, "concurrency")
    said = chart(page, "concurrency").locator("[data-said]")

    place.focus()
    page.keyboard.press("Home")
    expect(said).to_have_text("14:00: Average of the samples 3, Fewest 2, Most 4, Most by the ledger 2")
    page.keyboard.press("ArrowRight")
    expect(said).to_have_text("14:01: Average of the samples 3, Fewest 2, Most 4, Most by the ledger 2")
    expect(place).to_have_attribute("aria-valuenow", "1")
    for _ in range(4):
        page.keyboard.press("PageUp")
    expect(said).to_have_text(
        "14:41: Average of the samples not known, Fewest not known, Most not known, Most by the ledger 1"
    )
    page.keyboard.press("Escape")
    expect(said).to_have_text("")


def test_the_pointer_reads_the_step_that_it_is_in(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "statistics"))
    place = drawn(page, "watched")
    said = chart(page, "watched").locator("[data-said]")
    over = place.locator(".u-over").bounding_box()
    assert over is not None

    place.locator(".u-over").hover(position={"x": over["width"] * 0.97, "y": 20})
    expect(said).to_have_text("54 to 60 minutes: People 1")
    place.locator(".u-over").hover(position={"x": over["width"] * 0.18, "y": 20})
    expect(said).to_have_text("6 to 12 minutes: People 1")


def saved(page: Page, name: str, button: str) -> Download:
    with page.expect_download() as download:
        chart(page, name).get_by_role("button", name=button).click()
    return download.value


def test_the_numbers_of_a_chart_are_saved(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    page = arrive().visit(path(webinar, "statistics"))
    drawn(page, "concurrency")

    file = saved(page, "concurrency", "Save data")

    assert file.suggested_filename == "demo-concurrency.csv"
    text = Path(file.path()).read_bytes().decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(text)))
    assert rows[0] == ["From", "Average of the samples", "Fewest", "Most", "Most by the ledger"]
    assert rows[1] == [START.isoformat(), "3", "2", "4", "2"]
    assert rows[42] == [at(41).isoformat(), "", "", "", "1"]
    assert len(rows) == 61


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_a_chart_is_saved_as_a_picture_for_paper(
    arrive: Arrive, webinar: Webinar, people: list[str], theme: str
) -> None:
    page = arrive(color_scheme=theme).visit(path(webinar, "statistics"))
    drawn(page, "retention")

    file = saved(page, "retention", "Save picture")

    assert file.suggested_filename == "demo-retention.png"
    data = Path(file.path()).read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    width, height = struct.unpack(">II", data[16:24])
    assert width == 1164
    assert 560 < height < 700
    assert len(data) > 8_000
    assert page.locator(".ef-drawing-board").count() == 0
    assert corner(page, data) == [255, 255, 255, 255]


def corner(page: Page, png: bytes) -> list[int]:
    """The colour of the picture's first pixel."""
    found: list[int] = page.evaluate(
        """async (bytes) => {
          const picture = await createImageBitmap(new Blob([new Uint8Array(bytes)], { type: "image/png" }));
          const canvas = new OffscreenCanvas(picture.width, picture.height);
          const context = canvas.getContext("2d");
          context.drawImage(picture, 0, 0);
          return [...context.getImageData(0, 0, 1, 1).data];
        }""",
        list(png),
    )
    return found


def test_the_charts_follow_a_running_webinar_and_keep_the_place(arrive: Arrive, webinar: Webinar) -> None:
    start = timezone.now() - timedelta(minutes=10)
    Webinar.objects.filter(pk=webinar.pk).update(
        state="live",
        webinar_start_time=start,
        webinar_scheduled_end_time=start + timedelta(hours=1),
        webinar_actual_end_time=None,
    )
    SessionFactory(webinar=webinar, entered_at=start, last_heartbeat_at=timezone.now())
    person = arrive()
    person.page.clock.install()
    page = person.visit(path(webinar, "statistics"))
    attended = page.locator("[data-figure=watch-attended]")
    expect(attended).to_have_text("1")
    drawn(page, "watched")
    page.evaluate("window.scrollTo(0, 400)")
    before = page.evaluate("[window.scrollY, document.documentElement.scrollHeight]")

    SessionFactory(webinar=webinar, entered_at=start, last_heartbeat_at=timezone.now())
    cache.clear()
    with page.expect_response("**/statistics/data/"):
        page.clock.run_for(11_000)

    expect(attended).to_have_text("2")
    assert page.evaluate("[window.scrollY, document.documentElement.scrollHeight]") == before


def test_an_ended_webinar_asks_nothing_more(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    person = arrive()
    person.page.clock.install()
    page = person.visit(path(webinar, "statistics"))

    page.clock.run_for(120_000)

    assert [request.url for request in person.requests if "/data/" in request.url] == []


def test_two_webinars_are_laid_over_each_other(arrive: Arrive, webinar: Webinar, people: list[str]) -> None:
    other = WebinarFactory(
        client=webinar.client,
        title="The week before",
        webinar_start_time=at(-7 * 24 * 60),
        webinar_scheduled_end_time=at(-7 * 24 * 60 + 30),
        webinar_actual_end_time=at(-7 * 24 * 60 + 30),
        state="ended",
    )
    page = arrive().visit(path(webinar, "statistics"))

    page.get_by_label("Compare with").select_option(str(other.pk))
    page.get_by_role("button", name="Compare").click()

    place = drawn(page, "concurrency")
    place.focus()
    page.keyboard.press("Home")
    expect(chart(page, "concurrency").locator("[data-said]")).to_have_text("Minute 0: A 2, B 0")
    expect(page.locator("[data-compared=watch-attended] td")).to_have_text(["3", "0", "+3", "–"])


OURS = {"attendance": "", "statistics": "", "compare": "?with={other}"}


def prepare(webinar: Webinar) -> str:
    other = WebinarFactory(client=webinar.client, state="ended", title="The other one")
    return str(other.pk)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", OURS)
def test_axe_finds_nothing(arrive: Arrive, webinar: Webinar, people: list[str], name: str, theme: str) -> None:
    query = OURS[name].format(other=prepare(webinar))
    if theme == "dark":
        seal_attendance(webinar=webinar, now=timezone.now())
    page = arrive(viewport=DESKTOP, color_scheme=theme, reduced_motion="reduce").visit(path(webinar, name, query))
    page.wait_for_load_state("networkidle")

    found = Axe().run(page, context="#content").response["violations"]

    assert [(rule["id"], [node["html"] for node in rule["nodes"]]) for rule in found] == []


@pytest.mark.parametrize("locale", ["ko-KR", "en-GB"])
@pytest.mark.parametrize("name", OURS)
def test_pages_fit_a_phone(arrive: Arrive, webinar: Webinar, people: list[str], name: str, locale: str) -> None:
    query = OURS[name].format(other=prepare(webinar))

    page = arrive(viewport=PHONE, locale=locale).visit(path(webinar, name, query))
    page.wait_for_load_state("networkidle")

    assert page.evaluate("document.documentElement.scrollWidth") == PHONE["width"]


@pytest.mark.parametrize("name", OURS)
def test_what_the_charts_get_is_json_without_markup(
    arrive: Arrive, webinar: Webinar, people: list[str], name: str
) -> None:
    Webinar.objects.filter(pk=webinar.pk).update(title="</script><script>alert(1)</script>")
    query = OURS[name].format(other=prepare(webinar))

    page = arrive().visit(path(webinar, name, query))

    expect(page.locator(".ef-tabs")).to_be_visible()
    configs = page.locator("script[type='application/json']").all_inner_texts()
    assert [json.loads(text)["webinar"] for text in configs if "webinar" in json.loads(text)] == (
        [] if name == "attendance" else [re.sub("^", "A: " if name == "compare" else "", title_of(name))]
    )


def title_of(name: str) -> str:
    title = "</script><script>alert(1)</script>"
    return f"{title} · B: The other one" if name == "compare" else title
