"""Who may do what in a room (spec 1, 3, 9), as a whole: every address by everybody who could ask."""

import uuid

import pytest
from django.utils import timezone

from webinars.models import AuditEntry, ChatRoom, Message, Registration, User
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    MessageFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db

LEADERS = {"owner", "admin", "operator", "client operator", "superuser", "moderator"}
PEOPLE = [
    *LEADERS,
    "analyst",
    "viewer",
    "presenter",
    "attendee",
    "guest",
    "banned",
    "deactivated",
    "demoted",
    "former operator",
    "former client operator",
    "operator who reads now",
    "owner elsewhere",
    "pass of another webinar",
    "anonymous",
]

READING = {"GET messages": None, "GET state": None}
WRITING = {"POST messages": {"body": "hello", "client_id": "client-1"}}
LEADING = {
    "DELETE messages/{message}": None,
    "POST messages/{message}/restore": None,
    "POST members/{person}/mute": {"minutes": 5},
    "DELETE members/{person}/mute": None,
    "POST members/{person}/ban": None,
    "DELETE members/{person}/ban": None,
    "GET members/silenced": None,
    "GET room": None,
    "PATCH room": {"slow_seconds": 5},
    "PUT notice": {"text": "hello"},
    "DELETE notice": None,
}
EVERYTHING = {**READING, **WRITING, **LEADING}


@pytest.fixture
def webinar():
    return WebinarFactory(access_policy="open")


@pytest.fixture
def person(webinar):
    """Whom hosts silence, with a message of theirs."""
    ChatRoom.objects.create(webinar=webinar, last_seq=1)
    person = RegistrationFactory(webinar=webinar).user
    MessageFactory(webinar=webinar, user=person, seq=1)
    return person


@pytest.fixture
def caller(webinar, call):
    """Somebody with the pass that their page would have."""

    def user(who):
        match who:
            case "client operator" | "former client operator":
                return ClientMemberFactory(client=webinar.client, role="operator").user
            case "superuser":
                return UserFactory(is_superuser=True)
            case "moderator" | "presenter" | "attendee":
                return RegistrationFactory(webinar=webinar, role=who).user
            case "banned" | "deactivated" | "demoted":  # with a moderator's pass from before
                return RegistrationFactory(webinar=webinar, role="moderator").user
            case "former operator" | "operator who reads now":
                return AgencyMemberFactory(agency=webinar.agency, role="operator").user
            case "owner elsewhere":
                return AgencyMemberFactory(agency=WebinarFactory().agency).user
            case "guest" | "anonymous":
                return None
        return AgencyMemberFactory(agency=webinar.agency, role=who).user

    def make(who):
        if who == "pass of another webinar":
            other = WebinarFactory(access_policy="open")
            caller = call(other, AgencyMemberFactory(agency=other.agency).user)
            caller.webinar = webinar
            return caller
        somebody = user(who)
        caller = call(webinar, somebody)
        if who == "anonymous":
            caller.token = None
        change(who, somebody)
        return caller

    def change(who, somebody):
        """After their page got its pass."""
        match who:
            case "banned":
                Registration.objects.filter(user=somebody).update(banned_at=timezone.now())
            case "demoted":
                Registration.objects.filter(user=somebody).update(role="attendee")
            case "deactivated":
                User.objects.filter(pk=somebody.pk).update(is_active=False)
            case "former operator":
                somebody.agency_memberships.all().delete()
            case "former client operator":
                somebody.client_memberships.all().delete()
            case "operator who reads now":
                somebody.agency_memberships.update(role="viewer")

    return make


def answers(caller, calls, message_id, person_id):
    """(status, code) of each call, one after another."""
    found = {}
    for act, body in calls.items():
        method, path = act.format(message=message_id, person=person_id).split(" ")
        answer = caller.send(method, path, body)
        found[act] = (answer.status_code, answer.json().get("code"))
    return found


def expected(who):
    done, forbidden = (200, None), (403, "forbidden")
    match who:
        case "anonymous":
            return dict.fromkeys(EVERYTHING, (401, "invalid_pass"))
        case "pass of another webinar":
            return dict.fromkeys(EVERYTHING, (403, "wrong_webinar"))
        case "banned":
            banned = dict.fromkeys(["GET messages", "POST messages"], (403, "banned"))
            return {"GET state": done, **banned, **dict.fromkeys(LEADING, forbidden)}
    writes = who in LEADERS | {"presenter", "attendee", "demoted"}
    return {
        **dict.fromkeys(READING, done),
        "POST messages": (201, None) if writes else (403, "read_only"),
        **dict.fromkeys(LEADING, done if who in LEADERS else forbidden),
    }


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_who_may_do_what(caller, webinar, person, who):
    message = Message.objects.get()

    assert answers(caller(who), EVERYTHING, message.pk, person.pk) == expected(who)

    if who not in LEADERS:
        message.refresh_from_db()
        webinar.refresh_from_db()
        registration = webinar.registrations.get(user=person)
        assert (message.changed_seq, registration.muted_until, registration.banned_at) == (None, None, None)
        assert (webinar.notice, webinar.chat_slow_seconds, AuditEntry.objects.count()) == ("", 0, 0)


@pytest.mark.parametrize(
    ("who", "calls"),
    [
        ("anonymous", EVERYTHING),
        ("pass of another webinar", EVERYTHING),
        ("attendee", LEADING),
        ("guest", LEADING),
        ("viewer", LEADING),
    ],
)
def test_a_pass_that_says_no_asks_nobody(caller, who, calls, django_assert_num_queries):
    somebody = caller(who)

    with django_assert_num_queries(0):
        refused = answers(somebody, calls, uuid.uuid4(), uuid.uuid4())

    assert refused == {act: expected(who)[act] for act in calls}
