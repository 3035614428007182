"""A webinar of an hour, yesterday, with three people in it: what the console's pages of numbers are tried with."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from presence.tests.factories import SessionFactory
from stats.tests.factories import AccessLogFactory
from tests.browser.visitors import Visitor
from webinars.models import Webinar
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, UserFactory, WebinarFactory

Arrive = Callable[..., Visitor]
SEOUL = ZoneInfo("Asia/Seoul")
START = (datetime.now(SEOUL) - timedelta(days=1)).replace(hour=14, minute=0, second=0, microsecond=0)
# The whole hour, the first half, ten minutes in the middle: from, to, and what of it in front.
STAYED = {
    "Kim Minjun": (0, 60, (0, 45)),
    "Lee Seoyeon": (0, 30, (0, 30)),
    "Park Jiho": (20, 30, (25, 30)),
}


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def make_webinar() -> Webinar:
    found: Webinar = WebinarFactory(
        slug="demo",
        title="=Attendance, defended",
        webinar_start_time=START,
        webinar_scheduled_end_time=at(60),
        webinar_actual_end_time=at(60),
        state="ended",
        bucket_seconds=60,
        time_zone="Asia/Seoul",
    )
    return found


def fill(webinar: Webinar) -> list[str]:
    """The names of the people. For five minutes from the fortieth on, nobody counted them."""
    for name, stretch in STAYED.items():
        was_there(webinar, name, *stretch)
    for minute in range(60):
        if not 40 <= minute < 45:
            sample(webinar, minute, 2, 4)
    return list(STAYED)


def was_there(webinar: Webinar, name: str, entered: float, left: float, in_front: tuple[float, float]) -> None:
    SessionFactory(
        webinar=webinar,
        user=RegistrationFactory(webinar=webinar, user=UserFactory(display_name=name)).user,
        entered_at=at(entered),
        last_heartbeat_at=at(left),
        exited_at=at(left),
        closed_reason="exit",
        watched_ranges=TimestamptzMultirange([TimestamptzRange(at(in_front[0]), at(in_front[1]))]),
    )


def sample(webinar: Webinar, minute: int, *counts: int) -> None:
    AccessLogFactory(
        webinar=webinar,
        time_bucket=at(minute),
        sample_count=len(counts),
        sum_participants=sum(counts),
        min_participants=min(counts),
        max_participants=max(counts),
        last_participants=counts[-1],
    )


def members_of(webinar: Webinar, visitor: Arrive) -> Arrive:
    """Makes visitors who have a role in the webinar's agency, and read English."""

    def make(role: str = "owner", **options: Any) -> Visitor:
        person = visitor(**({"locale": "en-GB"} | options))
        member = AgencyMemberFactory(agency=webinar.agency, role=role, user=UserFactory(display_name="Han Jiwon"))
        person.sign_in(member.user)
        return person

    return make


def path(webinar: Webinar, name: str, query: str = "") -> str:
    return f"/console/webinars/webinar/{webinar.pk}/{name}/{query}"
