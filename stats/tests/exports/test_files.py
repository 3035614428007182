"""What stands in the files: every figure of every person, the pages behind them, and what it all means (spec 6, 7)."""

import csv
import io
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.utils import translation
from openpyxl import load_workbook

from presence import definitions
from presence.durations import clock_text
from presence.models import UserSession
from stats.exports.about import known_language
from stats.exports.contents import contents_of
from stats.exports.csv_file import csv_bytes, csv_lines
from stats.exports.file_names import file_name
from stats.exports.workbook import write_workbook
from stats.selectors.attendance import AttendanceQuery, attendance_page, attendance_rows
from stats.services.sealing import seal_attendance
from stats.tests.exports.people import (
    END,
    NOW,
    START,
    attendee,
    ended_webinar,
    minutes,
    on_the_wall,
    visit,
)
from webinars.tests.factories import UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db
SEOUL = ZoneInfo("Asia/Seoul")
HEAD = [
    "Name", "Email", "Registered (Asia/Seoul)", "First entered (Asia/Seoul)", "Last left (Asia/Seoul)",
    "Share of the webinar", "Time attended", "Page in front", "All pages added up", "Two pages at once", "Pages",
    "Off by up to",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


def made(webinar, *, personal=True, now=NOW, **query):
    return contents_of(webinar=webinar, query=AttendanceQuery(**query), personal=personal, now=now)


def read_csv(contents):
    written = b"".join(csv_bytes(csv_lines(contents)))
    return list(csv.reader(io.StringIO(written.decode("utf-8-sig"), newline="")))


def book_of(contents, tmp_path, **options):
    path = tmp_path / "book.xlsx"
    write_workbook(contents, path, **options)
    assert list(tmp_path.iterdir()) == [path]
    return load_workbook(path)


def cells(sheet):
    return [[cell.value for cell in row] for row in sheet.iter_rows()]


def clock(moment):
    return None if moment is None else moment.astimezone(SEOUL).replace(tzinfo=None, microsecond=0)


def length(seconds):
    """As openpyxl reads a cell of [h]:mm:ss."""
    return timedelta(seconds=seconds)


def test_every_cell_of_the_people_is_the_tables(talk, tmp_path):
    book = book_of(made(talk), tmp_path)

    rows = list(attendance_rows(webinar=talk, query=AttendanceQuery(), now=NOW))
    assert [row["displayName"] for row in rows] == ["김서연", '=HYPERLINK("http://evil")', "Early Bird"]
    assert cells(book["People"]) == [
        HEAD,
        *(
            [
                row["displayName"],
                row["email"],
                clock(row["registeredAt"]),
                clock(row["firstEntered"]),
                clock(row["lastExited"]),
                pytest.approx(row["attendancePercent"] / 100),
                length(row["uniqueSeconds"]),
                length(row["visibleSeconds"]),
                length(row["connectedSeconds"]),
                length(row["overlapSeconds"]),
                row["sessionCount"],
                length(row["uncertaintySeconds"]),
            ]
            for row in rows
        ),
    ]
    assert [row["uniqueSeconds"] for row in rows] == [3600, 585, 0]
    assert [row["overlapSeconds"] for row in rows] == [2100, 0, 0]
    assert [row["uncertaintySeconds"] for row in rows] == [0, 190, 0]


def test_the_cells_are_of_their_kind(talk, tmp_path):
    sheet = book_of(made(talk), tmp_path)["People"]

    assert [cell.number_format for cell in sheet[2]] == [
        "General", "General", *["yyyy-mm-dd hh:mm:ss"] * 3, "0.0%", *["[h]:mm:ss"] * 4, "0", "[h]:mm:ss",
    ]  # fmt: skip
    assert [cell.data_type for cell in sheet[3]] == ["s", "s", "d", "d", "d", "n", "d", "d", "d", "d", "n", "d"]
    assert (sheet.freeze_panes, sheet.auto_filter.ref) == ("B2", "A1:L4")
    assert sheet["G1"].comment.text == str(definitions.FIGURES["uniqueSeconds"])
    assert (sheet["A3"].value, sheet["A3"].hyperlink) == ('=HYPERLINK("http://evil")', None)


def test_the_pages_are_those_behind_the_figures(talk, tmp_path):
    book = book_of(made(talk), tmp_path)

    head, *rows = cells(book["Pages"])
    assert head == [
        "Name", "Email", "Entered (Asia/Seoul)", "Left (Asia/Seoul)", "How it ended", "Open for",
        "Within the webinar", "Page in front", "Browser",
    ]  # fmt: skip
    hour = on_the_wall(2026, 3, 2, 10)
    minute = timedelta(minutes=1)
    formula = ('=HYPERLINK("http://evil")', "formula@example.com")
    assert sorted(map(tuple, rows[:-1])) == [
        (*formula, hour + 20.5 * minute, hour + 30.25 * minute, "Went silent", *[9.75 * minute] * 3, None),
        ("Early Bird", "early@example.com", hour - 20 * minute, hour - 10 * minute, "Left", 10 * minute, 0 * minute,
         10 * minute, None),
        ("김서연", "seoyeon@example.kr", hour - 5 * minute, hour + 45 * minute, "Left", 50 * minute, 45 * minute,
         50 * minute, "Mozilla/5.0 (하나)"),
        ("김서연", "seoyeon@example.kr", hour + 10 * minute, hour + 70 * minute, "Left", 60 * minute, 50 * minute,
         60 * minute, "Mozilla/5.0 (둘)"),
    ]  # fmt: skip
    assert rows[-1] == ["Guest", None, hour + 5 * minute, hour + 15 * minute, "Left", *[10 * minute] * 3, None]


def test_open_pages_count_up_to_the_moment_of_the_export(tmp_path):
    webinar = ended_webinar(state="live", webinar_actual_end_time=None)
    visit(webinar, attendee(webinar, "Open", "open@example.com"), 10, None, heard=minutes(18))

    [_, row] = cells(book_of(made(webinar, now=minutes(20)), tmp_path)["Pages"])

    assert (row[3], row[4]) == (None, "Open")
    assert row[5:7] == [timedelta(minutes=10)] * 2


def test_the_csv_holds_the_same_people(talk):
    head, *rows = read_csv(made(talk))

    assert head == HEAD
    assert rows[0] == [
        "김서연", "seoyeon@example.kr", "2026-02-27 10:00:00", "2026-03-02 10:00:00", "2026-03-02 11:00:00", "100.0%",
        "1:00:00", "1:00:00", "1:00:00", "0:35:00", "2", "0:00:00",
    ]  # fmt: skip
    assert rows[1][0] == '\'=HYPERLINK("http://evil")'
    assert rows[2] == [
        "Early Bird", "early@example.com", "2026-02-27 10:00:00", "", "", "0.0%", *["0:00:00"] * 4, "0", "0:00:00",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("query", "names", "pages"),
    [
        ({"q": "SEOYEON@"}, ["김서연"], 2),
        ({"min_percent": Decimal("16.3")}, ["김서연", '=HYPERLINK("http://evil")'], 3),
        ({"min_percent": Decimal("16.4")}, ["김서연"], 2),
        ({"sort": "email"}, ["Early Bird", '=HYPERLINK("http://evil")', "김서연"], 5),
        ({"q": "nobody"}, [], 0),
    ],
)
def test_a_file_is_narrowed_and_sorted_as_the_page_is(talk, tmp_path, query, names, pages):
    contents = made(talk, **query)

    book = book_of(contents, tmp_path)

    page = attendance_page(webinar=talk, query=AttendanceQuery(**query), may_see_personal=True, now=NOW)
    assert [row["displayName"] for row in page["rows"]] == names
    assert [row[0] for row in cells(book["People"])[1:]] == names
    assert [row[1] for row in read_csv(contents)[1:]] == [row["email"] for row in page["rows"]]
    assert len(cells(book["Pages"])) - 1 == pages


def test_a_narrowed_file_says_so(talk, tmp_path):
    about = dict(cells(book_of(made(talk, q="연", min_percent=Decimal(50)), tmp_path)["Definitions"]))

    assert "This file holds only some of the people" in about
    assert about["Name or email contains"] == "연"
    assert about["Share of the webinar, at least"] == 0.5


def test_the_file_says_what_it_is_and_what_its_figures_mean(talk, tmp_path):
    sheet = book_of(made(talk), tmp_path)["Definitions"]
    about = [tuple(row) for row in cells(sheet)]

    assert about[:12] == [
        ("Attendance", None),
        ("Webinar", "봄 세미나"),
        ("Address", "talk"),
        ("Client", talk.client.name),
        ("Time zone of all times", "Asia/Seoul (UTC+09:00 at the start)"),
        ("Content window from", on_the_wall(2026, 3, 2, 10)),
        ("Content window to", on_the_wall(2026, 3, 2, 11)),
        ("Counted up to", on_the_wall(2026, 3, 2, 11)),
        ("Length that was counted", timedelta(hours=1)),
        ("Sealed", "Not sealed: preliminary. The figures can still change."),
        ("Computed", on_the_wall(2026, 3, 3, 11)),
        ("Software", about[11][1]),
    ]
    assert about[11][1].startswith("EventFlow ")
    meanings = {text for _, text in about if text}
    assert set(map(str, definitions.FIGURES.values())) <= meanings
    assert str(definitions.WINDOW) in meanings
    totals = attendance_page(webinar=talk, query=AttendanceQuery(), may_see_personal=False, now=NOW)["totals"]
    assert totals["attended"] == 2
    assert ("People who attended: with a page open within the content window", 2) in about
    assert ("Attended, all people together", length(totals["uniqueSeconds"])) in about


def test_without_the_right_to_personal_data_nobody_is_named(talk, tmp_path):
    book = book_of(made(talk, personal=False, q="seoyeon"), tmp_path)
    lines = read_csv(made(talk, personal=False, q="seoyeon"))

    assert book.sheetnames == ["Definitions"]
    text = repr(cells(book["Definitions"])) + repr(lines)
    assert [name for name in ("김서연", "seoyeon", "example", "Mozilla", "Early") if name in text] == []
    assert [line[0] for line in lines] == [row[0] for row in cells(book["Definitions"])]
    assert ["People who attended: with a page open within the content window", "2"] in lines
    assert ["Attended, all people together", clock_text(4185)] in lines


def test_a_sealed_file_is_the_seals(talk, tmp_path):
    seal = seal_attendance(webinar=talk, now=NOW)
    before = cells(book_of(made(talk), tmp_path)["People"])

    about = dict(cells(book_of(made(talk), tmp_path)["Definitions"]))

    assert [row[1] for row in before[1:]] == ["seoyeon@example.kr", "formula@example.com", "early@example.com"]
    assert about["Sealed"] == clock(seal.sealed_at)
    assert (about["Sealed version"], about["SHA-256"]) == (1, seal.sha256)
    assert about["Software"] == f"EventFlow {seal.software_version}"
    assert file_name(made(talk), "xlsx") == "talk-attendance-2026-03-02-v1.xlsx"


def test_when_the_pages_are_gone_the_file_says_so_and_keeps_the_figures(talk, tmp_path):
    seal_attendance(webinar=talk, now=NOW)
    before = cells(book_of(made(talk), tmp_path)["People"])

    UserSession.objects.all().delete()
    book = book_of(made(talk), tmp_path)

    assert cells(book["People"]) == before
    assert len(cells(book["Pages"])) == 1
    assert dict(cells(book["Definitions"])[:16])["Pages"] == (
        "The single pages were deleted after the time for which they are kept. The figures are as sealed."
    )


def test_a_correction_says_its_reason_to_those_who_may_see_names(talk, tmp_path):
    seal_attendance(webinar=talk, now=NOW)
    seal_attendance(webinar=talk, now=NOW, reason="Lee was counted twice", author=UserFactory())

    lines = {
        personal: cells(book_of(made(talk, personal=personal), tmp_path)["Definitions"]) for personal in (True, False)
    }

    assert ["Reason", "Lee was counted twice"] in lines[True]
    assert "Lee" not in repr(lines[False])
    assert ["Sealed version", 2] in lines[True]
    assert ["Sealed version", 2] in lines[False]


def test_a_file_that_is_not_sealed_is_called_preliminary(talk):
    assert file_name(made(talk), "csv") == "talk-attendance-2026-03-02-preliminary.csv"


def test_the_file_is_in_the_requesters_language(talk, tmp_path):
    with translation.override("ko"):
        contents = made(talk)
        book = book_of(contents, tmp_path)
        definition = str(definitions.FIGURES["uniqueSeconds"])
        head = read_csv(contents)[0]

    assert book.worksheets[0]["G1"].comment.text == definition
    assert book.worksheets[0]["A2"].value == "김서연"
    assert [cell.value for cell in book.worksheets[0][1]] == head
    assert definition in {row[1] for row in cells(book.worksheets[2])}


@pytest.mark.parametrize(("language", "known"), [("en-gb", "en"), ("en", "en"), ("ko", "ko"), ("fr", "ko")])
def test_files_are_in_a_language_of_the_products(language, known):
    assert known_language(language) == known


def test_more_rows_than_a_sheet_holds_are_on_several(talk, tmp_path):
    book = book_of(made(talk), tmp_path, most_rows=3)

    assert book.sheetnames == ["People", "People 2", "Pages", "Pages 2", "Pages 3", "Definitions"]
    assert [row[0] for row in cells(book["People 2"])] == ["Name", "Early Bird"]
    assert [len(cells(book[name])) for name in ("Pages", "Pages 2", "Pages 3")] == [3, 3, 2]


def test_a_sheet_that_is_just_full_is_the_only_one(talk, tmp_path):
    assert book_of(made(talk), tmp_path, most_rows=6).sheetnames == ["People", "Pages", "Definitions"]


def test_where_the_clock_changes_each_time_says_its_offset(tmp_path):
    """New York puts its clock back at 06:00 UTC: 01:30 comes twice."""
    start = datetime(2026, 11, 1, 5, 0, tzinfo=START.tzinfo)
    webinar = ended_webinar(
        time_zone="America/New_York", webinar_start_time=start, webinar_scheduled_end_time=start + timedelta(hours=2)
    )
    back = timedelta(hours=1.5)
    visit(webinar, attendee(webinar, "A", "a@example.com"), 0, 60)
    UserSession.objects.update(entered_at=start + back - timedelta(hours=1), last_heartbeat_at=start + back,
                               exited_at=start + back, watched_ranges=[])  # fmt: skip
    contents = made(webinar, now=start + timedelta(days=1))

    head, row = read_csv(contents)

    assert head[4:8] == [
        "First entered (America/New_York)",
        "UTC offset",
        "Last left (America/New_York)",
        "UTC offset",
    ]
    assert row[4:8] == ["2026-11-01 01:30:00", "UTC-04:00", "2026-11-01 01:30:00", "UTC-05:00"]
    assert cells(book_of(contents, tmp_path)["People"])[1][4:8] == [
        on_the_wall(2026, 11, 1, 1, 30), "UTC-04:00", on_the_wall(2026, 11, 1, 1, 30), "UTC-05:00",
    ]  # fmt: skip


def test_a_webinar_without_people_or_end_has_its_file(tmp_path):
    webinar = WebinarFactory(webinar_scheduled_end_time=None, state="scheduled", webinar_start_time=END)

    contents = made(webinar, now=START)
    book = book_of(contents, tmp_path)

    assert [len(cells(sheet)) for sheet in book.worksheets[:2]] == [1, 1]
    assert dict(cells(book["Definitions"]))["Content window to"] == "not known yet"
    assert read_csv(contents) == [[f"{name}" for name in HEAD]]
