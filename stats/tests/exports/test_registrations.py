"""Registrations as files: what people said in the campaign and agreed to, safe to open (spec 1, 3, 12, 13)."""

import csv
import io
from datetime import timedelta

import pytest
import time_machine
from allauth.account.models import EmailAddress
from django.core.management import call_command
from django.test import Client as Browser
from django.urls import reverse
from django.utils import translation
from openpyxl import load_workbook

from stats.exports.csv_file import csv_bytes
from stats.exports.registrations import RegistrationsFile
from stats.models import Export
from stats.services.exports import write_export
from stats.tests.exports.people import NOW, START, at, ended_webinar
from stats.tests.factories import ExportFactory
from webinars.models import AuditEntry, Registration
from webinars.services.consents import record_consents
from webinars.services.erasure import erase_person
from webinars.tests.console_people import people_around, sign_in
from webinars.tests.factories import (
    AgencyMemberFactory,
    CampaignEntryFactory,
    CampaignFactory,
    CampaignQuestionFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    RegistrationFactory,
    UserFactory,
)

pytestmark = pytest.mark.django_db

BEFORE = START - timedelta(days=3)
OWN = ["Name", "Email", "Phone number", "Role", "Registered (Asia/Seoul)", "Came through", "Address proven"]


@pytest.fixture(autouse=True)
def _the_moment():
    with time_machine.travel(NOW, tick=False), translation.override("en"):
        yield


@pytest.fixture
def talk(db):
    webinar = ended_webinar()
    webinar.registration_campaign = CampaignFactory(client=webinar.client)
    webinar.save()
    return webinar


@pytest.fixture
def campaign(talk):
    return talk.registration_campaign


def said(question, answer):
    return {"question": str(question.pk), "label": question.label, "answer": answer}


def registered(talk, minute, **fields):
    return RegistrationFactory(webinar=talk, registered_at=BEFORE + timedelta(minutes=minute), **fields)


def lines(talk):
    data = b"".join(csv_bytes(RegistrationsFile(talk, now=NOW).csv_lines()))
    assert data.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline=""), strict=True))


@pytest.fixture
def full(talk, campaign):
    """A presenter, an attendee of the campaign, one by an account alone, and one whose address nobody proved."""
    job = CampaignQuestionFactory(campaign=campaign, label="Your job")
    colours = CampaignQuestionFactory(campaign=campaign, label="Colours", kind="multiple", choices=["Red", "Blue"])
    gone = CampaignQuestionFactory(campaign=campaign, label="Asked once")
    privacy = ConsentTextFactory(client=talk.client, name="Privacy")
    old, new = ConsentVersionFactory(text=privacy), ConsentVersionFactory(text=privacy, number=2)
    news = ConsentVersionFactory(text=ConsentTextFactory(client=talk.client, name="Updates"), is_required=False)

    host = UserFactory(email="host@example.kr", display_name="박민호")
    registered(talk, 0, user=host, role="presenter")
    person = UserFactory(email="seoyeon@example.kr", display_name="Seoyeon")
    registered(talk, 2, user=person, source="letter")
    CampaignEntryFactory(
        campaign=campaign,
        user=person,
        name="김서연",
        phone="010-1234-5678",
        answers=[said(job, "Nurse"), said(colours, ["Red", "Blue"]), said(gone, "Long ago")],
        proven_at=BEFORE,
    )
    record_consents(user_id=person.pk, given={old.pk: True}, campaign=campaign, now=BEFORE)
    agreed = {new.pk: True, news.pk: False}
    record_consents(user_id=person.pk, given=agreed, campaign=campaign, now=BEFORE + timedelta(hours=1))
    account = UserFactory(email="account@example.kr", display_name="Account")
    EmailAddress.objects.create(user=account, email=account.email, verified=True)
    registered(talk, 3, user=account, answers={"team": "Blue"})
    record_consents(user_id=account.pk, given={new.pk: True}, webinar=talk, now=BEFORE)
    typed = UserFactory(email="typed@example.kr", display_name="Typed")
    registered(talk, 1, user=typed)
    CampaignEntryFactory(campaign=campaign, user=typed, answers=[])
    gone.delete()
    return talk


def test_everything_that_was_said_in_the_order_of_registering(full):
    head, *rows = lines(full)

    assert head == [
        *OWN,
        "Your job",
        "Colours",
        "Asked once",
        "Other answers",
        *("Privacy", "Privacy: version", "Privacy: time (Asia/Seoul)"),
        *("Updates", "Updates: version", "Updates: time (Asia/Seoul)"),
    ]
    nothing = ["", "", ""]
    assert rows == [
        [
            "박민호",
            "host@example.kr",
            "",
            "Presenter",
            "2026-02-27 10:00:00",
            "",
            "No",
            *nothing,
            "",
            *nothing,
            *nothing,
        ],
        [
            "Typed",
            "typed@example.kr",
            "",
            "Attendee",
            "2026-02-27 10:01:00",
            "",
            "No",
            *nothing,
            "",
            *nothing,
            *nothing,
        ],
        [
            *("김서연", "seoyeon@example.kr", "010-1234-5678", "Attendee", "2026-02-27 10:02:00", "letter", "Yes"),
            *("Nurse", "Red, Blue", "Long ago", ""),
            *("Yes", "2", "2026-02-27 11:00:00"),
            *("No", "1", "2026-02-27 11:00:00"),
        ],
        [
            *("Account", "account@example.kr", "", "Attendee", "2026-02-27 10:03:00", "", "Yes"),
            *(*nothing, "team: Blue"),
            *("Yes", "2", "2026-02-27 10:00:00"),
            *nothing,
        ],
    ]


def test_the_workbook_holds_the_same_and_says_what_it_is(full, tmp_path):
    rows = RegistrationsFile(full, now=NOW).write_workbook(tmp_path / "book.xlsx", lambda rows: None)

    sheet, about = load_workbook(tmp_path / "book.xlsx").worksheets
    assert rows == 4
    head, *_rest = lines(full)
    assert [cell.value for cell in sheet[1]] == head
    third = [cell.value for cell in sheet[4]]
    assert third[:4] == ["김서연", "seoyeon@example.kr", "010-1234-5678", "Attendee"]
    assert third[7:12] == ["Nurse", "Red, Blue", "Long ago", None, "Yes"]
    assert third[12] == 2
    assert [about["A1"].value, about["B7"].value] == ["Registrations", 4]


def test_a_webinar_without_a_campaign_has_its_own_columns_only(talk):
    talk.registration_campaign = None
    talk.save()
    registered(talk, 0, user=UserFactory(display_name="Kim", email="kim@example.kr"))

    assert lines(talk) == [OWN, ["Kim", "kim@example.kr", "", "Attendee", "2026-02-27 10:00:00", "", "No"]]


EVIL = '=HYPERLINK("http://evil.example","x")'


def test_nothing_that_people_wrote_is_taken_for_a_formula(talk, campaign, tmp_path):
    question = CampaignQuestionFactory(campaign=campaign, label=EVIL)
    ConsentVersionFactory(text=ConsentTextFactory(client=talk.client, name="@evil"))
    person = UserFactory(email="kim@example.kr")
    registered(talk, 0, user=person, source="+evil")
    CampaignEntryFactory(
        campaign=campaign, user=person, name=EVIL, phone="+14155550123", answers=[said(question, "<r>evil</r>")]
    )

    head, row = lines(talk)
    RegistrationsFile(talk, now=NOW).write_workbook(tmp_path / "book.xlsx", lambda rows: None)

    assert [cell for cell in (*head, *row) if cell.startswith(("=", "+", "-", "@"))] == []
    sheet = load_workbook(tmp_path / "book.xlsx").worksheets[0]
    assert {cell.data_type for line in sheet for cell in line if isinstance(cell.value, str)} == {"s"}
    assert sheet["A2"].value == EVIL


def test_who_was_erased_has_neither_name_nor_answers(full):
    erase_person(user_id=Registration.objects.get(source="letter").user_id, now=NOW)

    _head, _host, _typed, erased, *_rest = lines(full)

    assert not {"김서연", "seoyeon@example.kr", "010-1234-5678", "Nurse"} & set(erased)
    assert "erased.invalid" not in "".join(erased)


def test_the_file_costs_the_same_for_few_and_for_many(talk, campaign, django_assert_num_queries):
    for minute in range(3):
        user = UserFactory()
        registered(talk, minute, user=user)
        CampaignEntryFactory(campaign=campaign, user=user)
    contents = RegistrationsFile(talk, now=NOW)

    with django_assert_num_queries(11):
        # columns: first and last registration, and consent; questions and answered ones; other answers; texts
        # rows: their keys, and once per 500 registrations, entries, proofs and consents
        assert len(list(contents.csv_lines())) == 4


def url(name, webinar, *more):
    return reverse(f"admin:webinars_webinar_{name}", args=[webinar.pk, *more])


def test_the_tab_of_people_has_the_buttons(full):
    owner = AgencyMemberFactory(agency=full.agency, role="owner").user
    page = sign_in(Browser(), owner).get(reverse("admin:webinars_registration_changelist"), {"webinar": full.slug})

    assert f'action="{url("export_registrations", full)}"' in page.content.decode()


def test_who_takes_them_out_and_that_it_is_on_record(full):
    people = people_around(full)
    allowed = {"owner", "admin", "operator", "analyst", "client_operator", "superuser"}

    def status(person, method):
        browser, page = sign_in(Browser(), person), url("export_registrations", full)
        return (browser.get(page) if method == "GET" else browser.post(page, {"format": "csv"})).status_code

    expected = {part: 200 if part in allowed else 404 for part in people} | {"anonymous": 302}
    for method in ("GET", "POST"):
        assert {part: status(person, method) for part, person in people.items()} == expected
    taken = AuditEntry.objects.filter(action="personal.exported")
    assert {entry.actor_id for entry in taken} == {people[part].pk for part in allowed}
    assert [entry.details for entry in taken[:1]] == [{"what": "registrations", "format": "csv"}]


@pytest.mark.django_db(transaction=True)
def test_a_worker_writes_long_ones(full):
    owner = AgencyMemberFactory(agency=full.agency, role="owner").user
    asked = {"webinar": full, "requested_by": owner, "kind": "registrations", "query": {}}
    export = ExportFactory(**asked, expires_at=NOW.replace(day=9))

    written = write_export(export_id=export.pk, clock=at(NOW))

    assert (written.state, written.rows_done, written.file_name) == (
        "done",
        4,
        "talk-registrations-2026-03-02.xlsx",
    )


def test_erasing_somebody_ends_the_life_of_files_that_name_them(full):
    owner = AgencyMemberFactory(agency=full.agency, role="owner").user
    export = ExportFactory(webinar=full, requested_by=owner, kind="registrations", expires_at=NOW.replace(day=9))

    erase_person(user_id=Registration.objects.get(source="letter").user_id, now=NOW)

    assert Export.objects.get(pk=export.pk).expires_at == NOW


def test_the_command_writes_them(full, tmp_path, capsys):
    call_command("export_registrations", "talk", format="csv", output=tmp_path, language="ko")

    path = tmp_path / "talk-registrations-2026-03-02.csv"
    assert capsys.readouterr().out == f"{path}: 4 rows\n"
    assert "김서연" in path.read_text(encoding="utf-8-sig")
    assert AuditEntry.objects.get(action="personal.exported").details == {
        "what": "registrations",
        "format": "csv",
        "by": "command",
    }
