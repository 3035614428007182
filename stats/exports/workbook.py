"""Attendance as a workbook: people, the pages they opened, and what the figures mean."""

import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from stats.exports.about import about, sheet_titles
from stats.exports.book import MOST_ROWS, Book, Report
from stats.exports.columns import SESSION_DEFINITIONS
from stats.exports.contents import Contents


def write_workbook(
    contents: Contents, path: Path, *, report: Report = lambda rows: None, most_rows: int = MOST_ROWS
) -> int:
    """Write the file at `path`, with its unfinished parts beside it; answers how many rows of people and pages.

    Raises OSError when there is no room for it, and whatever `report` raises.
    """
    book = Book(path, contents.webinar, now=contents.now, report=report, most_rows=most_rows)
    titles = sheet_titles()
    if contents.personal:
        # Whose pages are shown, where it is not everybody's, is noted on the way.
        user_ids: list[uuid.UUID] | None = [] if contents.narrowed else None
        people = _noting(contents.people(), user_ids)
        book.write_table(titles["people"], contents.people_columns, contents.head["definitions"], people)
        meanings = {key: str(text) for key, text in SESSION_DEFINITIONS.items()}
        book.write_table(titles["sessions"], contents.session_columns, meanings, contents.sessions(user_ids))
    book.write_lines(titles["about"], about(contents))
    book.close()
    return book.rows


def _noting(people: Iterator[dict[str, Any]], user_ids: list[uuid.UUID] | None) -> Iterator[Mapping[str, Any]]:
    for row in people:
        if user_ids is not None and row["userId"]:
            user_ids.append(row["userId"])
        yield row
