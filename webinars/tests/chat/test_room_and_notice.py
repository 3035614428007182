"""The room's switches and its notice (spec 9, 10, 11): hosts turn them, every page follows."""

from datetime import timedelta

import pytest
from django.utils import timezone

from webinars.models import AuditEntry, ChatRoom, Webinar
from webinars.tests.factories import AgencyMemberFactory, MessageFactory, RegistrationFactory, UserFactory
from webinars.tests.room_events import SWITCHES, heard

pytestmark = pytest.mark.django_db

UNTURNED = {
    "chatEnabled": True,
    "slowSeconds": 0,
    "blockedWords": [],
    "questionsEnabled": True,
    "questionsModerated": True,
}


@pytest.fixture
def moderator(webinar):
    return RegistrationFactory(webinar=webinar, role="moderator", user=UserFactory(display_name="Moderator")).user


@pytest.fixture
def send(call, webinar, moderator, django_capture_on_commit_callbacks):
    """Calls the API as the moderator, with what follows the commit."""

    def make(method, path, body=None):
        with django_capture_on_commit_callbacks(execute=True):
            return call(webinar, moderator).send(method, path, body)

    return make


def test_switches_are_read_and_turned(send, webinar, moderator):
    before = send("GET", "room").json()["data"]
    updated_at = webinar.updated_at

    with heard(webinar) as events:
        turned = send("PATCH", "room", {"slow_seconds": 30, "chat_enabled": False})
        send("PATCH", "room", {"slow_seconds": 30})
        send("PATCH", "room", {})

    assert before == UNTURNED
    assert turned.json()["data"] == {**UNTURNED, "slowSeconds": 30, "chatEnabled": False}
    (event,) = events
    assert event["type"] == "webinar.state"
    assert {name: event["data"][name] for name in SWITCHES} == {**SWITCHES, "slowSeconds": 30, "chatEnabled": False}
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.webinar_id) == ("room.changed", moderator.pk, webinar.pk)
    assert entry.details == {"chat_slow_seconds": [0, 30], "chat_enabled": [True, False]}
    webinar.refresh_from_db()
    assert webinar.updated_at > updated_at  # a settings form from before is refused


@pytest.mark.parametrize(
    ("change", "name", "value"),
    [
        ({"questions_enabled": False}, "questionsEnabled", False),
        ({"questions_moderated": False}, "questionsModerated", False),
        ({"chat_enabled": "false"}, "chatEnabled", False),
        ({"slow_seconds": "300"}, "slowSeconds", 300),
    ],
)
def test_each_switch(call, send, webinar, attendee, change, name, value):
    send("PATCH", "room", change)

    assert call(webinar, attendee).get("state").json()["data"][name] == value


def test_words_are_told_to_nobody(call, send, webinar, attendee):
    with heard(webinar) as events:
        turned = send("PATCH", "room", {"blocked_words": ["ＳＰＡＭ", " 광고 ", "spam", ""]})

    assert turned.json()["data"]["blockedWords"] == ["spam", "광고"]
    assert events == []
    assert AuditEntry.objects.get().details == {"blocked_words": {"added": 2, "removed": 0}}
    assert "blockedWords" not in call(webinar, attendee).get("state").json()["data"]


@pytest.mark.parametrize(
    "body",
    [
        {"slow_seconds": 7},
        {"slow_seconds": None},
        {"slow_seconds": [5]},
        {"slow_seconds": 10**400},
        {"chat_enabled": "perhaps"},
        {"chat_enabled": None},
        {"chat_enabled": {}},
        {"blocked_words": "spam"},
        {"blocked_words": {"a": 1}},
        {"blocked_words": [["spam"]]},
        {"blocked_words": ["a\x00b"]},
        {"blocked_words": ["\ud800"]},
        {"blocked_words": ["x" * 51]},
        {"blocked_words": ["\ufdfa" * 40]},
        {"blocked_words": ["x"] * 201},
        {"questions_moderated": 3},
        ["chat_enabled"],
        "chat_enabled",
    ],
)
def test_what_is_no_change_of_a_room(send, webinar, body):
    response = send("PATCH", "room", body)

    assert (response.status_code, response.json()["success"]) == (400, False)
    webinar.refresh_from_db()
    assert (webinar.chat_slow_seconds, webinar.chat_enabled, webinar.blocked_words) == (0, True, [])


def test_a_notice_in_a_hosts_own_words(call, send, webinar, attendee, moderator):
    with heard(webinar) as events:
        put = send("PUT", "notice", {"text": " Slides are\n below "})
        again = send("PUT", "notice", {"text": "Slides are below"})

    notice = put.json()["data"]["notice"]
    assert {**notice, "setAt": None} == {
        "text": "Slides are below",
        "author": "Moderator",
        "messageId": None,
        "setAt": None,
    }
    assert again.json()["data"]["notice"] == notice == call(webinar, attendee).get("state").json()["data"]["notice"]
    assert events == [{"type": "notice.set", "data": notice}]
    assert [*AuditEntry.objects.values_list("action", "actor_id", "details")] == [("notice.set", moderator.pk, {})]


def test_a_message_is_pinned_and_taken_off(send, webinar, attendee):
    ChatRoom.objects.create(webinar=webinar, last_seq=1)
    message = MessageFactory(webinar=webinar, user=attendee, seq=1, body="Good\nquestion", author_name="Attendee")

    with heard(webinar) as events:
        pinned = send("PUT", "notice", {"message_id": str(message.pk)})
        cleared = send("DELETE", "notice")
        again = send("DELETE", "notice")

    notice = pinned.json()["data"]["notice"]
    assert (notice["text"], notice["author"], notice["messageId"]) == ("Good question", "Attendee", str(message.pk))
    assert [answer.json()["data"] for answer in (cleared, again)] == [{"notice": None}] * 2
    assert events == [{"type": "notice.set", "data": notice}, {"type": "notice.cleared", "data": {}}]
    assert [*AuditEntry.objects.order_by("id").values_list("action", "details")] == [
        ("notice.set", {"message_id": str(message.pk)}),
        ("notice.cleared", {}),
    ]


def test_a_deleted_message_is_not_pinned(send, webinar):
    message = MessageFactory(webinar=webinar, seq=1, deleted_at=timezone.now())

    assert send("PUT", "notice", {"message_id": str(message.pk)}).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": "  "},
        {"text": "\u3164\u200b"},
        {"text": "x" * 1001},
        {"text": "a\x00b"},
        {"text": "\ud800"},
        {"text": None},
        {"text": ["x"]},
        {"message_id": "x"},
        {"message_id": 10**50},
        {"message_id": None},
        {"text": "x", "message_id": "0b7d1e9c-1111-4222-8333-444455556666"},
        [],
    ],
)
def test_what_is_no_notice(send, webinar, body):
    response = send("PUT", "notice", body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    webinar.refresh_from_db()
    assert webinar.notice == ""


def test_the_live_page_begins_with_facts_and_powers(client, webinar, attendee):
    until = timezone.now().replace(microsecond=0) + timedelta(minutes=5)
    webinar.registrations.update(muted_until=until)
    Webinar.objects.update(
        notice="Slides are below",
        notice_author="Host",
        notice_set_at=until,
        chat_slow_seconds=30,
        blocked_words=["spam"],
    )
    member = AgencyMemberFactory(agency=webinar.agency, role="operator").user
    reader = AgencyMemberFactory(agency=webinar.agency, role="viewer").user

    configs = []
    for person in (attendee, member, reader):
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
        page = client.get(f"/webinars/{webinar.slug}/live/")
        configs.append(page.context["live_config"])
        assert "spam" not in page.text

    mine, members, readers = configs
    assert {name: mine["facts"][name] for name in SWITCHES} == {**SWITCHES, "slowSeconds": 30}
    assert mine["notice"] == {"text": "Slides are below", "author": "Host", "messageId": None, "setAt": until}
    assert [config["mutedUntil"] for config in configs] == [until, None, None]
    assert mine["may"] == {"write": True, "moderate": False, "answer": False, "ask": True, "vote": True}
    assert members["may"] == {"write": True, "moderate": True, "answer": True, "ask": True, "vote": False}
    assert readers["may"] == {"write": False, "moderate": False, "answer": False, "ask": False, "vote": False}
    assert mine["pageSince"] == int(mine["serverTime"].timestamp() * 1000)
    assert mine["urls"]["message"] == f"/api/webinars/{webinar.pk}/messages/__id__"
