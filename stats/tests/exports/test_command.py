"""`manage.py export_attendance` (spec 16)."""

import csv

import pytest
from django.core.management import CommandError, call_command
from openpyxl import load_workbook

pytestmark = pytest.mark.django_db


def test_it_writes_a_workbook_in_the_webinars_language(talk, tmp_path, capsys):
    path = tmp_path / "file.xlsx"

    call_command("export_attendance", "talk", output=path)

    assert capsys.readouterr().out == f"{path}: 8 rows\n"
    book = load_workbook(path)
    assert book.worksheets[0].max_row == 4
    assert book.worksheets[0]["A2"].value == "김서연"
    assert list(tmp_path.iterdir()) == [path]


def test_into_a_folder_it_gives_the_file_its_name(talk, tmp_path, capsys):
    call_command("export_attendance", str(talk.pk), format="csv", output=tmp_path, language="en")

    path = tmp_path / "talk-attendance-2026-03-02-preliminary.csv"
    assert capsys.readouterr().out == f"{path}: 3 rows\n"
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.reader(file))
    assert [row[:2] for row in rows] == [
        ["Name", "Email"],
        ["김서연", "seoyeon@example.kr"],
        ['\'=HYPERLINK("http://evil")', "formula@example.com"],
        ["Early Bird", "early@example.com"],
    ]


def test_without_people_it_names_nobody(talk, tmp_path):
    path = tmp_path / "sums.csv"

    call_command("export_attendance", "talk", output=path, without_people=True)

    assert "example" not in path.read_text(encoding="utf-8-sig")


def test_an_older_file_is_replaced(talk, tmp_path):
    path = tmp_path / "file.csv"
    path.write_text("old")

    call_command("export_attendance", "talk", output=path, language="en")

    assert path.read_text(encoding="utf-8-sig")[:11] == "Name,Email,"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nothing", "--format", "csv"], "There is no webinar nothing."),
        (["talk"], "Say --format csv or --format xlsx, or give an --output that ends with one of them."),
        (["talk", "--format", "pdf"], "Error: argument --format: invalid choice: 'pdf' (choose from 'csv', 'xlsx')"),
        (["talk", "--format", "csv", "--language", "fr"],
         "Error: argument --language: there is no fr; there are: ko, en"),
        (["talk", "--output", "/nowhere/file.csv"], "/nowhere/file.csv cannot be written: No such file or directory"),
    ],
)  # fmt: skip
def test_what_it_cannot_do_it_says(talk, arguments, said):
    with pytest.raises(CommandError) as raised:
        call_command("export_attendance", *arguments)

    assert str(raised.value) == said
