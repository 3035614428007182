"""The console's pages of a file: asked for, watched, fetched; by keyboard, by ear and without scripts (spec 14)."""

import json
import re

import pytest
import time_machine
from django.test import Client as Browser
from django.urls import reverse

from stats.exports import answers
from stats.models import Export
from stats.services.exports import claim, write_export
from stats.tests.exports.people import NOW, at
from stats.tests.factories import ExportFactory
from webinars.models import AuditEntry
from webinars.tests.console_people import people_around, sign_in
from webinars.tests.factories import AgencyMemberFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _the_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def console(owner):
    return sign_in(Browser(headers={"accept-language": "en"}), owner)


@pytest.fixture
def workbooks_take_long(monkeypatch):
    monkeypatch.setattr(answers, "ROWS_AT_ONCE", 1)


def url(name, webinar, *more):
    return reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk, *more])


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


def test_the_attendance_tab_asks_for_exactly_what_it_shows(console, talk):
    page = text(console.get(url("attendance", talk), {"sort": "email", "q": "e", "minPercent": "10"}))

    [form] = re.findall(rf'<form method="post" action="{url("export_start", talk)}".*?</form>', page)
    fields = dict(re.findall(r'<input type="hidden" name="(sort|q|minPercent)" value="(.*?)">', form))
    assert fields == {"sort": "email", "q": "e", "minPercent": "10.0"}
    response = console.post(url("export_start", talk), {**fields, "format": "csv"})
    assert b"".join(response.streaming_content).decode().count("@example") == 2


def test_the_choice_keeps_what_the_table_was_narrowed_to(console, talk):
    page = text(console.get(url("export_start", talk), {"q": 'a"b', "after": "x"}))

    assert '<input type="hidden" name="q" value="a&quot;b">' in page
    assert 'name="after"' not in page
    assert "Only the people that the table was narrowed to." in page


def test_a_long_file_has_a_page_of_its_progress(console, talk, workbooks_take_long):
    started = console.post(url("export_start", talk), {"format": "xlsx", "sort": "-uniqueSeconds"})

    export = Export.objects.get()
    assert (started.status_code, started.url) == (302, url("export", talk, export.pk))
    Export.objects.update(rows_total=8)
    claim(export_id=export.pk, now=NOW)
    Export.objects.update(rows_done=3)
    page = text(console.get(started.url))
    assert '<progress class="ef-progress" max="100" value="37" aria-labelledby="export-title" data-bar>' in page
    assert '<p class="ef-muted" role="status" data-said>3 of 8 rows</p>' in page
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    state = console.get(url("export_state", talk, export.pk))
    assert (state.headers["Cache-Control"].split(", ")[:2], state.json()["percent"]) == (["max-age=0", "no-cache"], 37)
    assert console.get(url("export_file", talk, export.pk)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_a_file_that_is_ready_is_fetched_from_its_page(console, talk, export, folder):
    done = write_export(export_id=export.pk, clock=at(NOW))

    page = text(console.get(url("export", talk, export.pk)))
    file = console.get(url("export_file", talk, export.pk))

    assert "Your file is ready" in page
    assert "talk-attendance-2026-03-02-preliminary.xlsx" in page
    assert "until 4 Mar 2026, 11:00 (Korea time)" in page
    assert f'href="{url("export_file", talk, export.pk)}"' in page
    assert "http-equiv" not in page
    assert b"".join(file.streaming_content) == (folder / done.file).read_bytes()
    assert file.headers["Content-Disposition"] == (
        'attachment; filename="talk-attendance-2026-03-02-preliminary.xlsx"'
    )


@pytest.mark.parametrize("code", ["no_room", "gave_up", "internal"])
def test_a_failed_file_says_why_and_offers_another_try(console, talk, owner, code, workbooks_take_long):
    failed = ExportFactory(
        webinar=talk, requested_by=owner, state="failed", error_code=code, finished_at=NOW, query={"q": "김"}
    )

    page = text(console.get(url("export", talk, failed.pk)))

    state = json.loads(console.get(url("export_state", talk, failed.pk)).content)
    assert (state["errorCode"], f'<p role="alert">{state["error"].replace(chr(39), "&#x27;")}</p>' in page) == (
        code,
        True,
    )
    [form] = re.findall(rf'<form method="post" action="{url("export_start", talk)}".*?</form>', page)
    assert '<input type="hidden" name="q" value="김">' in form
    again = console.post(url("export_start", talk), {"q": "김", "format": "xlsx"})
    assert again.url == url("export", talk, Export.objects.exclude(pk=failed.pk).get().pk)


def test_too_many_at_once_are_refused_in_words(console, talk, owner, workbooks_take_long):
    for number in range(3):
        ExportFactory(webinar=talk, requested_by=owner, query={"q": str(number)})

    page = text(console.post(url("export_start", talk), {"format": "xlsx"}, follow=True))

    assert "3 files are being written for you already. Wait until one of them is ready." in page
    assert (Export.objects.count(), AuditEntry.objects.count()) == (3, 0)


@pytest.mark.parametrize("data", [{}, {"format": "pdf"}, {"format": "csv", "sort": "age"}])
def test_what_is_asked_wrongly_is_not_written(console, talk, data):
    page = console.post(url("export_start", talk), data, follow=True)

    assert "Please check what you entered." in text(page)
    assert AuditEntry.objects.count() == 0


def test_who_may_start(talk):
    people = people_around(talk)
    ours = {"owner", "admin", "operator", "analyst", "viewer", "client_operator", "superuser"}

    for ask in (
        lambda browser: browser.get(url("export_start", talk)),
        lambda browser: browser.post(url("export_start", talk), {"format": "csv"}),
    ):
        assert {part: ask(sign_in(Browser(), person)).status_code for part, person in people.items()} == {
            part: 200 if part in ours else 302 if part == "anonymous" else 404 for part in people
        }


def test_a_viewer_gets_sums_and_nobodys_name(talk):
    viewer = sign_in(Browser(), AgencyMemberFactory(agency=talk.agency, role="viewer").user)

    response = viewer.post(url("export_start", talk), {"format": "csv", "q": "seoyeon"})

    content = b"".join(response.streaming_content).decode()
    assert [name for name in ("김서연", "seoyeon", "example") if name in content] == []


@pytest.mark.parametrize("page", ["export", "export_state", "export_file"])
def test_only_who_asked_sees_it(talk, page, folder):
    people = people_around(talk)
    (folder / "exports").mkdir(parents=True)
    (folder / "exports" / "a.xlsx").write_bytes(b"a")
    export = ExportFactory(
        webinar=talk, requested_by=people["operator"], state="done", file="exports/a.xlsx", file_name="a.xlsx", size=1,
        finished_at=NOW, expires_at=NOW.replace(year=2027),
    )  # fmt: skip

    found = {
        part: sign_in(Browser(), person).get(url(page, talk, export.pk)).status_code for part, person in people.items()
    }

    assert found == {part: 200 if part == "operator" else 302 if part == "anonymous" else 404 for part in people}


def test_it_is_gone_with_the_membership(talk, folder):
    member = AgencyMemberFactory(agency=talk.agency, role="analyst")
    export = ExportFactory(webinar=talk, requested_by=member.user)
    browser = sign_in(Browser(), member.user)

    assert browser.get(url("export", talk, export.pk)).status_code == 200
    member.delete()

    assert browser.get(url("export", talk, export.pk)).status_code == 404


def test_ones_own_files_are_listed(console, talk, owner):
    mine = ExportFactory(webinar=talk, requested_by=owner)
    ExportFactory(webinar=talk)
    ExportFactory(webinar=talk, requested_by=owner, expires_at=NOW)

    page = text(console.get(url("export_start", talk)))

    assert re.findall(r'<li><a href="([^"]*/exports/[^"]+)">', page) == [url("export", talk, mine.pk)]
