"""A room's chat and its questions as files: every row there is, in the order of their numbers (spec 9, 10)."""

import abc
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar

from django.db.models import Count, Max, Min, QuerySet
from django.utils.functional import Promise, cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext, pgettext_lazy

import eventflow
from stats.exports.about import Line, zone_text
from stats.exports.book import MOST_ROWS, Book, Report
from stats.exports.cells import for_csv, offset_changes
from stats.exports.columns import Column, columns_of, times, title_of
from stats.exports.csv_file import written
from webinars.models import Message, Question, User, Webinar
from webinars.tombstones import ERASED_PERSON, is_tombstone

ROWS_AT_ONCE = 500


class RoomFile(abc.ABC):
    """Names people, and says what was deleted or asked anonymously: for those who may see personal data."""

    kind: ClassVar[str]
    columns: ClassVar[tuple[Column, ...]]
    meanings: ClassVar[Mapping[str, Promise]]
    moments: ClassVar[tuple[str, ...]]  # the fields of the database that stand in the file as times

    def __init__(self, webinar: Webinar, *, now: datetime) -> None:
        self.webinar = webinar
        self.now = now
        # Now, since a stream is read when the request that chose the language is over.
        self.no_or_yes = (pgettext("cell", "No"), pgettext("cell", "Yes"))
        self.erased_person = str(ERASED_PERSON)

    @abc.abstractmethod
    def everything(self) -> QuerySet[Any]:
        """The webinar's rows."""

    @abc.abstractmethod
    def cells(self, row: Any) -> dict[str, Any]:
        """One row's values by the keys of the columns."""

    @abc.abstractmethod
    def sheet_title(self) -> str: ...

    @cached_property
    def shown_columns(self) -> list[Column]:
        """One query, for whether the zone's clock changes between the first and the last time."""
        ends = {f"{end.name}_{name}": end(name) for name in self.moments for end in (Min, Max)}
        found = [moment for moment in self.everything().aggregate(**ends).values() if moment is not None]
        changes = bool(found) and offset_changes(self.webinar.zone, min(found), max(found))
        return columns_of(self.columns, with_offsets=changes)

    def rows(self) -> Iterator[dict[str, Any]]:
        """Read some hundred at a time, each after the last: never all in memory, and without a cursor that is held
        while somebody's line is slow."""
        last = 0
        while page := list(self.everything().filter(seq__gt=last).order_by("seq")[:ROWS_AT_ONCE]):
            yield from map(self.cells, page)
            last = page[-1].seq

    def csv_lines(self) -> Iterator[list[str]]:
        zone, columns = self.webinar.zone, self.shown_columns
        yield [for_csv(title_of(column, self.webinar.time_zone)) for column in columns]
        for row in self.rows():
            yield [written(column.kind, row[column.key], zone) for column in columns]

    def write_workbook(self, path: Path, report: Report) -> int:
        book = Book(path, self.webinar, now=self.now, report=report, most_rows=MOST_ROWS)
        meanings = {key: str(text) for key, text in self.meanings.items()}
        book.write_table(self.sheet_title(), self.shown_columns, meanings, self.rows())
        book.write_lines(pgettext("sheet", "About this file"), self.about(book.rows))
        book.close()
        return book.rows

    def about(self, rows: int) -> list[Line]:
        webinar = self.webinar
        return [
            Line(self.sheet_title()),
            Line(_("Webinar"), "text", webinar.title),
            Line(_("Address"), "text", webinar.slug),
            Line(_("Client"), "text", webinar.client.name),
            Line(_("Time zone of all times"), "text", zone_text(webinar, webinar.webinar_start_time)),
            Line(_("Taken out"), "moment", self.now),
            Line(_("Rows"), "number", rows),
            Line(_("Software"), "text", f"EventFlow {eventflow.__version__}"),
            Line(_("What the columns mean")),
            *(
                Line(title_of(column, webinar.time_zone), "text", str(self.meanings[column.key]))
                for column in self.columns
                if column.key in self.meanings and column.kind != "offset"
            ),
        ]

    def file_name(self, file_format: str) -> str:
        """The webinar's address and day: talk-chat-2026-03-02.xlsx."""
        day = self.webinar.webinar_start_time.astimezone(self.webinar.zone).date()
        return f"{self.webinar.slug}-{self.kind}-{day}.{file_format}"

    def rows_expected(self, file_format: str) -> int | None:
        return self.size()

    def size(self) -> int:
        counted: int = self.everything().order_by().aggregate(rows=Count("pk"))["rows"]
        return counted


def email_of(user: User) -> str:
    return "" if is_tombstone(user.pk, user.email) else user.email


class ChatFile(RoomFile):
    kind = "chat"
    moments = ("created_at", "deleted_at")
    columns = (
        Column("number", "number", pgettext_lazy("column", "Number"), 9),
        *times("written", pgettext_lazy("column", "Written")),
        Column("name", "text", pgettext_lazy("column", "Name"), 22),
        Column("email", "text", pgettext_lazy("column", "Email"), 30),
        Column("host", "text", pgettext_lazy("column", "By a host"), 10),
        Column("text", "text", pgettext_lazy("column", "Message"), 80),
        Column("deleted", "text", pgettext_lazy("column", "Deleted"), 10),
        *times("deletedAt", pgettext_lazy("column", "Time of deletion")),
    )
    meanings: ClassVar[Mapping[str, Promise]] = {
        "number": gettext_lazy("Messages are numbered in the order in which they were stored, without gaps."),
        "name": gettext_lazy("As the person was called when they wrote it."),
        "deleted": gettext_lazy("Whether a host took the message off the pages. Its text stays in this file."),
    }

    def everything(self) -> QuerySet[Message]:
        return Message.objects.filter(webinar=self.webinar).select_related("user")

    def sheet_title(self) -> str:
        return pgettext("sheet", "Chat")

    def cells(self, row: Message) -> dict[str, Any]:
        return {
            "number": row.seq,
            "written": row.created_at,
            "name": row.author_name,
            "email": email_of(row.user),
            "host": self.no_or_yes[row.is_host],
            "text": row.body,
            "deleted": self.no_or_yes[row.deleted_at is not None],
            "deletedAt": row.deleted_at,
        }


class QuestionsFile(RoomFile):
    kind = "questions"
    moments = ("created_at", "answered_at")
    columns = (
        Column("number", "number", pgettext_lazy("column", "Number"), 9),
        *times("asked", pgettext_lazy("column", "Asked")),
        Column("name", "text", pgettext_lazy("column", "Name"), 22),
        Column("email", "text", pgettext_lazy("column", "Email"), 30),
        Column("anonymous", "text", pgettext_lazy("column", "Asked anonymously"), 12),
        Column("text", "text", pgettext_lazy("column", "Question"), 80),
        Column("state", "text", pgettext_lazy("column", "State"), 12),
        Column("votes", "number", pgettext_lazy("column", "Votes"), 9),
        Column("pinned", "text", pgettext_lazy("column", "Pinned"), 10),
        Column("answer", "text", pgettext_lazy("column", "Answer"), 80),
        Column("live", "text", pgettext_lazy("column", "Answered live"), 10),
        Column("answeredBy", "text", pgettext_lazy("column", "Answered by"), 22),
        *times("answered", pgettext_lazy("column", "Time of the answer")),
    )
    meanings: ClassVar[Mapping[str, Promise]] = {
        "number": gettext_lazy("Questions are numbered in the order in which they were stored, without gaps."),
        "name": gettext_lazy("As the person was called when they asked."),
        "anonymous": gettext_lazy("Whether attendees were not told who asked. Treat these names accordingly."),
        "state": gettext_lazy(
            "Waiting: not published yet. Published: shown to the room. Answered: shown with its answer. Archived: put "
            "away."
        ),
        "votes": gettext_lazy("Votes for the question, one per person, without those that were taken back."),
        "answered": gettext_lazy("The first answer. A correction keeps its time."),
    }

    def __init__(self, webinar: Webinar, *, now: datetime) -> None:
        super().__init__(webinar, now=now)
        self.states = {value: str(label) for value, label in Question.Status.choices}

    def everything(self) -> QuerySet[Question]:
        return Question.objects.filter(webinar=self.webinar).select_related("user", "answered_by")

    def sheet_title(self) -> str:
        return pgettext("sheet", "Q&A")

    def cells(self, row: Question) -> dict[str, Any]:
        return {
            "number": row.seq,
            "asked": row.created_at,
            "name": row.asker_name,
            "email": email_of(row.user),
            "anonymous": self.no_or_yes[row.is_anonymous],
            "text": row.body,
            "state": self.states[row.status],
            "votes": row.upvote_count,
            "pinned": self.no_or_yes[row.pinned_at is not None],
            "answer": row.answer,
            "live": self.no_or_yes[row.answered_live],
            "answeredBy": self._name_of(row.answered_by),
            "answered": row.answered_at,
        }

    def _name_of(self, host: User | None) -> str:
        if host is None:
            return ""
        return self.erased_person if is_tombstone(host.pk, host.email) else host.display_name or host.email
