"""An ended webinar with people, guests, registrations and samples, its seal, and a hand that tampers with both."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from django.db import connection
from psycopg.types.range import TimestamptzRange

from presence.tests.factories import SessionFactory
from stats.selectors.verification import verify
from stats.services.sealing import seal_attendance
from stats.tests.factories import AccessLogFactory
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
END = START + timedelta(hours=1)
CLOSED = END + timedelta(minutes=30)


def at(minute):
    return START + timedelta(minutes=minute)


def ranges(*stretches):
    """Of minutes from the start."""
    return [TimestamptzRange(at(begin), at(end)) for begin, end in stretches]


def ended(**fields):
    """From 5:00 to 6:00; collected until 6:30."""
    times = {"webinar_start_time": START, "webinar_scheduled_end_time": END, "webinar_actual_end_time": END}
    return WebinarFactory(**{**times, "state": "ended", **fields})


def page(webinar, user, begin, end, *, reason="exit", **fields):
    """A page that was open from minute to minute and always in front."""
    return SessionFactory(
        webinar=webinar,
        user=user,
        **{
            "entered_at": at(begin),
            "last_heartbeat_at": at(end),
            "exited_at": at(end),
            "closed_reason": reason,
            "watched_ranges": ranges((begin, end)),
            "watched_seconds_raw": (end - begin) * 60,
            **fields,
        },
    )


class Evidence:
    """Ana had two pages at once for ten minutes and was silent for five; Ben's page fell silent; Cho registered and
    stayed away; Dan came when it was over; a guest looked in."""

    def __init__(self, **fields):
        self.webinar = ended(**fields)
        self.ana, self.ben, self.cho, self.dan = (
            UserFactory(display_name=name, email=f"{name.lower()}@example.com")
            for name in ("Ana", "Ben", "Cho", "Dan")
        )
        for user in (self.ana, self.ben, self.cho, self.dan):
            RegistrationFactory(webinar=self.webinar, user=user, registered_at=at(-60))
        self.first = page(self.webinar, self.ana, -5, 30, silent_ranges=ranges((10, 15)))
        self.second = page(self.webinar, self.ana, 20, 50)
        self.silent = page(self.webinar, self.ben, 5, 40, reason="timeout")
        self.late = page(self.webinar, self.dan, 65, 75)
        self.guest = page(self.webinar, None, 0, 20)
        for minute, people in ((0, 1), (5, 3), (10, 2)):
            AccessLogFactory(
                webinar=self.webinar,
                time_bucket=at(minute),
                sample_count=5,
                sum_participants=5 * people,
                min_participants=people,
                max_participants=people,
                last_participants=people,
                last_sample_at=at(minute + 4),
            )


@contextmanager
def tampering():
    """As somebody who holds the database's own administrator rights."""
    connection.check_constraints()  # as the commits before
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            yield cursor
        finally:
            cursor.execute("SET session_replication_role = origin")


class SealedEvidence(Evidence):
    """Sealed, between two seals of the same client, and what of it is not as sealed."""

    def __init__(self):
        super().__init__()
        before, after = ended(client=self.webinar.client), ended(client=self.webinar.client)
        for webinar in (before, after):
            page(webinar, self.ana, 0, 10)
        self.before = seal_attendance(webinar=before, now=CLOSED)
        self.seal = seal_attendance(webinar=self.webinar, now=CLOSED)
        self.after = seal_attendance(webinar=after, now=CLOSED)


def differences(case, *, now=CLOSED, **options):
    """By person, `seal` or `totals`: what differs, in words as few as they come."""
    by_person = {}
    for difference in verify(case.webinar, now=now, **options).differences:
        who = "totals" if difference.kind == "total" else difference.display_name or "seal"
        word = difference.what if difference.kind in ("figure", "total") else difference.kind
        by_person.setdefault(who, []).append(word)
    return {who: " ".join(words) for who, words in by_person.items()}


def notes(case, *, now=CLOSED):
    return [note.kind for note in verify(case.webinar, now=now).notes]


def tamper(statement, *params):
    with tampering() as cursor:
        cursor.execute(statement, params)
        assert cursor.rowcount
