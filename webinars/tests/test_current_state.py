from datetime import timedelta

import pytest
from django.utils import timezone

from eventflow import redis
from webinars.models import Webinar
from webinars.realtime.events import EventType, room_counter
from webinars.realtime.publish import publish
from webinars.selectors import current_state as module
from webinars.selectors.current_state import current_state

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _nothing_remembered():
    module._remembered.clear()


@pytest.fixture
def told(webinar):
    """A room in which something has been told, so that it has a count."""
    publish(webinar.pk, EventType.NOTICE_CLEARED, {})
    return webinar


def test_many_who_ask_at_once_are_answered_without_a_query(told, django_assert_num_queries):
    now = timezone.now()
    first = current_state(told.pk, now=now)

    with django_assert_num_queries(0):
        again = current_state(told.pk, now=now + timedelta(milliseconds=300))

    assert again == {**first, "serverTime": now + timedelta(milliseconds=300)}
    assert first["serverTime"] == now


def test_what_was_told_since_is_in_the_answer(told):
    current_state(told.pk, now=timezone.now())
    Webinar.objects.update(chat_enabled=False)
    publish(told.pk, EventType.WEBINAR_STATE, {})

    assert current_state(told.pk, now=timezone.now())["chatEnabled"] is False


def test_what_could_not_be_told_is_in_the_answer_a_second_later(told):
    now = timezone.now()
    current_state(told.pk, now=now)
    Webinar.objects.update(chat_enabled=False)

    assert current_state(told.pk, now=now + timedelta(milliseconds=999))["chatEnabled"] is True
    assert current_state(told.pk, now=now + timedelta(seconds=1))["chatEnabled"] is False


def test_without_a_count_nothing_is_remembered(told):
    current_state(told.pk, now=timezone.now())
    redis.client().delete(room_counter(told.pk))
    Webinar.objects.update(chat_enabled=False)

    assert current_state(told.pk, now=timezone.now())["chatEnabled"] is False
    Webinar.objects.update(chat_enabled=True)
    assert current_state(told.pk, now=timezone.now())["chatEnabled"] is True


def test_a_webinar_that_is_gone_has_no_state(told):
    told.delete()

    assert current_state(told.pk, now=timezone.now()) is None


def test_only_so_many_rooms_are_remembered(told, monkeypatch):
    monkeypatch.setattr(module, "REMEMBERED_ROOMS", 1)
    current_state(told.pk, now=timezone.now())
    key, remembered = module._remembered.popitem()
    module._remembered["another"] = remembered

    current_state(told.pk, now=timezone.now())

    assert list(module._remembered) == [key]
