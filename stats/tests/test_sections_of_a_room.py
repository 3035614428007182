"""The sections `chat` and `qa` after what people and hosts did, and took back (spec 6, 9, 10)."""

import pytest

from webinars.tests.factories import RegistrationFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def people(webinar, call):
    roles = {"host": "moderator", "first": "attendee", "second": "attendee"}
    return {name: call(webinar, RegistrationFactory(webinar=webinar, role=role).user) for name, role in roles.items()}


def section(call, webinar, organizer, name):
    return call(webinar, organizer).get("stats", sections=name).json()["data"]["sections"][name]["figures"]


def test_messages_count_as_they_are_now(call, webinar, organizer, people):
    ids = [
        people["first"].post("messages", {"body": "Hello", "client_id": f"client-{number}"}).json()["data"]["message"]
        for number in range(3)
    ]
    for message in ids[:2]:
        people["host"].send("DELETE", f"messages/{message['id']}")
    people["host"].post(f"messages/{ids[0]['id']}/restore")

    found = section(call, webinar, organizer, "chat")

    assert (found["messages"], found["deleted"], found["authors"]) == (2, 1, 1)


def test_questions_and_votes_count_as_they_are_now(call, webinar, organizer, people):
    first, second, third = [
        people["first"].post("questions", {"body": "Why?", "client_id": f"client-{number}"}).json()["data"]["question"]
        for number in range(3)
    ]
    people["first"].send("PATCH", f"questions/{third['id']}", {"status": "archived"})
    for question in (first, second):
        people["host"].send("PATCH", f"questions/{question['id']}", {"status": "published"})
        people["second"].post(f"questions/{question['id']}/upvote")
    people["second"].send("DELETE", f"questions/{first['id']}/upvote")
    for question in (first, second):
        people["host"].post(f"questions/{question['id']}/answer", {"live": True})
    people["host"].send("DELETE", f"questions/{first['id']}/answer")

    found = section(call, webinar, organizer, "qa")

    assert found["byStatus"] == {"pending": 0, "published": 1, "answered": 1, "archived": 1}
    assert (found["questions"], found["upvotes"], found["answered"], found["answeredLive"]) == (3, 1, 1, 1)
