"""A webinar with people of all kinds in it, for the tests of its exports."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import connection
from psycopg.types.range import Range

from presence.tests.factories import SessionFactory
from stats.models import Export
from webinars.models import Webinar
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

START = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)  # 10:00 in Seoul
END = START + timedelta(hours=1)
NOW = END + timedelta(days=1)


def on_the_wall(*parts: int) -> datetime:
    """A time as cells have it: without a zone."""
    return datetime(*parts)  # noqa: DTZ001


def in_a_day() -> datetime:
    return NOW + timedelta(days=1)


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


def ended_webinar(**values: Any) -> Webinar:
    return WebinarFactory(
        **{
            "slug": "talk",
            "title": "봄 세미나",
            "state": "ended",
            "webinar_start_time": START,
            "webinar_scheduled_end_time": END,
            **values,
        }
    )


def visit(webinar: Webinar, person: Any, entered: float, left: float | None, **values: Any) -> Any:
    """A page of theirs, in minutes from the start; in front for all of it unless said otherwise."""
    begins, ends = minutes(entered), minutes(left) if left is not None else None
    return SessionFactory(
        webinar=webinar,
        user=person,
        entered_at=begins,
        last_heartbeat_at=values.pop("heard", ends or begins),
        exited_at=ends,
        closed_reason=values.pop("reason", None if ends is None else "exit"),
        watched_ranges=values.pop("watched", [Range(begins, ends)] if ends is not None and ends > begins else []),
        **values,
    )


def attendee(webinar: Webinar, name: str, email: str) -> Any:
    person = UserFactory(display_name=name, email=email)
    RegistrationFactory(webinar=webinar, user=person, registered_at=START - timedelta(days=3))
    return person


def people_of_all_kinds(webinar: Webinar) -> list[Any]:
    """Two tabs side by side, an unclean end, somebody who left before the start, a guest."""
    seoyeon = attendee(webinar, "김서연", "seoyeon@example.kr")
    visit(webinar, seoyeon, -5, 45, user_agent="Mozilla/5.0 (하나)")
    visit(webinar, seoyeon, 10, 70, user_agent="Mozilla/5.0 (둘)")
    timed_out = attendee(webinar, '=HYPERLINK("http://evil")', "formula@example.com")
    visit(webinar, timed_out, 20.5, 30.25, reason="timeout")
    early = attendee(webinar, "Early Bird", "early@example.com")
    visit(webinar, early, -20, -10)
    visit(webinar, None, 5, 15)
    return [seoyeon, timed_out, early]


def files(folder: Path) -> list[str]:
    """Everything in it, whole or not."""
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def seen(export: Export) -> tuple[Any, ...]:
    export.refresh_from_db()
    return export.state, export.error_code, export.claim, export.file


def at(moment: datetime) -> Callable[[], datetime]:
    """A clock that stands."""
    return lambda: moment


def meanwhile(act: Callable[[], Any] | None) -> None:
    """On a connection of its own, as another process would; and it is done before anything goes on."""
    if act is None:
        return

    def acting() -> None:
        try:
            act()
        finally:
            connection.close()

    thread = threading.Thread(target=acting)
    thread.start()
    thread.join()
