"""manage.py import_emails: a file on a webinar's list, from the command line (spec 16)."""

import csv
import io

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from webinars.models import AllowedEmail, AllowedEmailImport, AuditEntry
from webinars.tests.factories import AllowedEmailFactory, WebinarFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def webinar():
    return WebinarFactory(slug="members", access_policy="email_auth")


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "list.csv"
    path.write_bytes(
        "이름,이메일\r\n김,Kim@x.com\r\n이,known@x.com\r\n박,nonsense\r\n최,kim@x.com\r\n".encode("cp949")
    )
    return path


def command(*args):
    out, code = io.StringIO(), 0
    try:
        call_command("import_emails", *map(str, args), stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        code = end.code
    return code, out.getvalue()


def refused(*args):
    with pytest.raises(CommandError) as error:
        call_command("import_emails", *map(str, args))
    return error.value.returncode, str(error.value)


def listed(webinar):
    return sorted(AllowedEmail.objects.filter(webinar=webinar).values_list("email", flat=True))


def test_it_says_what_became_of_the_lines(webinar, file):
    AllowedEmailFactory(webinar=webinar, email="known@x.com")

    code, out = command("members", file)

    assert (code, listed(webinar)) == (3, ["kim@x.com", "known@x.com"])
    assert out.splitlines() == [
        "members: 1 added",
        "  on the list already: 1",
        "  repeated: 1",
        "  rejected: 1",
        "    line 4: nonsense – This is not an email address.",
    ]
    assert AuditEntry.objects.get(action="allowed_emails.added").details["count"] == 1


def test_a_file_without_a_fault_exits_with_0_by_uuid_too(webinar, tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["mail"])
    book.active.append(["a@x.com"])
    book.save(tmp_path / "list.xlsx")

    assert command(webinar.pk, tmp_path / "list.xlsx")[0] == 0
    assert (listed(webinar), AllowedEmailImport.objects.get().source) == (["a@x.com"], "xlsx")


def test_a_dry_run_says_the_same_and_changes_nothing(webinar, file, tmp_path):
    report = tmp_path / "report.csv"

    code, out = command("members", file, "--dry-run", "--report", report)

    assert (code, out.splitlines()[0]) == (3, "members: 2 would be added")
    assert (listed(webinar), AllowedEmailImport.objects.count(), AuditEntry.objects.count()) == ([], 0, 0)
    assert list(csv.reader(io.StringIO(report.read_text("utf-8-sig"), newline="")))[1:] == [
        ["4", "nonsense", "This is not an email address."],
        ["5", "kim@x.com", "It stands further up as well."],
    ]


@pytest.mark.parametrize("column", ["이름", "1", "a"])
def test_the_column_may_be_said(webinar, file, column):
    code, out = command("members", file, "--column", column)

    assert (code, listed(webinar), out.splitlines()[3]) == (3, [], "  rejected: 4")


def test_the_encoding_may_be_said(webinar, file):
    assert command("members", file, "--encoding", "utf-8", "--column", "2")[1].splitlines()[3] == "  rejected: 5"


def test_what_cannot_be_done_is_said_with_its_own_code(webinar, file, tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_bytes(b"%PDF-1.7")

    assert refused("nobody", file) == (1, "There is no webinar nobody.")
    assert refused("members", tmp_path / "none.csv") == (
        1,
        f"{tmp_path / 'none.csv'} cannot be read: No such file or directory",
    )
    assert refused("members", tmp_path)[0] == 1
    assert refused("members", wrong) == (2, "This is not a list. Choose a CSV or an Excel file (.xlsx).")
    assert refused("members", file, "--column", "x y") == (2, "There is no column “x y”.")
    assert refused("members", file, "--report", tmp_path)[0] == 1
    assert listed(webinar) == []


def test_it_is_not_done_beside_another_import(webinar, file):
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute(
                "SELECT pg_advisory_lock(hashtext('webinar_allowed_emails'), hashtext(%s::text))", [webinar.pk]
            )
        assert refused("members", file)[0] == 2
    finally:
        other.close()
