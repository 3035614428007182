"""The chat and the questions taken out of the console, by a worker, and by a command (spec 1, 13, 14, 16)."""

import csv
import re

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.test import Client as Browser
from django.urls import reverse
from openpyxl import load_workbook

from stats.exports import answers
from stats.models import Export
from stats.services.exports import write_export
from stats.tests.exports.people import NOW, at
from stats.tests.factories import ExportFactory
from webinars.models import AuditEntry
from webinars.services.erasure import erase_person
from webinars.tests.console_people import people_around, sign_in
from webinars.tests.factories import AgencyMemberFactory, MessageFactory, QuestionFactory, UserFactory

pytestmark = pytest.mark.django_db

KINDS = {"chat": "message", "questions": "question"}


@pytest.fixture(autouse=True)
def _the_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def room(talk):
    MessageFactory(webinar=talk, body="안녕하세요")
    QuestionFactory(webinar=talk, body="May I?", is_anonymous=True, asker_name="Shy")
    return talk


@pytest.fixture
def console(owner):
    return sign_in(Browser(headers={"accept-language": "en"}), owner)


def url(name, webinar, *more):
    return reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk, *more])


def text(response):
    return re.sub(r"\s+", " ", response.content.decode())


@pytest.mark.parametrize("kind", KINDS)
def test_the_tab_has_the_buttons(console, room, kind):
    page = text(console.get(reverse(f"admin:webinars_{KINDS[kind]}_changelist"), {"webinar": room.slug}))

    [form] = re.findall(rf'<form method="post" action="{url(f"export_{kind}", room)}".*?</form>', page)
    assert re.findall(r'name="format" value="(.*?)"', form) == ["xlsx", "csv"]
    assert f'aria-label="Export the {kind}"' in form


@pytest.mark.parametrize(("kind", "words"), [("chat", "안녕하세요"), ("questions", "Shy")])
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_small_files_come_at_once_and_are_on_record(console, room, owner, kind, words, file_format, tmp_path):
    response = console.post(url(f"export_{kind}", room), {"format": file_format})

    content = b"".join(response.streaming_content)
    assert response["Content-Disposition"] == f'attachment; filename="talk-{kind}-2026-03-02.{file_format}"'
    assert response["Cache-Control"].startswith("private, no-store")
    if file_format == "csv":
        assert words in content.decode("utf-8-sig")
    else:
        (tmp_path / "book.xlsx").write_bytes(content)
        cells = {cell.value for row in load_workbook(tmp_path / "book.xlsx").worksheets[0] for cell in row}
        assert words in cells
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.webinar_id) == ("personal.exported", owner.pk, room.pk)
    assert (entry.details, entry.at) == ({"what": kind, "format": file_format}, NOW)


@pytest.mark.django_db(transaction=True)  # progress is written on a connection of its own
@pytest.mark.parametrize("kind", KINDS)
def test_long_workbooks_are_written_by_a_worker(console, room, owner, folder, monkeypatch, kind):
    monkeypatch.setattr(answers, "ROWS_AT_ONCE", 0)

    started = console.post(url(f"export_{kind}", room), {"format": "xlsx"})
    again = console.post(url(f"export_{kind}", room), {"format": "xlsx"})

    export = Export.objects.get()
    assert (started.status_code, started.url, again.url) == (302, url("export", room, export.pk), started.url)
    assert (export.kind, export.query, export.personal) == (kind, {}, True)
    waiting = text(console.get(started.url))
    assert f"Back to the {kind}" in waiting
    written = write_export(export_id=export.pk, clock=at(NOW))
    assert (written.state, written.rows_done, written.rows_total) == ("done", 1, 1)
    assert written.file_name == f"talk-{kind}-2026-03-02.xlsx"
    assert console.get(url("export_file", room, export.pk)).status_code == 200
    assert f'href="{started.url}"' in text(console.get(url(f"export_{kind}", room)))
    assert f'href="{started.url}"' not in text(console.get(url("export_start", room)))
    assert AuditEntry.objects.count() == 1


@pytest.mark.parametrize("kind", KINDS)
def test_who_takes_them_out(room, kind):
    people = people_around(room)

    def status(person, method):
        browser = sign_in(Browser(), person)
        page = url(f"export_{kind}", room)
        return (browser.get(page) if method == "GET" else browser.post(page, {"format": "csv"})).status_code

    allowed = {"owner", "admin", "operator", "analyst", "client_operator", "superuser"}
    expected = {part: 200 if part in allowed else 404 for part in people} | {"anonymous": 302}
    for method in ("GET", "POST"):
        assert {part: status(person, method) for part, person in people.items()} == expected
    assert AuditEntry.objects.count() == len(allowed)


@pytest.mark.django_db(transaction=True)
def test_a_file_that_was_asked_for_is_not_anybody_elses(room, owner):
    export = ExportFactory(webinar=room, requested_by=owner, kind="chat", query={}, expires_at=NOW.replace(day=9))
    write_export(export_id=export.pk, clock=at(NOW))
    colleague = AgencyMemberFactory(agency=room.agency, role="owner").user

    statuses = [
        sign_in(Browser(), user).get(url("export_file", room, export.pk)).status_code for user in (owner, colleague)
    ]

    assert statuses == [200, 404]


def test_whoever_may_see_people_no_longer_gets_no_file(room, owner):
    export = ExportFactory(webinar=room, requested_by=owner, kind="questions", query={}, expires_at=NOW.replace(day=9))
    owner.agency_memberships.update(role="viewer")

    assert write_export(export_id=export.pk, clock=at(NOW)).error_code == "not_allowed"


@pytest.mark.parametrize("sent", [{}, {"format": "pdf"}])
def test_other_formats_are_not_understood(console, room, sent):
    response = console.post(url("export_chat", room), sent)

    assert (response.status_code, response.url) == (302, url("export_chat", room))
    assert "Please check what you entered." in text(console.get(response.url))


@pytest.mark.parametrize("trace", ["message", "question", "answer"])
def test_erasing_somebody_ends_the_life_of_files_that_name_them(room, owner, trace):
    person = UserFactory()
    if trace == "message":
        MessageFactory(webinar=room, user=person, seq=99)
    elif trace == "question":
        QuestionFactory(webinar=room, user=person)
    else:
        QuestionFactory(webinar=room, status="answered", answered_by=person)
    naming = ExportFactory(webinar=room, requested_by=owner, kind="chat", expires_at=NOW.replace(day=9))
    other = ExportFactory(kind="chat", expires_at=NOW.replace(day=9))

    erase_person(user_id=person.pk, now=NOW)

    naming.refresh_from_db()
    other.refresh_from_db()
    assert (naming.expires_at, other.expires_at) == (NOW, NOW.replace(day=9))


@pytest.mark.parametrize("fault", [{"kind": "files"}, {"kind": "chat", "personal": False}])
def test_the_database_refuses_impossible_kinds(room, owner, fault):
    with pytest.raises(IntegrityError, match="export_kind"), transaction.atomic():
        ExportFactory(webinar=room, requested_by=owner, **fault)


@pytest.mark.parametrize(("kind", "words"), [("chat", "안녕하세요"), ("questions", "Shy")])
def test_commands_write_them(room, tmp_path, capsys, kind, words):
    call_command(f"export_{kind}", "talk", format="csv", output=tmp_path, language="en")
    call_command(f"export_{kind}", str(room.pk), output=tmp_path / "book.xlsx")

    path = tmp_path / f"talk-{kind}-2026-03-02.csv"
    assert capsys.readouterr().out == f"{path}: 1 rows\n{tmp_path / 'book.xlsx'}: 1 rows\n"
    with path.open(encoding="utf-8-sig", newline="") as file:
        [_head, row] = csv.reader(file)
    assert words in row
    assert sorted(tmp_path.iterdir()) == [tmp_path / "book.xlsx", path]


@pytest.mark.parametrize("command", ["export_chat", "export_questions"])
def test_commands_help_and_say_what_is_wrong(room, command, capsys):
    with pytest.raises(SystemExit):
        call_command(command, "--help")
    assert "names and addresses among it" in re.sub(r"\s+", " ", capsys.readouterr().out)

    with pytest.raises(CommandError, match="There is no webinar nothing"):
        call_command(command, "nothing", format="csv")
