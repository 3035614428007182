"""A webinar whose hour is over, and what people did in it."""

from datetime import UTC, datetime, timedelta

from psycopg.types.range import Range

from presence.tests.factories import SessionFactory
from webinars.tests.factories import MessageFactory, QuestionFactory, UserFactory, WebinarFactory

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)


def past_webinar():
    return WebinarFactory(
        webinar_start_time=START, webinar_scheduled_end_time=START + timedelta(hours=1), title="분기 보고", slug="q1"
    )


def visit(webinar, user, begin, end, *, reason="exit", watched=None, **fields):
    """From one minute of the webinar to another; `watched`: minutes in front."""
    begin, end = (START + timedelta(minutes=minute) for minute in (begin, end))
    front = [Range(begin, begin + timedelta(minutes=watched))] if watched else []
    return SessionFactory(
        webinar=webinar,
        user=user,
        entered_at=begin,
        last_heartbeat_at=end,
        exited_at=None if reason is None else end,
        closed_reason=reason,
        watched_ranges=front,
        watched_seconds_raw=60 * (watched or 0),
        **fields,
    )


def message(webinar, second, user=None, **fields):
    made = MessageFactory(webinar=webinar, **({"user": user} if user else {}), **fields)
    type(made).objects.filter(pk=made.pk).update(created_at=START + timedelta(seconds=second))


def chat(webinar):
    host, writer = UserFactory(display_name="진행자"), UserFactory(display_name="김하늘")
    for second in (0, 59, 60, 61, 119):
        message(webinar, second, writer)
    message(webinar, 62, writer, deleted_at=START)
    message(webinar, 130, host, is_host=True)
    message(WebinarFactory(), 60, writer)


def question(webinar, number, *, answered_after=None, **fields):
    asked = START + timedelta(minutes=number)
    answered_at = asked + timedelta(seconds=answered_after) if answered_after is not None else None
    made = QuestionFactory(webinar=webinar, answered_at=answered_at, **fields)
    type(made).objects.filter(pk=made.pk).update(created_at=asked)
