"""What goes into a file of attendance: exactly what its requester sees on the page, all of it."""

import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from django.utils.functional import cached_property
from django.utils.translation import pgettext

from presence.sql.ledger import Frame, frame_of
from stats.exports.cells import offset_changes
from stats.exports.columns import PEOPLE, SESSIONS, Column, columns_of
from stats.models import AttendanceSeal
from stats.selectors.attendance import AttendanceQuery, attendance_head, attendance_rows, sealed_now
from stats.sql import exports as sql
from webinars.models import Webinar
from webinars.tombstones import ERASED_PERSON


@dataclass(frozen=True)
class Contents:
    """`head` is the answer of the page without rows. Without `personal` nobody is named, and no single page shown."""

    webinar: Webinar
    query: AttendanceQuery
    personal: bool
    head: dict[str, Any]
    seal: AttendanceSeal | None
    now: datetime

    @property
    def narrowed(self) -> bool:
        return bool(self.query.q) or self.query.min_percent is not None

    @cached_property
    def with_offsets(self) -> bool:
        """Whether the zone's clock changes while people come and go."""
        start, end = self.webinar.collect_window
        day = timedelta(days=1)
        return offset_changes(self.webinar.zone, start - day, (end or self.now) + day)

    @property
    def people_columns(self) -> list[Column]:
        return columns_of(PEOPLE, with_offsets=self.with_offsets)

    @property
    def session_columns(self) -> list[Column]:
        return columns_of(SESSIONS, with_offsets=self.with_offsets)

    def people(self) -> Iterator[dict[str, Any]]:
        """As they stand in the table; whoever was erased is named as that."""
        erased = str(ERASED_PERSON)
        for row in attendance_rows(webinar=self.webinar, query=self.query, now=self.head["asOf"]):
            yield row if row["userId"] else {**row, "displayName": erased}

    def sessions(self, user_ids: Sequence[uuid.UUID] | None) -> Iterator[dict[str, Any]]:
        """Of these people, or everybody's and the guests'."""
        endings = {
            "exit": pgettext("page", "Left"),
            "timeout": pgettext("page", "Went silent"),
            None: pgettext("page", "Open"),
        }
        guest, erased = pgettext("person", "Guest"), str(ERASED_PERSON)
        for session in sql.sessions(self._frame, user_ids):
            yield {
                "displayName": guest if not session.user_id else session.display_name if session.email else erased,
                "email": session.email,
                "entered": session.entered_at,
                "left": session.exited_at,
                "ending": endings[session.closed_reason],
                "duration": session.duration_seconds,
                "within": session.seconds_in_window,
                "watched": session.watched_seconds,
                "browser": session.user_agent,
            }

    @property
    def pages_are_gone(self) -> bool:
        """Some time after sealing the single pages are deleted, and their figures stay. At most one query."""
        return self.seal is not None and self.seal.people_count > 0 and not sql.size(self.webinar.pk).sessions

    @property
    def _frame(self) -> Frame:
        """The one that the figures were counted with; for sealed ones, the window that was sealed."""
        window = self.head["window"]
        frame = frame_of(self.webinar, now=self.head["asOf"])
        return frame._replace(start=window["start"], until=window["until"])


def contents_of(*, webinar: Webinar, query: AttendanceQuery, personal: bool, now: datetime) -> Contents:
    """Three queries. The rows are read when they are asked for, so ask within `one_moment`."""
    head = attendance_head(webinar=webinar, now=now)
    return Contents(webinar, replace(query, after=None), personal, head, sealed_now(webinar), now)
