"""The attendance table: a webinar's people, what their sessions come to, and the sums of it (spec 6, 7).

Read from the ledger until the attendance is sealed, and from the newest seal after.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID, uuid4

from django.core.cache import cache
from django.db import connection
from django.urls import reverse

from presence import definitions
from presence.selectors.ledger import person_stretches
from presence.sql.ledger import Figures, Frame, GuestFigures, frame_of
from stats.models import AttendanceSeal
from stats.selectors.attendance_query import AttendanceQuery, Place, bad_place, is_marked, mark_of
from stats.selectors.seals import frame_of_seal
from stats.sql import attendance as sql
from webinars.models import Webinar

__all__ = ["AttendanceQuery", "attendance_head", "attendance_page", "attendance_rows", "ledger_totals", "sealed_now"]

CACHE_SECONDS = 5
ROWS_AT_ONCE = 2_000


def sealed_now(webinar: Webinar) -> AttendanceSeal | None:
    """The newest version. One query."""
    return AttendanceSeal.objects.filter(webinar=webinar).select_related("author").order_by("-version").first()


def attendance_page(
    *, webinar: Webinar, query: AttendanceQuery, may_see_personal: bool, now: datetime
) -> dict[str, Any]:
    """The answer of `stats/attendance` (spec 6), at most 5 s old, shared by all who ask the same; the definitions in
    the caller's language, those that changed since a seal as they were sealed.

    Whoever may not see personal data gets the totals only. Totals are over everybody, whatever the rows are narrowed
    to. Raises ValidationError for an `after` that is not of this webinar, or behind which others stand now.

    No query while the cache is warm. Cold: 1. the seal, 2. page and totals, 3. strips; sealed: 1. the seal, 2. page,
    3. when two pages were open, if they were. One more for pages by name or address that go on, or are sealed.
    """
    if not may_see_personal:
        query = AttendanceQuery()
    key = _cache_key(webinar.pk, query, may_see_personal)
    answer: dict[str, Any] | None = cache.get(key)
    if answer is None:
        source = _source(webinar, query, now)
        answer = source.answer(query, may_see_personal=may_see_personal)
        cache.set(key, answer, CACHE_SECONDS)
    return answer if "definitions" in answer else {**answer, "definitions": stated_definitions()}


def attendance_head(*, webinar: Webinar, now: datetime) -> dict[str, Any]:
    """The answer without rows, never from the cache: for a reader who wants rows of the same moment beside it. Cold as
    above, without the strips."""
    answer = _source(webinar, AttendanceQuery(), now).answer(AttendanceQuery(), may_see_personal=False)
    return answer if "definitions" in answer else {**answer, "definitions": stated_definitions()}


def attendance_rows(*, webinar: Webinar, query: AttendanceQuery, now: datetime) -> Iterator[dict[str, Any]]:
    """Every row that the query finds, without strips and whatever its limit, as it is read: in constant memory."""
    return _source(webinar, query, now).every_row(query)


def ledger_totals(frame: Frame) -> dict[str, Any]:
    """The totals over everybody and the guests', as the answer has them. One query."""
    with connection.cursor() as cursor:
        cursor.execute(sql.SELECT_TOTALS, frame.params())
        return _totals(frame, cursor.fetchone())


def stated_definitions() -> dict[str, str]:
    """What each figure means, in the language in force."""
    return {"window": str(definitions.WINDOW), **{name: str(text) for name, text in definitions.FIGURES.items()}}


class LedgerSource(NamedTuple):
    """The table as the sessions have it by `frame.now`."""

    webinar: Webinar
    frame: Frame

    def answer(self, query: AttendanceQuery, *, may_see_personal: bool) -> dict[str, Any]:
        if may_see_personal:
            totals, rows, next_place = self._page(query)
        else:
            totals, rows, next_place = ledger_totals(self.frame), [], None
        return {
            "rows": rows,
            "next": _next_path(query, next_place),
            "totals": totals,
            "window": _window(self.webinar, self.frame.start, self.webinar.content_window.end, self.frame.until),
            "sealed": None,
            "asOf": self.frame.now,
        }

    def _page(self, query: AttendanceQuery) -> tuple[dict[str, Any], list[dict[str, Any]], Place | None]:
        with connection.cursor() as cursor:
            cursor.execute(sql.select_page(query.order), self._params(query, limit=query.limit + 1))
            found = cursor.fetchall()
        total_columns = len(sql.People._fields) + len(GuestFigures._fields)
        read = [sql.Row.of(columns[total_columns:]) for columns in found if columns[-1] is not None]
        shown = read[: query.limit]
        strips = person_stretches(self.frame, [row.figures.user_id for row in shown]) if shown else {}
        rows = []
        for row in shown:
            stretches = strips[row.figures.user_id]
            strip = {
                "present": _seconds(stretches.present_ranges, self.frame.start),
                "visible": _seconds(stretches.visible_ranges, self.frame.start),
                "doubled": _seconds(stretches.doubled_ranges, self.frame.start),
            }
            rows.append({**_row(row), "strip": strip})
        if query.place is not None and query.order.is_text:
            _same_place(query, self._params(query, limit=None), sealed=False)
        is_last = len(read) <= query.limit
        place = None if is_last else _place(query, shown[-1], self.webinar, self.frame.now)
        return _totals(self.frame, found[0]), rows, place

    def every_row(self, query: AttendanceQuery) -> Iterator[dict[str, Any]]:
        for columns in _stream(sql.select_rows(query.order), self._params(query, limit=None)):
            yield _row(sql.Row.of(columns))

    def _params(self, query: AttendanceQuery, *, limit: int | None) -> dict[str, Any]:
        return {**self.frame.params(), **query.narrowing, "limit": limit}


class SealSource(NamedTuple):
    """The table as it was sealed."""

    webinar: Webinar
    seal: AttendanceSeal

    def answer(self, query: AttendanceQuery, *, may_see_personal: bool) -> dict[str, Any]:
        seal = self.seal
        rows, place = self._page(query) if may_see_personal else ([], None)
        # A seal keeps its definitions in English; the same ones are there in every language.
        is_defined_so = seal.definitions_version == definitions.VERSION
        author = seal.author if may_see_personal else None
        return {
            "rows": rows,
            "next": _next_path(query, place),
            "totals": {**seal.totals["people"], "guests": seal.totals["guests"]},
            **({} if is_defined_so else {"definitions": seal.definitions}),
            "window": _window(self.webinar, seal.window_start, seal.window_end, seal.window_end),
            "sealed": {
                "version": seal.version,
                "sealedAt": seal.sealed_at,
                "sha256": seal.sha256,
                # Both may name people.
                "reason": seal.reason if may_see_personal else None,
                "author": (author.display_name or author.email) if author else None,
            },
            "asOf": seal.sealed_at,
        }

    def _page(self, query: AttendanceQuery) -> tuple[list[dict[str, Any]], Place | None]:
        params = self._params(query, limit=query.limit + 1)
        goes_on, by_text = query.place is not None, query.order.is_text
        # Counted before the page is read, and compared after: nobody is erased in between without being noticed.
        erased = self._erased() if by_text and not goes_on else 0
        with connection.cursor() as cursor:
            cursor.execute(sql.select_sealed(query.order), params)
            read = [sql.SealedRow.of(columns) for columns in cursor.fetchall()]
        if by_text and goes_on:
            erased = _same_place(query, params, sealed=True)
        shown = read[: query.limit]
        start = self.seal.window_start
        doubled = self._doubled([sealed.row.figures for sealed in shown])
        rows = [
            {
                **_row(sealed.row),
                "strip": {
                    "present": _seconds(sealed.present_ranges, start),
                    "visible": _seconds(sealed.visible_ranges, start),
                    "doubled": doubled.get(sealed.row.figures.user_id) if sealed.row.figures.overlap_seconds else [],
                },
            }
            for sealed in shown
        ]
        if len(read) <= query.limit:
            return rows, None
        return rows, _place(
            query, shown[-1].row, self.webinar, self.seal.sealed_at, seal_id=self.seal.pk, erased=erased
        )

    def _doubled(self, shown: list[Figures]) -> dict[UUID, list[list[int]]]:
        """A seal keeps how long two pages were open at once, and not when: that is in the sessions, as long as they
        are kept and say the same. Whoever was erased has no id to find them by. One query where a row has any."""
        sealed = {figures.user_id: figures.overlap_seconds for figures in shown if figures.overlap_seconds}
        user_ids = [user_id for user_id in sealed if user_id]
        found = person_stretches(frame_of_seal(self.seal), user_ids) if user_ids else {}
        start = self.seal.window_start
        return {
            user_id: _seconds(stretches.doubled_ranges, start)
            for user_id, stretches in found.items()
            if abs(_length(stretches.doubled_ranges) - sealed[user_id]) < 1
        }

    def _erased(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(sql.COUNT_ERASED, {"seal_id": self.seal.pk})
            return int(cursor.fetchone()[0])

    def every_row(self, query: AttendanceQuery) -> Iterator[dict[str, Any]]:
        for columns in _stream(sql.select_sealed(query.order), self._params(query, limit=None)):
            yield _row(sql.SealedRow.of(columns).row)

    def _params(self, query: AttendanceQuery, *, limit: int | None) -> dict[str, Any]:
        return {"seal_id": self.seal.pk, "webinar_id": self.webinar.pk, **query.narrowing, "limit": limit}


def _source(webinar: Webinar, query: AttendanceQuery, now: datetime) -> LedgerSource | SealSource:
    """A page that follows another reads where that one read, also when it was sealed meanwhile."""
    place = query.place
    if place is None:
        seal = sealed_now(webinar)
        return SealSource(webinar, seal) if seal else LedgerSource(webinar, frame_of(webinar, now=now))
    if place.webinar_id != webinar.pk:
        raise bad_place()
    if place.seal_id is None:
        return LedgerSource(webinar, frame_of(webinar, now=place.as_of))
    return SealSource(webinar, AttendanceSeal.objects.select_related("author").get(pk=place.seal_id))


def _stream(statement: str, params: dict[str, Any]) -> Iterator[tuple[Any, ...]]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(statement, params)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows


def _row(row: sql.Row) -> dict[str, Any]:
    """Without an id where nobody is named any more: who was erased is not to be found again by it."""
    figures = row.figures
    percent = figures.attendance_percent
    return {
        "userId": figures.user_id if row.email else None,
        "displayName": row.display_name,
        "email": row.email,
        "registeredAt": row.registered_at,
        "connectedSeconds": figures.connected_seconds,
        "uniqueSeconds": figures.unique_seconds,
        "visibleSeconds": figures.visible_seconds,
        "firstEntered": figures.first_entered,
        "lastExited": figures.last_exited,
        "sessionCount": figures.session_count,
        "overlapSeconds": figures.overlap_seconds,
        "attendancePercent": None if percent is None else float(percent),
        "uncertaintySeconds": figures.uncertainty_seconds,
    }


def _totals(frame: Frame, columns: tuple[Any, ...]) -> dict[str, Any]:
    """Averages are over those who attended: who had a page open within the window."""
    count = len(sql.People._fields)
    people = sql.People(*columns[:count])
    guests = GuestFigures(*columns[count : count + len(GuestFigures._fields)])
    average = people.unique_seconds / people.attended if people.attended else None
    share = None if average is None or not frame.seconds else round(100 * average / frame.seconds, 1)
    return {
        "people": people.people,
        "attended": people.attended,
        "connectedSeconds": people.connected_seconds,
        "uniqueSeconds": people.unique_seconds,
        "visibleSeconds": people.visible_seconds,
        "overlapSeconds": people.overlap_seconds,
        "uncertaintySeconds": people.uncertainty_seconds,
        "averageUniqueSeconds": None if average is None else round(average, 1),
        "averageAttendancePercent": share,
        "guests": {
            "sessionCount": guests.session_count,
            "connectedSeconds": guests.connected_seconds,
            "visibleSeconds": guests.visible_seconds,
            "uncertaintySeconds": guests.uncertainty_seconds,
        },
    }


def _window(webinar: Webinar, start: datetime, end: datetime | None, until: datetime) -> dict[str, Any]:
    """`until` is how far the window is over; `seconds` is its length so far."""
    return {
        "start": start,
        "end": end,
        "until": until,
        "timeZone": webinar.time_zone,
        "seconds": round((until - start).total_seconds()),
    }


def _seconds(ranges: Any, start: datetime) -> list[list[int]]:
    """Stretches as whole seconds from the start of the window."""
    return [[round((r.lower - start).total_seconds()), round((r.upper - start).total_seconds())] for r in ranges]


def _length(ranges: Any) -> float:
    """In seconds."""
    return sum((r.upper - r.lower).total_seconds() for r in ranges)


def _place(
    query: AttendanceQuery,
    last: sql.Row,
    webinar: Webinar,
    as_of: datetime,
    *,
    seal_id: UUID | None = None,
    erased: int = 0,
) -> Place:
    value = mark_of(last.value or "", erased) if query.order.is_text else last.value
    return Place(webinar.pk, query.sort, value, last.tie, as_of, seal_id)


def _same_place(query: AttendanceQuery, params: dict[str, Any], *, sealed: bool) -> int:
    """How many of the seal were erased, which is as many as when the page before was read. Raises ValidationError when
    it is not so, or when that page's last row has another name or address: others stand behind it now."""
    place = query.place
    with connection.cursor() as cursor:
        cursor.execute(sql.select_place(query.order, sealed=sealed), params)
        found: tuple[str, int] | None = cursor.fetchone()
    if place is None or found is None or not is_marked(place.value, *found):
        raise bad_place()
    return found[1]


def _next_path(query: AttendanceQuery, place: Place | None) -> str | None:
    if place is None:
        return None
    path = reverse("stats-api:attendance", kwargs={"w": place.webinar_id})
    return f"{path}?{urlencode({**query.params(), 'after': place.signed()})}"


def _cache_key(webinar_id: UUID, query: AttendanceQuery, may_see_personal: bool) -> str:
    since = cache.get(f"attendance-since:{webinar_id}")
    asked = sha256(repr((since, query, may_see_personal)).encode()).hexdigest()
    return f"attendance:{webinar_id}:{asked}"


def forget_answers(webinar_id: UUID) -> None:
    """What was answered so far is not what counts any more: the attendance was sealed or corrected."""
    cache.set(f"attendance-since:{webinar_id}", uuid4().hex, 10 * CACHE_SECONDS)
