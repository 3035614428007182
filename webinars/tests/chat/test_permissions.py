"""Who may do what in a room (spec 1, 3, 9), as a whole: every address by everybody who could ask."""

import pytest
from django.utils import timezone

from webinars.models import AuditEntry, ChatRoom, Message, Registration, Webinar
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
    "owner elsewhere",
    "pass of another webinar",
    "anonymous",
]

READING = [("GET", "messages", None), ("GET", "state", None)]
WRITING = [("POST", "messages", {"body": "hello", "client_id": "client-1"})]
LEADING = [
    ("DELETE", "messages/{message}", None),
    ("POST", "messages/{message}/restore", None),
    ("POST", "members/{person}/mute", {"minutes": 5}),
    ("DELETE", "members/{person}/mute", None),
    ("POST", "members/{person}/ban", None),
    ("DELETE", "members/{person}/ban", None),
    ("GET", "members/silenced", None),
    ("GET", "room", None),
    ("PATCH", "room", {"slow_seconds": 5}),
    ("PUT", "notice", {"text": "hello"}),
    ("PUT", "notice", {"message_id": "{message}"}),
    ("DELETE", "notice", None),
]


@pytest.fixture
def webinar():
    return WebinarFactory(access_policy="open")


@pytest.fixture
def ask(webinar, call):
    """Answers (status, code) of a call by somebody, as their part says."""
    target = RegistrationFactory(webinar=webinar).user
    ChatRoom.objects.create(webinar=webinar, last_seq=1)
    message = MessageFactory(webinar=webinar, user=target, seq=1)
    named = {"message": str(message.pk), "person": str(target.pk)}

    def user(who):
        match who:
            case "client operator":
                return ClientMemberFactory(client=webinar.client, role="operator").user
            case "superuser":
                return UserFactory(is_superuser=True)
            case "moderator" | "presenter" | "attendee":
                return RegistrationFactory(webinar=webinar, role=who).user
            case "banned":  # with a moderator's pass from before
                return RegistrationFactory(webinar=webinar, role="moderator").user
            case "owner elsewhere":
                return AgencyMemberFactory(agency=WebinarFactory().agency).user
            case "guest":
                return None
        return AgencyMemberFactory(agency=webinar.agency, role=who).user

    def caller_of(who):
        if who == "anonymous":
            caller = call(webinar)
            caller.token = None
            return caller
        if who == "pass of another webinar":
            other = WebinarFactory(access_policy="open")
            caller = call(other, AgencyMemberFactory(agency=other.agency).user)
            caller.webinar = webinar
            return caller
        person = user(who)
        caller = call(webinar, person)
        if who == "banned":
            Registration.objects.filter(user=person).update(banned_at=timezone.now())
        return caller

    def make(who, method, path, body):
        if body and "message_id" in body:
            body = {"message_id": named["message"]}
        answer = caller_of(who).send(method, path.format(**named), body)
        return answer.status_code, answer.json().get("code")

    return make


def refused(who):
    """What the bearer of no pass, or of a wrong one, gets everywhere."""
    return {"anonymous": (401, "invalid_pass"), "pass of another webinar": (403, "wrong_webinar")}.get(who)


@pytest.mark.parametrize("who", sorted(PEOPLE))
@pytest.mark.parametrize(("method", "path", "body"), READING)
def test_who_reads(ask, who, method, path, body):
    assert ask(who, method, path, body) == (refused(who) or (200, None))


@pytest.mark.parametrize("who", sorted(PEOPLE))
def test_who_writes(ask, who):
    (request,) = WRITING
    writes = LEADERS | {"presenter", "attendee"}
    otherwise = (403, "banned") if who == "banned" else (403, "read_only")

    assert ask(who, *request) == (refused(who) or ((201, None) if who in writes else otherwise))
    assert Message.objects.count() == (2 if who in writes else 1)


@pytest.mark.parametrize("who", sorted(PEOPLE))
@pytest.mark.parametrize(("method", "path", "body"), LEADING)
def test_who_leads(ask, webinar, who, method, path, body):
    assert ask(who, method, path, body) == (refused(who) or ((200, None) if who in LEADERS else (403, "forbidden")))
    if who not in LEADERS:
        assert AuditEntry.objects.count() == 0
        assert Message.objects.get().deleted_at is None
        assert not Registration.objects.filter(muted_until__isnull=False).exists()
        unchanged = Webinar.objects.get(pk=webinar.pk)
        assert (unchanged.notice, unchanged.chat_slow_seconds) == ("", 0)


@pytest.mark.parametrize(("method", "path", "body"), [*READING[:1], *WRITING, *LEADING])
@pytest.mark.parametrize("who", ["anonymous", "pass of another webinar"])
def test_refusing_a_pass_asks_nobody(ask, call, webinar, who, method, path, body, django_assert_num_queries):
    other = call(WebinarFactory(access_policy="open"), UserFactory())
    other.webinar = webinar
    if who == "anonymous":
        other.token = None
    key = "0b7d1e9c-1111-4222-8333-444455556666"

    with django_assert_num_queries(0):
        answer = other.send(method, path.format(message=key, person=key), body)

    assert answer.status_code == (401 if who == "anonymous" else 403)


@pytest.mark.parametrize(("method", "path", "body"), LEADING)
@pytest.mark.parametrize("who", ["attendee", "guest"])
def test_attendees_are_refused_by_their_pass(call, webinar, who, method, path, body, django_assert_num_queries):
    caller = call(webinar, RegistrationFactory(webinar=webinar).user if who == "attendee" else None)
    key = "0b7d1e9c-1111-4222-8333-444455556666"
    filled = {"message_id": key} if body and "message_id" in body else body

    with django_assert_num_queries(0):
        answer = caller.send(method, path.format(message=key, person=key), filled)

    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
