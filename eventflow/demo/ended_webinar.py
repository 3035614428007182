"""Writes the history of the sample webinar that is over: people, sessions, presence, access logs and chat."""

import random
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import groupby

from psycopg.types.range import TimestamptzRange

from eventflow.demo import questions, texts
from eventflow.demo.history import History, PageSession, Sample, simulate
from presence.models import LivePresence, UserSession
from stats.models import AccessLog
from webinars.models import ChatRoom, Message, Registration, User, Webinar
from webinars.services.sample_people import make_sample_people

SEED = 38
REGISTERED, ATTENDED = 143, 104
SOURCES = ["newsletter", "newsletter", "kakao", "linkedin", "partner", ""]
CHROME = "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0"
BROWSERS = [
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {CHROME} Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1",
    f"Mozilla/5.0 (Linux; Android 14; SM-S921N) {CHROME} Mobile Safari/537.36",
]


def fill_ended_webinar(webinar: Webinar, *, host: User) -> None:
    start, end = webinar.content_window
    assert end is not None
    chance = random.Random(SEED)
    history = simulate(start=start, end=end, people=ATTENDED, seed=SEED)
    people = make_sample_people(count=REGISTERED, group="cloud", now=start - timedelta(days=12))
    tenant = {"webinar": webinar, "client_id": webinar.client_id, "agency_id": webinar.agency_id}

    Registration.objects.bulk_create(
        Registration(
            **tenant,
            user=person,
            source=chance.choice(SOURCES),
            registered_at=start - timedelta(minutes=chance.expovariate(1 / 4300) + 20),
        )
        for person in people
    )
    UserSession.objects.bulk_create(
        UserSession(**tenant, **session_columns(session, people=people, chance=chance)) for session in history.sessions
    )
    LivePresence.objects.bulk_create(
        LivePresence(**tenant, user=people[person], joined_at=moments[0], last_seen_at=moments[-1])
        for person, moments in history.seen.items()
    )
    AccessLog.objects.bulk_create(
        AccessLog(**tenant, **bucket) for bucket in buckets(history.samples(), seconds=webinar.bucket_seconds)
    )
    write_chat(webinar, history=history, people=people, host=host, chance=chance)


def session_columns(session: PageSession, *, people: list[User], chance: random.Random) -> dict[str, object]:
    browser = random.Random(f"{SEED} {session.person}").choice(BROWSERS)  # a person keeps theirs
    return {
        "user": people[session.person],
        "session_id": str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        "entered_at": session.entered_at,
        "exited_at": session.exited_at,
        "last_heartbeat_at": session.last_heartbeat_at,
        "is_visible": session.is_visible,
        "watched_seconds_raw": session.watched_time.total_seconds(),
        "watched_ranges": [TimestamptzRange(start, end) for start, end in session.watched],
        "silent_ranges": [TimestamptzRange(start, end) for start, end in session.silent],
        "closed_reason": session.closed_reason,
        "user_agent": browser,
        "ip_address": f"203.0.113.{session.person % 250 + 1}",  # reserved for examples
    }


def buckets(samples: list[Sample], *, seconds: int) -> Iterator[dict[str, object]]:
    """Samples added up as the snapshot adds them (spec 6)."""

    def bucket_of(sample: Sample) -> int:
        return int(sample.at.timestamp()) // seconds * seconds

    for begin, group in groupby(samples, key=bucket_of):
        found = list(group)
        counts = [sample.participants for sample in found]
        yield {
            "time_bucket": datetime.fromtimestamp(begin, UTC),
            "sample_count": len(counts),
            "sum_participants": sum(counts),
            "min_participants": min(counts),
            "max_participants": max(counts),
            "last_participants": counts[-1],
            "first_sample_at": found[0].at,
            "last_sample_at": found[-1].at,
        }


def write_chat(webinar: Webinar, *, history: History, people: list[User], host: User, chance: random.Random) -> None:
    """Lines by people who were there at that moment, greetings first and thanks last, and the host's between."""
    lines = [(history.start + timedelta(minutes=minute), host, line) for minute, line in texts.HOST_LINES]
    lines += [
        (moment, people[person], line)
        for choices, first, last, count in [
            (texts.GREETINGS, -2.0, 4.0, 16),
            (texts.ENDED_REMARKS, 5.0, 56.0, len(texts.ENDED_REMARKS)),
            (texts.THANKS, 56.5, 58.3, 13),
        ]
        for moment, person, line in said(choices, first=first, last=last, count=count, history=history, chance=chance)
    ]
    lines.sort(key=lambda line: line[0])
    messages = [
        Message(
            webinar=webinar, client_id=webinar.client_id, agency_id=webinar.agency_id, user=author, seq=seq,
            client_message_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)), body=body,
            author_name=author.public_name, is_host=author == host, created_at=moment,
        )
        for seq, (moment, author, body) in enumerate(lines, start=1)
    ]  # fmt: skip
    moments = [message.created_at for message in messages]
    Message.objects.bulk_create(messages)  # which puts the present into `created_at`
    for message, moment in zip(messages, moments, strict=True):
        message.created_at = moment
    Message.objects.bulk_update(messages, ["created_at"])
    ChatRoom.objects.create(webinar=webinar, last_seq=len(messages))


def write_ended_questions(webinar: Webinar, *, host: User) -> None:
    """By people who stayed for nearly all of it."""
    start, end = webinar.content_window
    assert end is not None
    stayed = UserSession.objects.filter(
        webinar=webinar, entered_at__lt=start + timedelta(minutes=5), exited_at__gt=end - timedelta(minutes=1)
    )
    askers = list(User.objects.filter(pk__in=stayed.values("user")).order_by("email")[:24])
    questions.write_questions(webinar, questions.ENDED, askers=askers, host=host, start=start)


def said(
    choices: list[str], *, first: float, last: float, count: int, history: History, chance: random.Random
) -> Iterator[tuple[datetime, int, str]]:
    """`count` lines between two minutes of the webinar, none twice while there are others."""
    bag: list[str] = []
    for moment in sorted(history.start + timedelta(minutes=chance.uniform(first, last)) for _ in range(count)):
        present = [
            session.person
            for session in history.sessions
            if session.entered_at <= moment and (session.exited_at is None or moment < session.exited_at)
        ]
        if not bag:
            bag = chance.sample(choices, len(choices))
        yield moment, chance.choice(present), bag.pop()
