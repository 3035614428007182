"""Who may do what with questions (spec 1, 3, 10): each call for each kind of person, and what nobody may send."""

import uuid

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from webinars.models import Question
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, UserFactory, WebinarFactory
from webinars.tests.questions.room import person, question

HOSTS = ("owner", "admin", "operator", "moderator", "presenter")
READERS = ("analyst", "viewer")
OUTSIDE = ("other webinar", "anonymous", "forged")
OK, NO, GONE, NOBODY, OTHER = 200, "forbidden", "not_found", "invalid_pass", "wrong_webinar"
READ, HOST, WRITE, VOTE = "read_only", NO, "read_only", "read_only"

# By call: what hosts, members who only read the figures, an attendee, a guest and somebody banned get.
CALLS = {
    ("GET", ""): (OK, OK, OK, OK, "banned"),
    ("POST", ""): (201, WRITE, 201, WRITE, "banned"),
    ("PATCH", "/{shown}"): (OK, HOST, HOST, HOST, HOST),
    ("PATCH", "/{own}"): (OK, GONE, OK, HOST, "banned"),
    ("POST", "/{shown}/answer"): (OK, HOST, HOST, HOST, HOST),
    ("DELETE", "/{shown}/answer"): (OK, HOST, HOST, HOST, HOST),
    ("POST", "/{shown}/upvote"): (OK, VOTE, OK, VOTE, "banned"),
    ("DELETE", "/{shown}/upvote"): (OK, VOTE, OK, VOTE, "banned"),
}
BODIES = {
    ("POST", ""): {"body": "May I?", "client_id": "client-1"},
    ("PATCH", "/{shown}"): {"is_pinned": True},
    ("PATCH", "/{own}"): {"status": "archived"},
    ("POST", "/{shown}/answer"): {"text": "Yes."},
}


def outcome(response):
    body = response.json()
    return response.status_code if body["success"] else body["code"]


@pytest.fixture
def open_webinar(db):
    return WebinarFactory(access_policy="open")


@pytest.fixture
def attendees(open_webinar):
    return {part: person(open_webinar, name=part) for part in ("attendee", "banned")}


@pytest.mark.parametrize("what", CALLS)
def test_each_call_for_each_kind_of_person(call, pass_for, open_webinar, attendees, what):
    webinar, (method, path) = open_webinar, what
    rooms = {
        "shown": question(webinar).pk,
        "own": question(webinar, "pending", user=attendees["attendee"]).pk,
    }
    callers = {part: call(webinar, user) for part, user in attendees.items()}
    callers |= {role: call(webinar, person(webinar, role)) for role in ("moderator", "presenter")}
    members = ("owner", "admin", "operator", "analyst", "viewer")
    callers |= {role: call(webinar, AgencyMemberFactory(agency=webinar.agency, role=role).user) for role in members}
    callers |= {part: call(webinar) for part in ("guest", *OUTSIDE)}
    elsewhere = WebinarFactory(client=webinar.client)
    host_elsewhere = RegistrationFactory(webinar=elsewhere, role="moderator").user
    callers["other webinar"].token = pass_for(elsewhere, host_elsewhere)
    callers["anonymous"].token = None
    callers["forged"].token = f"{callers['owner'].token[:-4]}AAAA"
    webinar.registrations.filter(user=attendees["banned"]).update(banned_at=timezone.now())

    # Those who may do less come first, so that nobody finds the work done.
    got = {
        part: outcome(callers[part].send(method, f"questions{path.format(**rooms)}", BODIES.get(what)))
        if method != "GET"
        else outcome(callers[part].get("questions"))
        for part in ("anonymous", "forged", "other webinar", "banned", "guest", *READERS, "attendee", *HOSTS)
    }

    hosts, readers, attendee, guest, banned = CALLS[what]
    expected = dict.fromkeys(HOSTS, hosts) | dict.fromkeys(READERS, readers)
    expected |= {"attendee": attendee, "guest": guest, "banned": banned}
    expected |= {"anonymous": NOBODY, "forged": NOBODY, "other webinar": OTHER}
    if path.endswith("upvote"):  # nobody in admin mode is counted
        expected |= dict.fromkeys(("owner", "admin", "operator"), VOTE)
    assert got == expected


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "path"), [("PATCH", ""), ("POST", "/answer"), ("DELETE", "/answer")])
def test_a_host_who_is_one_no_longer_does_nothing_though_the_pass_says_so(call, webinar, method, path):
    registration = RegistrationFactory(webinar=webinar, role="presenter")
    caller = call(webinar, registration.user)
    made = question(webinar, "answered")
    registration.role = "attendee"
    registration.save(update_fields=["role"])

    body = {"status": "archived"} if method == "PATCH" else {"text": "No."}
    response = caller.send(method, f"questions/{made.pk}{path}", body)

    assert outcome(response) == "forbidden"
    assert Question.objects.values_list("status", "answer").get() == ("answered", "Yes.")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "below", "body"),
    [
        ("PATCH", "", {"status": "archived"}),
        ("POST", "/answer", {"text": "Yes."}),
        ("DELETE", "/answer", None),
        ("POST", "/upvote", None),
        ("DELETE", "/upvote", None),
    ],
)
@pytest.mark.parametrize("name", [uuid.UUID(int=0), "1", "x" * 300, "%00", "..%2f", "0" * 32])
def test_questions_that_there_are_not(call, webinar, method, below, body, name):
    caller = call(webinar, person(webinar, "moderator"))

    response = caller.send(method, f"questions/{name}{below}", body)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=5,
)
FIELDS = st.sampled_from(["body", "client_id", "is_anonymous", "status", "is_pinned", "text", "live"])


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    call_of=st.sampled_from([("POST", ""), ("PATCH", "/{}"), ("POST", "/{}/answer")]),
    body=st.dictionaries(FIELDS, JSON, max_size=4) | JSON,
)
def test_nothing_that_is_sent_is_too_much(call, webinar, call_of, body):
    method, path = call_of
    made = Question.objects.first() or question(webinar)
    host = webinar.registrations.filter(role="moderator").first() or RegistrationFactory(
        webinar=webinar, role="moderator", user=UserFactory()
    )

    response = call(webinar, host.user).send(method, f"questions{path.format(made.pk)}", body)

    assert response.status_code in (200, 201, 400, 409, 429)
