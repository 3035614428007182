"""Chat (spec 9): stored first, then told; numbered without gaps; once, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from webinars.models import ChatRoom, Message
from webinars.sql import chat as sql
from webinars.tests.factories import (
    AgencyMemberFactory,
    MessageFactory,
    RegistrationFactory,
    WebinarFactory,
)


@pytest.fixture
def no_rate_limit(settings):
    settings.CHAT_RATE_MESSAGES = 1000


@pytest.mark.django_db
def test_posting_is_two_statements(call, webinar, attendee, django_assert_num_queries):
    caller = call(webinar, attendee)

    with django_assert_num_queries(2):  # 1. gate, 2. number and message
        response = caller.post("messages", {"body": "안녕하세요", "client_id": "client-1"})

    message = Message.objects.get()
    assert response.status_code == 201
    assert response.json()["data"]["message"] == {
        "id": str(message.pk),
        "seq": 1,
        "body": "안녕하세요",
        "authorId": str(attendee.pk),
        "authorName": "Attendee",
        "isHost": False,
        "createdAt": message.created_at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "clientId": "client-1",
        "deleted": False,
        "changedSeq": None,
    }
    assert (message.webinar, message.client_id, message.agency_id) == (webinar, webinar.client_id, webinar.agency_id)


@pytest.mark.parametrize("statement", [sql.GATE, sql.POST_MESSAGE, sql.READ_FORWARD, sql.READ_BACKWARD])
def test_statements_are_short_enough_for_psycopg_to_remember_them(statement):
    assert len(statement) <= 4_096


@pytest.mark.django_db
def test_a_repeated_post_is_the_same_message(call, webinar, attendee):
    caller = call(webinar, attendee)

    first = caller.post("messages", {"body": "once", "client_id": "client-1"})
    again = caller.post("messages", {"body": "changed meanwhile", "client_id": "client-1"})
    next_one = caller.post("messages", {"body": "twice", "client_id": "client-2"})

    assert (first.status_code, again.status_code, next_one.status_code) == (201, 200, 201)
    assert first.json() == again.json()
    assert [*Message.objects.values_list("seq", "body")] == [(1, "once"), (2, "twice")]


@pytest.mark.django_db
def test_another_person_may_use_the_same_client_id(call, webinar, attendee, stranger):
    RegistrationFactory(webinar=webinar, user=stranger)

    first = call(webinar, attendee).post("messages", {"body": "mine", "client_id": "client-1"})
    second = call(webinar, stranger).post("messages", {"body": "also mine", "client_id": "client-1"})

    assert (first.json()["data"]["message"]["seq"], second.json()["data"]["message"]["seq"]) == (1, 2)


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_however_many_post_at_once(call, webinar, attendee, no_rate_limit):
    caller = call(webinar, attendee)

    def post(number):
        try:
            return caller.post("messages", {"body": str(number), "client_id": f"client-{number % 20}"}).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:  # every message is sent twice
        statuses = sorted(pool.map(post, range(40)))

    assert statuses == [200] * 20 + [201] * 20
    assert [*Message.objects.order_by("seq").values_list("seq", flat=True)] == [*range(1, 21)]
    assert ChatRoom.objects.get().last_seq == 20


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {},
        {"body": "", "client_id": "client-1"},
        {"body": "   ", "client_id": "client-1"},
        {"body": "x" * 1001, "client_id": "client-1"},
        {"body": "a\x00b", "client_id": "client-1"},
        {"body": "\u3164\u200b \u2800\ufe0f\u202e", "client_id": "client-1"},
        {"body": "no id"},
        {"body": "bad id", "client_id": "no spaces"},
        {"body": ["list"], "client_id": "client-1"},
    ],
)
def test_malformed_messages(call, webinar, attendee, body):
    response = call(webinar, attendee).post("messages", body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert Message.objects.count() == 0


@pytest.mark.django_db
def test_the_longest_message(call, webinar, attendee):
    response = call(webinar, attendee).post("messages", {"body": "가" * 1000, "client_id": "client-1"})

    assert response.status_code == 201


@pytest.mark.django_db
def test_guests_read_without_writing(call):
    webinar = WebinarFactory(access_policy="open")
    MessageFactory(webinar=webinar, seq=1)
    guest = call(webinar)

    read = guest.get("messages")
    written = guest.post("messages", {"body": "hello", "client_id": "client-1"})

    assert (read.status_code, len(read.json()["data"]["messages"])) == (200, 1)
    assert (written.status_code, written.json()["code"]) == (403, "read_only")


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [("owner", 201), ("operator", 201), ("analyst", 403), ("viewer", 403)])
def test_hosts_write_as_hosts(call, webinar, role, status):
    member = AgencyMemberFactory(agency=webinar.agency, role=role, user__display_name="진행자").user

    response = call(webinar, member).post("messages", {"body": "환영합니다", "client_id": "client-1"})

    assert response.status_code == status
    assert [*Message.objects.values_list("author_name", "is_host")] == ([("진행자", True)] if status == 201 else [])


@pytest.mark.django_db
def test_the_unregistered_and_the_banned_are_refused(call, webinar, attendee, stranger):
    unregistered = call(webinar, stranger).post("messages", {"body": "hello", "client_id": "client-1"})
    caller = call(webinar, attendee)
    webinar.registrations.update(banned_at=timezone.now())
    banned = caller.post("messages", {"body": "hello", "client_id": "client-1"})

    assert [(r.status_code, r.json()["code"]) for r in (unregistered, banned)] == [(403, "read_only"), (403, "banned")]
    assert (Message.objects.count(), ChatRoom.objects.count()) == (0, 0)


@pytest.mark.django_db
def test_a_closed_webinar_and_a_chat_that_is_off(call, webinar, attendee):
    webinar.chat_enabled = False
    webinar.save(update_fields=["chat_enabled"])
    off = call(webinar, attendee).post("messages", {"body": "hello", "client_id": "client-1"})
    with time_machine.travel(webinar.webinar_scheduled_end_time + timedelta(minutes=30), tick=False):
        closed = call(webinar, attendee).post("messages", {"body": "hello", "client_id": "client-1"})

    assert [(r.status_code, r.json()["code"]) for r in (off, closed)] == [
        (403, "chat_disabled"),
        (410, "webinar_closed"),
    ]
    assert ChatRoom.objects.count() == 0


@pytest.mark.django_db
def test_the_room_as_it_is(call, webinar, attendee, django_assert_num_queries):
    caller = call(webinar, attendee)
    caller.post("presence/ping")

    with django_assert_num_queries(2):  # 1. webinar, 2. people
        data = caller.get("state").json()["data"]

    assert {name: data[name] for name in ("state", "title", "notice", "currentParticipants")} == {
        "state": "live",
        "title": webinar.title,
        "notice": None,
        "currentParticipants": 1,
    }
