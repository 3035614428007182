"""Votes (spec 10): one per person, and a count that is always the number of votes."""

import random
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from webinars.models import Question, QuestionVote
from webinars.tests.factories import AgencyMemberFactory, WebinarFactory
from webinars.tests.questions.room import person, question
from webinars.tests.room_events import heard


def counts():
    question = Question.objects.get()
    assert question.upvote_count == QuestionVote.objects.filter(question=question).count()
    return question.upvote_count


@pytest.mark.django_db
def test_voting_and_taking_it_back_is_one_statement_each(call, webinar, attendee, django_assert_num_queries):
    made = question(webinar)
    caller = call(webinar, attendee)

    with django_assert_num_queries(1):  # 1. gate, vote, count
        voted = caller.post(f"questions/{made.pk}/upvote")
    was = counts()
    with django_assert_num_queries(1):  # 1. gate, vote, count
        taken_back = caller.send("DELETE", f"questions/{made.pk}/upvote")

    assert (voted.status_code, voted.json()["data"]) == (200, {"id": str(made.pk), "votes": 1, "voted": True})
    assert (taken_back.status_code, taken_back.json()["data"]) == (
        200,
        {"id": str(made.pk), "votes": 0, "voted": False},
    )
    assert (was, counts()) == (1, 0)
    vote_keys = (webinar.pk, webinar.client_id, webinar.agency_id)
    caller.post(f"questions/{made.pk}/upvote")
    assert QuestionVote.objects.values_list("webinar_id", "client_id", "agency_id").get() == vote_keys


@pytest.mark.django_db
def test_repeating_changes_nothing_and_the_room_is_told_numbers_only(
    call, webinar, attendee, django_capture_on_commit_callbacks
):
    made = question(webinar)
    before = made.changed_seq

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        answers = [call(webinar, attendee).post(f"questions/{made.pk}/upvote").json()["data"] for _ in range(3)]

    assert answers == [{"id": str(made.pk), "votes": 1, "voted": True}] * 3
    assert events == [{"type": "question.updated", "data": {"votes": {str(made.pk): 1}}}]
    assert (counts(), Question.objects.get().changed_seq) == (1, before)


@pytest.mark.django_db(transaction=True)
def test_the_count_is_the_number_of_votes_however_many_vote_at_once(call, webinar):
    made = question(webinar)
    callers = [call(webinar, person(webinar)) for _ in range(20)]
    acts = [(number, method) for number in range(20) for method in ("POST", "DELETE", "POST", "DELETE", "POST")]
    acts += [(number, "POST") for number in range(20)]
    random.Random(4).shuffle(acts)

    def act(what):
        try:
            return callers[what[0]].send(what[1], f"questions/{made.pk}/upvote").status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        statuses = set(pool.map(act, acts))
    settled = counts()
    for number in range(20):
        callers[number].post(f"questions/{made.pk}/upvote")

    assert statuses == {200}
    assert 0 <= settled <= 20
    assert counts() == 20


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["published", "answered"])
def test_what_is_shown_takes_votes(call, webinar, attendee, status):
    made = question(webinar, status)

    assert call(webinar, attendee).post(f"questions/{made.pk}/upvote").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("status", ["pending", "archived pending", "archived published"])
def test_what_is_not_shown_takes_none(call, webinar, attendee, status):
    made = question(webinar, status)
    path = f"questions/{made.pk}/upvote"

    hidden = call(webinar, attendee).post(path)
    known = call(webinar, person(webinar, "presenter")).post(path)

    assert (hidden.status_code, hidden.json()["code"]) == (404, "not_found")
    assert (known.status_code, known.json()["code"]) == (409, "wrong_state")
    assert counts() == 0


@pytest.mark.django_db
def test_a_vote_is_taken_back_also_from_what_was_put_away(call, webinar, attendee, django_capture_on_commit_callbacks):
    made = question(webinar)
    caller = call(webinar, attendee)
    path = f"questions/{made.pk}/upvote"
    caller.post(path)
    Question.objects.update(status="archived")

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        response = caller.send("DELETE", path)
        again = caller.send("DELETE", path)

    assert (response.status_code, response.json()["data"]) == (200, {"id": str(made.pk), "votes": 0, "voted": False})
    assert (again.status_code, again.json()["code"]) == (404, "not_found")
    assert (counts(), events) == (0, [])


@pytest.mark.django_db
def test_nobody_votes_for_their_own_question(call, webinar, attendee):
    made = question(webinar, user=attendee)

    response = call(webinar, attendee).post(f"questions/{made.pk}/upvote")

    assert (response.status_code, response.json()["code"], counts()) == (403, "own_question", 0)


@pytest.mark.django_db
def test_the_muted_vote(call, webinar, attendee):
    webinar.registrations.update(muted_until=timezone.now() + timedelta(minutes=5))
    made = question(webinar)

    assert call(webinar, attendee).post(f"questions/{made.pk}/upvote").status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_who_may_not_vote(call, webinar, attendee, stranger, method):
    made = question(webinar)

    def refusal(user, of=made):
        response = call(webinar, user).send(method, f"questions/{of.pk}/upvote")
        return response.status_code, response.json()["code"]

    members = [refusal(AgencyMemberFactory(agency=webinar.agency, role=role).user) for role in ("owner", "viewer")]
    unregistered = refusal(stranger)
    elsewhere = refusal(attendee, question(WebinarFactory()))
    webinar.questions_enabled = False
    webinar.save(update_fields=["questions_enabled"])
    off = refusal(attendee)
    with time_machine.travel(webinar.webinar_scheduled_end_time + timedelta(minutes=30), tick=False):
        closed = refusal(attendee)
    webinar.registrations.update(banned_at=timezone.now())
    banned = refusal(attendee)

    assert members == [(403, "read_only")] * 2
    assert (unregistered, elsewhere) == ((403, "read_only"), (404, "not_found"))
    assert (off, closed, banned) == ((403, "questions_disabled"), (410, "webinar_closed"), (403, "banned"))
    assert not QuestionVote.objects.exists()


@pytest.mark.django_db
def test_guests_do_not_vote(call):
    webinar = WebinarFactory(access_policy="open")
    made = question(webinar)

    response = call(webinar).post(f"questions/{made.pk}/upvote")

    assert (response.status_code, response.json()["code"]) == (403, "read_only")
