"""What a workbook says of itself, where spreadsheets and file managers look."""

from datetime import UTC, datetime

import pytest
from django.utils import translation
from openpyxl import load_workbook

from stats.exports.contents import contents_of
from stats.exports.workbook import write_workbook
from stats.selectors.attendance import AttendanceQuery

pytestmark = pytest.mark.django_db


def test_it_says_its_title_and_the_instant_it_was_made_in_utc(talk, tmp_path):
    made_at = datetime(2026, 3, 3, 1, 2, 3, 456789, tzinfo=UTC)  # 10:02 in Seoul, where the webinar was
    with translation.override("en"):
        contents = contents_of(webinar=talk, query=AttendanceQuery(), personal=True, now=made_at)
        write_workbook(contents, tmp_path / "book.xlsx")

    about = load_workbook(tmp_path / "book.xlsx").properties

    assert about.title == "봄 세미나"
    assert about.created.replace(tzinfo=UTC) == made_at.replace(microsecond=0)
