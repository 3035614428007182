"""Text that people chose, in files that spreadsheets open (OWASP: CSV injection)."""

import csv
import io
import unicodedata
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from xlsxwriter import Workbook

from stats.exports.cells import (
    LONGEST_TEXT,
    MARKS,
    day_number,
    for_csv,
    for_workbook,
    local,
    offset_changes,
    offset_text,
    plain,
)
from stats.exports.csv_file import csv_bytes
from stats.tests.exports.people import on_the_wall

SEOUL, NEW_YORK = ZoneInfo("Asia/Seoul"), ZoneInfo("America/New_York")
ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=40)
HOSTILE = st.builds(
    "".join,
    st.lists(st.sampled_from([*MARKS, " ", "\t", "\r", "\n", "\u3000", "\u200b", "\ufeff", ";", ",", '"', "'", "a"])),
)


def computes(text):
    """As spreadsheets see it: whatever is not seen first, then a mark."""
    seen = [letter for letter in text if not letter.isspace() and unicodedata.category(letter) not in ("Cf", "Mn")]
    return bool(seen) and seen[0] in MARKS


@given(st.one_of(ANY_TEXT, HOSTILE))
@example("=1+1")
@example(" \u3000＝cmd")
@example("a;=cmd|'/c calc'!A1")
@example("\t@SUM(A1)")
@example("\r-2+3")
def test_no_cell_of_a_csv_computes_whatever_ends_a_cell(text):
    written = for_csv(text)

    for end_of_cell in (",", ";"):
        cells = written.split(end_of_cell) if end_of_cell == ";" else [written]
        assert [cell for cell in cells if computes(cell)] == []
    assert not any(letter in written for letter in "\t\r\n")


@given(st.one_of(ANY_TEXT, HOSTILE))
def test_nothing_is_lost_but_controls_and_nothing_added_but_apostrophes(text):
    assert for_csv(text).replace("'", "") == plain(text).replace("'", "")


@pytest.mark.parametrize("name", ["김서연", "O'Neil", "a-b", "1=1", "né@home", "남궁 민수 (주)한빛", "Kim; Park"])
def test_ordinary_names_stay_as_they_are(name):
    assert (for_csv(name), for_workbook(name)) == (name, name)


@given(st.lists(st.lists(st.one_of(ANY_TEXT, HOSTILE), min_size=1, max_size=4), max_size=5))
def test_a_csv_is_read_back_as_it_was_written(rows):
    cells = [[for_csv(text) for text in row] for row in rows]

    written = b"".join(csv_bytes(cells))

    assert written.startswith(b"\xef\xbb\xbf")
    read = csv.reader(io.StringIO(written.decode("utf-8-sig"), newline=""), strict=True)
    assert list(read) == cells
    assert written.decode().count("\n") == written.decode().count("\r\n") == len(rows)


@settings(deadline=None)
@given(st.lists(st.one_of(ANY_TEXT, HOSTILE, st.sampled_from(["<r>a</r>", "<r><t>&</r>", "_x0041_"])), max_size=8))
@example(["=1+1", "http://example.com", "{=A1}", "mailto:a@b.c", "#NAME?", "<r></x></r>"])
def test_a_workbook_holds_every_text_as_text(texts):
    target = io.BytesIO()
    with Workbook(target, {"constant_memory": True}) as workbook:
        sheet = workbook.add_worksheet()
        for row, text in enumerate(texts):
            sheet.write_string(row, 0, for_workbook(text))

    found = load_workbook(target).active

    for row, text in enumerate(texts, start=1):
        cell = found.cell(row, 1)
        wanted = for_workbook(text)
        assert (cell.value or "").replace("_x005F_", "_") == wanted
        assert cell.data_type in ("s", "n" if wanted == "" else "s")
        assert cell.hyperlink is None


@pytest.mark.parametrize("letter", ["가", "😀"])
def test_a_text_is_as_long_as_a_cell_can_be(letter):
    cut = plain(letter * 40_000)

    assert len(cut.encode("utf-16-le")) // 2 in (LONGEST_TEXT, LONGEST_TEXT - 1)
    assert set(cut) == {letter}


def test_controls_and_what_xml_does_not_know_become_blanks():
    assert plain("a\x00\x1fb\x85c\ufffed\ud800e\u2028f") == "a b c d e f"


def test_a_time_stands_on_the_zones_clock():
    moment = datetime(2026, 3, 1, 15, 30, 59, 999_999, tzinfo=UTC)

    assert local(moment, SEOUL) == on_the_wall(2026, 3, 2, 0, 30, 59)
    assert day_number(moment, SEOUL) == pytest.approx(46083 + 1859 / 86_400)
    assert offset_text(moment, SEOUL) == "UTC+09:00"
    assert offset_text(moment, NEW_YORK) == "UTC-05:00"


def test_a_clock_that_is_put_forward_is_noticed_also_between_equal_ends():
    forward = datetime(2026, 3, 8, 7, tzinfo=UTC)

    assert offset_changes(NEW_YORK, forward - timedelta(hours=1), forward + timedelta(hours=1))
    assert offset_changes(NEW_YORK, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    assert not offset_changes(NEW_YORK, forward + timedelta(hours=1), forward + timedelta(days=7))
    assert not offset_changes(SEOUL, datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
