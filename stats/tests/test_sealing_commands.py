"""`seal_attendance` and `verify_attendance` (spec 7, 16)."""

import json
from datetime import timedelta

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.db import connection

from stats.models import AttendanceSeal
from stats.tests.evidence import CLOSED, Evidence, SealedEvidence, ended, tamper
from webinars.models import AuditEntry
from webinars.services.erasure import erase_person
from webinars.tests.factories import AgencyMemberFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _at_the_end_of_the_collect_window():
    with time_machine.travel(CLOSED, tick=False):
        yield


@pytest.fixture
def operator():
    """Makes somebody who may run a webinar."""

    def make(webinar):
        return AgencyMemberFactory(
            agency=webinar.agency, role="operator", user=UserFactory(email="op@example.com")
        ).user

    return make


def test_sealing_by_hand(capsys):
    webinar = Evidence().webinar

    call_command("seal_attendance", webinar.slug, dry_run=True)
    assert AttendanceSeal.objects.count() == 0
    call_command("seal_attendance", str(webinar.pk))
    seal = AttendanceSeal.objects.get()
    with time_machine.travel(CLOSED + timedelta(hours=1), tick=False):
        call_command("seal_attendance", webinar.slug)

    assert capsys.readouterr().out.splitlines() == [
        f"{webinar.slug}: version 1 would be sealed, 3 people",
        f"{webinar.slug}: version 1 sealed, 3 people, SHA-256 {seal.sha256}",
        f"{webinar.slug}: version 1 sealed before, at 2026-03-02T06:30:00+00:00, 3 people, SHA-256 {seal.sha256}",
    ]


def test_correcting_by_hand(capsys, operator):
    webinar = Evidence().webinar
    author = operator(webinar)
    call_command("seal_attendance", webinar.slug)

    with time_machine.travel(CLOSED + timedelta(hours=1), tick=False):
        call_command("seal_attendance", webinar.slug, reason="The clock was wrong.", author="OP@example.com")

    newest = AttendanceSeal.objects.get(version=2)
    assert (newest.author, newest.reason) == (author, "The clock was wrong.")
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"{webinar.slug}: version 2 sealed, 3 people, SHA-256 {newest.sha256}"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"author": "nobody@example.com"}, "nobody@example.com is nobody who may run this webinar."),
        ({"author": "ana@example.com"}, "ana@example.com is nobody who may run this webinar."),
        ({"author": "op@example.com"}, "Say why the sealed attendance is corrected."),
        ({"reason": "The clock was wrong."}, "--reason needs --author: somebody answers for a correction."),
    ],
)
def test_corrections_that_are_refused(operator, options, sentence):
    case = SealedEvidence()
    operator(case.webinar)

    with pytest.raises(CommandError) as refused:
        call_command("seal_attendance", case.webinar.slug, **options)

    assert str(refused.value) == sentence


def test_sealing_too_early():
    webinar = ended(post_window_minutes=45)

    with pytest.raises(CommandError, match=r"until March 2, 2026, 3:45 p.m. \(Asia/Seoul\)"):
        call_command("seal_attendance", webinar.slug)


@pytest.mark.parametrize("command", ["seal_attendance", "verify_attendance"])
def test_there_is_no_such_webinar(command):
    with pytest.raises(CommandError, match="There is no webinar nowhere"):
        call_command(command, "nowhere")


def verified(*arguments, **options):
    """The exit code."""
    try:
        call_command("verify_attendance", *arguments, **options)
    except CommandError as error:
        return error.returncode
    except SystemExit as end:
        return end.code
    return 0


def test_a_match(capsys):
    case = SealedEvidence()

    assert verified(case.webinar.slug) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{case.webinar.slug}: version 1, sealed 2026-03-02T06:30:00+00:00, 3 people, SHA-256 {case.seal.sha256}",
        "match",
    ]


def test_what_differs_is_named(capsys):
    case = SealedEvidence()
    tamper("UPDATE webinar_user_sessions SET closed_reason = 'exit' WHERE id = %s", case.silent.pk)
    row = case.seal.rows.get(user=case.ben)

    assert verified(case.webinar.slug) == 1
    ben = f"row {row.row}, Ben <ben@example.com> {case.ben.pk}"
    assert capsys.readouterr().out.splitlines()[1:] == [
        f"differs: {ben}: uncertaintySeconds: sealed {row.uncertainty_seconds}, now 0",
        f"differs: people.uncertaintySeconds: sealed {300 + row.uncertainty_seconds}, now 300",
        "2 differences",
    ]


def test_for_programs(capsys):
    case = SealedEvidence()
    tamper("UPDATE webinar_user_sessions SET session_id = 'another-page' WHERE id = %s", case.silent.pk)

    assert verified(case.webinar.slug, json=True) == 1
    verdict = json.loads(capsys.readouterr().out)
    assert (verdict["matches"], verdict["webinarId"], verdict["sealedAt"]) == (
        False,
        str(case.webinar.pk),
        "2026-03-02T06:30:00Z",
    )
    assert [(one["kind"], one["displayName"], one["userId"]) for one in verdict["differences"]] == [
        ("sessions", "Ben", str(case.ben.pk))
    ]


@pytest.mark.parametrize(("sha256", "code"), [("own", 0), ("0" * 64, 1)])
def test_a_hash_that_was_written_down(sha256, code):
    case = SealedEvidence()

    assert verified(case.webinar.slug, sha256=case.seal.sha256 if sha256 == "own" else sha256) == code


def test_one_version():
    case = SealedEvidence()

    assert verified(case.webinar.slug, "--version", "1") == 0
    assert verified(case.webinar.slug, "--version", "2") == 2


def test_what_cannot_be_verified():
    assert verified("nowhere") == 2
    assert verified(ended().slug) == 2


def test_without_the_database_nothing_is_verified():
    case = SealedEvidence()
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE sealed_attendance RENAME TO elsewhere")

    assert verified(case.webinar.slug) == 2


def test_a_file_that_cannot_be_written():
    case = SealedEvidence()

    assert verified(case.webinar.slug, canonical="/nowhere/seal.jsonl") == 2


def test_identities_leave_out_who_was_erased(tmp_path):
    case = SealedEvidence()
    erase_person(user_id=case.ben.pk, now=CLOSED)

    call_command("verify_attendance", case.webinar.slug, identities=tmp_path / "people.jsonl")

    people = [json.loads(line) for line in (tmp_path / "people.jsonl").read_text().splitlines()]
    assert {person["name"] for person in people} == {"Ana", "Dan"}
    assert {tuple(person) for person in people} == {("email", "name", "row", "salt", "userId")}
    entry = AuditEntry.objects.get(action="personal.exported")
    assert (entry.webinar_id, entry.actor_id) == (case.webinar.pk, None)
    assert entry.details == {"what": "identities", "format": "jsonl", "by": "command"}
