"""A webinar of an hour that is over, who was there, and the attendance table of it, for tests of the table."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from urllib.parse import parse_qs, urlsplit

from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from eventflow import redis
from presence.tests.factories import SessionFactory
from stats.selectors.attendance import AttendanceQuery, attendance_page
from webinars.tests.factories import WebinarFactory

START = datetime(2026, 3, 2, 3, 0, tzinfo=UTC)
LATER = START + timedelta(hours=2)


def at(minutes):
    return START + timedelta(minutes=minutes)


def an_hour():
    """An hour, from START, and over."""
    return WebinarFactory(
        webinar_start_time=START,
        webinar_scheduled_end_time=at(90),
        webinar_actual_end_time=at(60),
        state="ended",
        title="Sixty minutes",
    )


def stretches(*pairs):
    return TimestamptzMultirange([TimestamptzRange(at(one), at(other)) for one, other in pairs])


def was_there(webinar, user, entered, left, *, reason="exit", watched=(), silent=(), visible=True):
    return SessionFactory(
        webinar=webinar,
        user=user,
        entered_at=at(entered),
        last_heartbeat_at=at(left),
        exited_at=at(left),
        closed_reason=reason,
        is_visible=visible,
        watched_ranges=stretches(*watched),
        silent_ranges=stretches(*silent),
    )


def page(webinar, *, now=LATER, personal=True, **query):
    redis.client().flushdb()
    return attendance_page(webinar=webinar, query=AttendanceQuery.parse(query), may_see_personal=personal, now=now)


def names(answer):
    return [row["displayName"] for row in answer["rows"]]


def all_pages(webinar, **query):
    """The rows of every page, following `next` as a caller does."""
    found = []
    answer = page(webinar, **query)
    found += answer["rows"]
    while answer["next"]:
        answer = page(webinar, **following(answer))
        found += answer["rows"]
    return found


def sealed_like(row):
    def kept(pairs):
        return TimestamptzMultirange(
            [TimestamptzRange(*(START + timedelta(seconds=second) for second in pair)) for pair in pairs]
        )

    columns = {
        "user_id": "userId", "display_name": "displayName", "email": "email", "session_count": "sessionCount",
        "first_entered": "firstEntered", "last_exited": "lastExited", "connected_seconds": "connectedSeconds",
        "unique_seconds": "uniqueSeconds", "visible_seconds": "visibleSeconds", "overlap_seconds": "overlapSeconds",
        "uncertainty_seconds": "uncertaintySeconds",
    }  # fmt: skip
    return {
        **{column: row[name] for column, name in columns.items()},
        "attendance_percent": Decimal(str(row["attendancePercent"])),
        "present_ranges": kept(row["strip"]["present"]),
        "visible_ranges": kept(row["strip"]["visible"]),
    }


def following(answer):
    """The query of the next page's address."""
    return {name: values[0] for name, values in parse_qs(urlsplit(answer["next"]).query).items()}
