"""`stats/attendance?format=`: files at once, or the address of one that a worker writes (spec 1, 6, 17)."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from django.test import Client as Browser
from openpyxl import load_workbook

from stats.exports import answers
from stats.models import Export
from stats.services.exports import MOST_UNDER_WAY
from stats.tests.exports.people import NOW, attendee, ended_webinar, files, visit
from stats.tests.factories import ExportFactory
from webinars.models import AuditEntry
from webinars.tests.console_people import people_around, sign_in
from webinars.tests.factories import AgencyMemberFactory

pytestmark = pytest.mark.django_db
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@pytest.fixture(autouse=True)
def _the_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def workbooks_take_long(monkeypatch):
    """What is more than one row is left to a worker."""
    monkeypatch.setattr(answers, "ROWS_AT_ONCE", 1)


def ask(webinar, user, **query):
    browser = sign_in(Browser(headers={"accept-language": "en"}), user)
    return browser.get(f"/api/webinars/{webinar.slug}/stats/attendance", query)


def body(response):
    return b"".join(response.streaming_content)


def emails(response):
    return [row[1] for row in csv.reader(io.StringIO(body(response).decode("utf-8-sig"), newline=""))][1:]


def test_a_csv_has_exactly_the_people_that_the_page_shows(talk, owner):
    query = {"sort": "email", "minPercent": "10"}

    response = ask(talk, owner, format="csv", limit=1, **query)

    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert response.headers["Cache-Control"] == "private, no-store"
    assert response.headers["Content-Disposition"] == (
        'attachment; filename="talk-attendance-2026-03-02-preliminary.csv"'
    )
    shown = ask(talk, owner, **query).json()["data"]["rows"]
    assert emails(response) == [row["email"] for row in shown] == ["formula@example.com", "seoyeon@example.kr"]


def test_a_korean_address_is_in_the_files_name(owner, talk):
    type(talk).objects.filter(pk=talk.pk).update(slug="봄-세미나")
    talk.refresh_from_db()

    response = ask(talk, owner, format="csv")

    assert response.headers["Content-Disposition"] == (
        "attachment; filename*=utf-8''%EB%B4%84-%EC%84%B8%EB%AF%B8%EB%82%98-attendance-2026-03-02-preliminary.csv"
    )


def test_a_small_workbook_comes_at_once_and_leaves_nothing_behind(talk, owner, folder):
    response = ask(talk, owner, format="xlsx")

    assert response.headers["Content-Type"] == XLSX
    book = load_workbook(io.BytesIO(body(response)))
    assert book.sheetnames == ["People", "Pages", "Definitions"]
    assert files(folder) == []
    assert Export.objects.count() == 0


def test_a_large_workbook_is_left_to_a_worker(talk, owner, workbooks_take_long):
    response = ask(talk, owner, format="xlsx", q="seoyeon", sort="email")

    export = Export.objects.get()
    url = f"/api/webinars/{talk.pk}/stats/exports/{export.pk}"
    assert (response.status_code, response.headers["Location"]) == (202, url)
    assert response.json()["data"] == {
        "id": str(export.pk),
        "format": "xlsx",
        "state": "queued",
        "rowsDone": 0,
        "rowsTotal": None,
        "percent": None,
        "size": None,
        "error": None,
        "errorCode": None,
        "expiresAt": "2026-03-04T02:00:00Z",
        "url": url,
        "fileUrl": None,
    }
    assert (export.requested_by, export.personal, export.language) == (owner, True, "en")
    assert export.query == {"sort": "email", "q": "seoyeon"}
    assert (export.client_id, export.agency_id) == (talk.client_id, talk.agency_id)


def test_asking_twice_is_one_export_and_too_many_are_refused(talk, owner, workbooks_take_long):
    asked = [ask(talk, owner, format="xlsx", q=str(number)) for number in (1, 1, 2, 3, 4, 3)]

    assert [response.status_code for response in asked] == [202, 202, 202, 202, 429, 202]
    assert Export.objects.count() == MOST_UNDER_WAY == 3
    assert (asked[4].json()["code"], asked[4].headers["Retry-After"]) == ("too_many_exports", "10")
    assert asked[4].json()["error"] == ("3 files are being written for you already. Wait until one of them is ready.")


def test_other_peoples_exports_and_finished_ones_do_not_count(talk, owner, workbooks_take_long):
    for person, state in [(owner, {"state": "failed", "finished_at": NOW, "error_code": "internal"}), (None, {})]:
        for number in range(3):
            ExportFactory(
                webinar=talk, query={"q": str(number)}, **({"requested_by": person} if person else {}), **state
            )

    assert ask(talk, owner, format="xlsx").status_code == 202


@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_who_gets_what(talk, file_format):
    people = people_around(talk)

    answers = {part: ask(talk, person, format=file_format) for part, person in people.items()}

    statuses = {part: response.status_code for part, response in answers.items()}
    everything = {"owner", "admin", "operator", "analyst", "client_operator", "superuser"}
    assert statuses == {
        part: 200 if part in everything | {"viewer"} else 401 if part == "anonymous" else 404 for part in people
    }
    names = {}
    for part in everything | {"viewer"}:
        content = body(answers[part])
        if file_format == "xlsx":
            book = load_workbook(io.BytesIO(content))
            content = repr([[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()]).encode()
        names[part] = [word for word in ("김서연", "seoyeon@", "Mozilla", 'Guest"') if word.encode() in content]
    assert names.pop("viewer") == []
    assert set(map(tuple, names.values())) == {("김서연", "seoyeon@", *(["Mozilla"] if file_format == "xlsx" else []))}


def test_a_pass_admits_to_files_as_it_does_to_the_page(talk, owner, call, webinar):
    """The pass of a member, and that of somebody who attends."""
    person = attendee(talk, "Kim", "kim@example.com")
    visit(talk, person, 0, 1)

    assert call(talk, owner).get("stats/attendance", format="csv").status_code == 200
    assert call(talk, person).get("stats/attendance", format="csv").status_code == 403


@pytest.mark.parametrize(
    ("query", "fields"),
    [
        ({"format": "pdf"}, {"format": ['"pdf" is not a valid choice.']}),
        ({"format": "csv", "sort": "age"}, {"sort": ['"age" is not a valid choice.']}),
        ({"format": "xlsx", "minPercent": "101"}, {"minPercent": ["Ensure this value is less than or equal to 100."]}),
    ],
)
def test_what_is_asked_wrongly_is_refused_as_on_the_page(talk, owner, query, fields):
    response = ask(talk, owner, **query)

    assert (response.status_code, response.json()["fields"]) == (400, fields)
    assert not AuditEntry.objects.filter(action="personal.exported").exists()


def test_every_export_is_in_the_audit_log(talk, owner, workbooks_take_long):
    body(ask(talk, owner, format="csv"))
    ask(talk, owner, format="xlsx")
    viewer = people_around(talk)["viewer"]
    body(ask(talk, viewer, format="csv"))

    entries = AuditEntry.objects.filter(action__endswith=".exported").order_by("pk")
    assert list(entries.values_list("action", "actor_id", "webinar_id", "details", "at")) == [
        ("personal.exported", owner.pk, talk.pk, {"what": "attendance", "format": "csv"}, NOW),
        ("personal.exported", owner.pk, talk.pk, {"what": "attendance", "format": "xlsx"}, NOW),
        ("figures.exported", viewer.pk, talk.pk, {"what": "attendance", "format": "csv"}, NOW),
    ]


def test_only_who_asked_may_look_and_fetch(talk, folder):
    people = people_around(talk)
    (folder / "exports").mkdir(parents=True)
    (folder / "exports" / "file.xlsx").write_bytes(b"the file")
    export = ExportFactory(
        webinar=talk,
        requested_by=people["analyst"],
        state="done",
        file="exports/file.xlsx",
        file_name="talk.xlsx",
        size=8,
        finished_at=NOW,
        expires_at=NOW + timedelta(hours=1),
    )
    url = f"/api/webinars/{talk.slug}/stats/exports/{export.pk}"

    found = {
        part: [sign_in(Browser(), person).get(address) for address in (url, f"{url}/file")]
        for part, person in people.items()
    }

    assert {part: [response.status_code for response in both] for part, both in found.items()} == {
        part: [200, 200] if part == "analyst" else [401, 401] if part == "anonymous" else [404, 404] for part in people
    }
    state, file = found["analyst"]
    assert (state.json()["data"]["state"], state.json()["data"]["fileUrl"]) == (
        "done", f"/api/webinars/{talk.pk}/stats/exports/{export.pk}/file",
    )  # fmt: skip
    assert (body(file), file.headers["Content-Disposition"]) == (b"the file", 'attachment; filename="talk.xlsx"')
    assert file.headers["Cache-Control"] == "private, no-store"


def test_what_was_asked_for_is_gone_with_the_right_to_it_and_with_time(talk):
    member = AgencyMemberFactory(agency=talk.agency, role="operator")
    export = ExportFactory(webinar=talk, requested_by=member.user, expires_at=NOW.replace(hour=23))
    browser = sign_in(Browser(), member.user)
    url = f"/api/webinars/{talk.slug}/stats/exports/{export.pk}"

    assert browser.get(url).status_code == 200
    assert browser.get(f"{url}/file").status_code == 404  # not written yet
    member.role = "viewer"
    member.save()
    assert browser.get(url).status_code == 404
    member.role = "operator"
    member.save()
    with time_machine.travel(export.expires_at, tick=False):
        assert browser.get(url).status_code == 404
    member.delete()
    assert browser.get(url).status_code == 404


def test_an_export_of_another_webinar_is_not_found(talk, owner):
    export = ExportFactory(webinar=ended_webinar(slug="other", client=talk.client), requested_by=owner)

    assert sign_in(Browser(), owner).get(f"/api/webinars/talk/stats/exports/{export.pk}").status_code == 404
