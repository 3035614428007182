"""The live count that pages are told (spec 8)."""

from datetime import timedelta

import pytest
from django.utils import timezone

from eventflow import redis
from presence.selectors.live import live_count, live_people
from presence.services.live_count import broadcast_counts
from presence.tests.factories import PresenceFactory
from webinars.models import ChatRoom, QuestionRoom
from webinars.realtime.events import room_counter
from webinars.tests.factories import WebinarFactory
from webinars.tests.room_events import heard

pytestmark = pytest.mark.django_db


def told(webinar):
    """How many events the webinar's pages were sent."""
    return int(redis.client().hget(room_counter(webinar.pk), "seq") or 0)


@pytest.mark.parametrize(("seconds", "people"), [(0, 1), (180, 1), (181, 0)])
def test_the_active_window(webinar, seconds, people):
    now = timezone.now()
    PresenceFactory(webinar=webinar, joined_at=now - timedelta(seconds=seconds))

    assert live_count(webinar.pk, now=now) == people
    assert live_people(webinar.pk, now=now, limit=10)[0] == people


def test_pages_are_told_when_the_count_has_changed(webinar, django_assert_num_queries):
    empty = WebinarFactory()
    over = WebinarFactory(webinar_start_time=timezone.now() - timedelta(days=1))
    PresenceFactory(webinar=webinar)

    with django_assert_num_queries(2):  # 1. counts, 2. rooms
        first = broadcast_counts(now=timezone.now())
    unchanged = broadcast_counts(now=timezone.now())
    PresenceFactory(webinar=webinar)
    changed = broadcast_counts(now=timezone.now())

    assert (first, unchanged, changed) == (2, 0, 1)
    assert (told(webinar), told(empty), told(over)) == (2, 1, 0)


def test_pages_are_told_of_what_they_may_have_missed(webinar):
    data = {"count": 0, "state": "live", "lastSeq": 0, "lastChangedSeq": 0, "lastQuestionChange": 0}
    broadcast_counts(now=timezone.now())
    room = ChatRoom.objects.create(webinar=webinar)
    questions = QuestionRoom.objects.create(webinar=webinar)
    changes = [
        (room, "last_seq", "lastSeq"),
        (room, "last_changed_seq", "lastChangedSeq"),
        (questions, "last_changed_seq", "lastQuestionChange"),
    ]

    with heard(webinar) as events:
        for counters, field, _name in changes:
            setattr(counters, field, 7)
            counters.save()
            broadcast_counts(now=timezone.now())
            broadcast_counts(now=timezone.now())

    assert events == [
        {"type": "presence.count", "data": data | {name: 7 for _counters, _field, name in changes[: step + 1]}}
        for step in range(3)
    ]


def test_without_redis_nothing_is_told_and_nothing_fails(webinar):
    PresenceFactory(webinar=webinar)
    redis.pause.begin()

    assert broadcast_counts(now=timezone.now()) == 0
