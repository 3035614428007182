"""Two hosts at the same instant (spec 8): who committed last is heard last, whoever tells last."""

import pytest
from django.utils import timezone

from webinars.models import Webinar
from webinars.services import webinar_life
from webinars.tests.factories import RegistrationFactory
from webinars.tests.room_events import heard

pytestmark = pytest.mark.django_db

NOTICE = ("PUT", "notice", {"text": "one"}), ("PUT", "notice", {"text": "two"}), ("notice.set", "text", "two")
NO_NOTICE = ("PUT", "notice", {"text": "one"}), ("DELETE", "notice", None), ("notice.cleared", "text", None)
SWITCH = (
    ("PATCH", "room", {"slow_seconds": 5}),
    ("PATCH", "room", {"slow_seconds": 30}),
    ("webinar.state", "slowSeconds", 30),
)


@pytest.fixture
def moderators(webinar, call):
    return [call(webinar, RegistrationFactory(webinar=webinar, role="moderator").user) for _ in range(2)]


@pytest.mark.parametrize(("first", "second", "last"), [NOTICE, NO_NOTICE, SWITCH])
def test_what_holds_is_told_last(webinar, moderators, django_capture_on_commit_callbacks, first, second, last):
    one, other = moderators
    with heard(webinar) as events:
        with django_capture_on_commit_callbacks() as late:
            one.send(*first)
        with django_capture_on_commit_callbacks(execute=True):
            other.send(*second)
        for tell in late:
            tell()

    kind, name, value = last
    told = [(event["type"], event["data"].get(name)) for event in events]
    assert (told[0], told[-1]) == ((kind, value), (kind, value))
    assert len(told) == 3


def test_a_start_is_not_undone_by_a_switch_that_is_told_late(webinar, moderators, django_capture_on_commit_callbacks):
    Webinar.objects.update(state="scheduled")
    with heard(webinar) as events:
        with django_capture_on_commit_callbacks() as late:
            moderators[0].send("PATCH", "room", {"slow_seconds": 5})
        with django_capture_on_commit_callbacks(execute=True):
            webinar_life.start(Webinar.objects.get(), now=timezone.now())
        for tell in late:
            tell()

    assert [event["data"]["state"] for event in events] == ["live", "scheduled", "live"]
    assert events[-1]["data"]["slowSeconds"] == 5


def test_without_anybody_else_it_is_told_once(
    webinar, moderators, django_assert_num_queries, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as telling:
        moderators[0].send("PUT", "notice", {"text": "one"})

    with heard(webinar) as events, django_assert_num_queries(1):  # 1. whether it still holds
        for tell in telling:
            tell()

    assert [event["type"] for event in events] == ["notice.set"]


def test_a_webinar_that_is_gone_by_then_is_told_once(webinar, moderators, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as telling:
        moderators[0].send("PUT", "notice", {"text": "one"})
    Webinar.objects.get().delete()

    with heard(webinar) as events:
        for tell in telling:
            tell()

    assert [event["type"] for event in events] == ["notice.set"]
