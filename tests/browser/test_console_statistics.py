"""The statistics in a browser: read by pointer and by keys, saved to files, fit for everybody."""

import csv
import io
import json
import re
import struct
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.core.cache import cache
from django.utils import timezone
from playwright.sync_api import Download, Locator, Page, expect

from presence.tests.factories import SessionFactory
from stats.services.sealing import seal_attendance
from tests.browser.attended_hour import START, Arrive, at, fill, make_webinar, members_of, path
from tests.browser.conftest import LiveSite
from tests.browser.visitors import DESKTOP, PHONE
from webinars.models import Webinar
from webinars.tests.factories import WebinarFactory


@pytest.fixture
def webinar(live_site: LiveSite) -> Webinar:
    return make_webinar()


@pytest.fixture
def arrive(visitor: Arrive, webinar: Webinar) -> Arrive:
    return members_of(webinar, visitor)


@pytest.fixture
def people(webinar: Webinar) -> list[str]:
    return fill(webinar)


def chart(page: Page, name: str) -> Locator:
    return page.locator(f"[data-chart={name}]")


def drawn(page: Page, name: str) -> Locator:
    place = chart(page, name).locator("[data-plot]")
    expect(place.locator("canvas")).to_be_visible()
    return place


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
