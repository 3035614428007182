"""What the room in the console's live tab starts from (spec 14), by what a member may (spec 1)."""

import pytest
from django.utils import timezone

from webinars.models import ChatRoom, QuestionRoom
from webinars.selectors.console_room import console_room
from webinars.services.live_pass import verify_pass
from webinars.services.managers import manager_of
from webinars.tests.factories import AgencyMemberFactory, MessageFactory, QuestionFactory, UserFactory

SOCKET = "ws://127.0.0.1/ws/webinars/x/"
NO_POWERS = {"write": False, "moderate": False, "answer": False, "ask": False, "vote": False}
HOSTS_POWERS = {"write": True, "moderate": True, "answer": True, "ask": False, "vote": False}


@pytest.fixture
def said(webinar):
    """Two messages, one of them deleted, and a question in each state."""
    author = UserFactory(display_name="Kim Attendee")
    now = timezone.now()
    MessageFactory(webinar=webinar, user=author, seq=1, body="A sentence of ours")
    MessageFactory(webinar=webinar, user=author, seq=2, body="Taken away", deleted_at=now)
    ChatRoom.objects.create(webinar=webinar, last_seq=2)
    for seq, status in enumerate(("pending", "published", "answered", "archived"), start=1):
        QuestionFactory(
            webinar=webinar, user=author, seq=seq, status=status, body=f"It is {status}", is_anonymous=True
        )
    QuestionRoom.objects.create(webinar=webinar, last_seq=4, last_changed_seq=4)
    return webinar


def room_of(webinar, role):
    now = timezone.now()
    user = UserFactory(is_superuser=True) if role == "superuser" else member(webinar, role)
    manager = manager_of(webinar=webinar, user=user, now=now)
    found = console_room(
        webinar=manager.webinar,
        person=manager.person,
        access=manager.access,
        token=manager.issued.token,
        token_expires_at=manager.issued.expires_at,
        socket_url=SOCKET,
        now=now,
    )
    return found, user


def member(webinar, role):
    return AgencyMemberFactory(agency=webinar.agency, role=role).user


@pytest.mark.parametrize("role", ["owner", "admin", "operator", "superuser"])
def test_who_runs_the_webinar_sees_everything_and_may_lead(said, role):
    said.blocked_words = ["spoiler"]
    said.save()

    room, _user = room_of(said, role)

    assert room["live_config"]["may"] == HOSTS_POWERS
    assert [message["body"] for message in room["first_messages"]] == ["A sentence of ours", ""]
    questions = room["first_questions"]["questions"]
    assert [question["status"] for question in questions] == ["pending", "published", "answered", "archived"]
    assert {question["authorName"] for question in questions} == {"Kim Attendee"}
    assert room["blocked_words"] == ["spoiler"]


def test_an_analyst_reads_along(said):
    said.blocked_words = ["spoiler"]
    said.save()

    room, _user = room_of(said, "analyst")

    assert room["live_config"]["may"] == NO_POWERS
    assert [message["authorName"] for message in room["first_messages"]] == ["Kim Attendee", "Kim Attendee"]
    questions = room["first_questions"]["questions"]
    assert [question["status"] for question in questions] == ["published", "answered"]
    assert {question["authorName"] for question in questions} == {None}
    assert room["blocked_words"] == []


def test_a_viewer_is_told_how_much_was_said_and_no_word_of_it(said):
    room, _user = room_of(said, "viewer")

    assert room == {"room_counts": {"messages": 1, "waiting": 1, "published": 1, "answered": 1}}


def test_the_pass_is_a_managers_and_never_superseded(said):
    room, user = room_of(said, "operator")

    live_pass = verify_pass(room["live_config"]["token"])
    assert (live_pass.user_id, live_pass.role, live_pass.admin_mode, live_pass.duplicates) == (
        user.pk,
        "manager",
        True,
        "",
    )
    assert room["live_config"]["urls"]["socket"] == SOCKET


@pytest.mark.parametrize(("role", "queries"), [("operator", 3), ("analyst", 3), ("viewer", 3)])
@pytest.mark.parametrize("more", [1, 3])
def test_the_room_costs_the_same_for_much_and_little(webinar, django_assert_num_queries, role, queries, more):
    for n in range(more):
        MessageFactory(webinar=webinar, seq=n + 1)
        QuestionFactory(webinar=webinar, seq=n + 1)
    user = member(webinar, role)
    now = timezone.now()

    # 1. standing 2. messages 3. questions
    with django_assert_num_queries(queries):
        manager = manager_of(webinar=webinar, user=user, now=now)
        console_room(
            webinar=manager.webinar,
            person=manager.person,
            access=manager.access,
            token=manager.issued.token,
            token_expires_at=manager.issued.expires_at,
            socket_url=SOCKET,
            now=now,
        )
