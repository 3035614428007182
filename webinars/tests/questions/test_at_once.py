"""Askers and hosts at the same time, on connections of their own: numbers without gaps, everything told once."""

from contextlib import suppress
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied

from eventflow.api.errors import ApiError
from webinars.models import AuditEntry, Question, QuestionRoom, QuestionVote, Webinar
from webinars.services.answering import answer_question, change_question, withdraw_question
from webinars.services.erasure import erase_person
from webinars.services.live_pass import verify_pass
from webinars.services.question_changes import locked_room
from webinars.services.questions import AskingTooFast, BlockedWord, ask_question, vote
from webinars.tests.at_once import Team
from webinars.tests.questions.room import person, question, questions
from webinars.tests.room_events import heard

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 8
NOW = timezone.now()


@pytest.fixture
def team(transactional_db):
    team = Team(4)
    yield team
    team.close()


def _refused(act, **arguments):
    with suppress(ApiError, PermissionDenied):
        act(**arguments, now=NOW)


def test_two_hosts_and_the_asker_at_once(webinar, attendee, pass_for, team):
    """Whoever comes last decides; every change has its number, its entry and its event."""
    one, other = (verify_pass(pass_for(webinar, person(webinar, "presenter"))) for _ in range(2))
    asker = verify_pass(pass_for(webinar, attendee))
    made = questions(webinar, ROUNDS, user=attendee)

    with heard(webinar) as events:
        for each in made:
            of_it = {"question_id": each.pk}
            team.at_once(
                partial(_refused, change_question, live_pass=one, status="published", is_pinned=True, **of_it),
                partial(_refused, change_question, live_pass=other, status="published", **of_it),
                partial(_refused, answer_question, live_pass=other, text="Yes.", **of_it),
                partial(_refused, withdraw_question, live_pass=asker, **of_it),
            )

    last = QuestionRoom.objects.get().last_changed_seq
    assert sorted(event["data"]["changedSeq"] for event in events) == [*range(ROUNDS + 1, last + 1)]
    assert Question.objects.filter(pinned_at__isnull=False).count() <= 1
    assert len({*Question.objects.values_list("changed_seq", flat=True)}) == ROUNDS
    changes = last - ROUNDS
    assert changes <= AuditEntry.objects.count() <= 2 * changes  # publishing and pinning can be one change


def test_a_person_who_asks_and_answers_while_being_erased(webinar, pass_for, team, settings):
    """No two wait for each other: everything ends, and nothing of theirs is left."""
    settings.QUESTION_RATE_QUESTIONS = 1000
    for number in range(3):
        host = person(webinar, "presenter", "Some One")
        live_pass = verify_pass(pass_for(webinar, host))
        ask = {"live_pass": live_pass, "body": "a secret", "is_anonymous": False}
        ask_question(**ask, client_id=f"before-{number}", now=NOW)
        other = questions(webinar, 1)[0]

        team.at_once(
            partial(erase_person, user_id=host.pk, now=NOW),
            partial(_refused, ask_question, **ask, client_id=f"client-{number}"),
            partial(_refused, answer_question, live_pass=live_pass, question_id=other.pk, live=True),
            partial(_refused, vote, live_pass=live_pass, question_id=other.pk),
        )

    assert not Question.objects.filter(body="a secret").exists()
    assert not Question.objects.filter(asker_name="Some One").exists()


def test_a_vote_of_somebody_who_is_being_erased_waits_with_no_question_in_hand(webinar, attendee, pass_for, team):
    """Else erasing, which waits for the room, a host, who waits for the question, and the vote wait in a circle."""
    question(webinar, user=attendee)
    other = question(webinar)
    live_pass = verify_pass(pass_for(webinar, attendee))

    with transaction.atomic():
        locked_room(webinar.pk)
        erasing = team.start(partial(erase_person, user_id=attendee.pk, now=NOW))
        voting = team.start(partial(_refused, vote, live_pass=live_pass, question_id=other.pk))
        Question.objects.select_for_update(nowait=True).get(pk=other.pk)
    erasing.result(20)
    voting.result(20)

    assert not QuestionVote.objects.exists()


def test_a_host_who_is_made_an_attendee_while_asking_asks_as_one(webinar, pass_for, team):
    Webinar.objects.update(blocked_words=["spam"])
    host = person(webinar, "presenter")
    live_pass = verify_pass(pass_for(webinar, host))
    ask = partial(ask_question, live_pass=live_pass, client_id="client-1", is_anonymous=False, now=NOW)

    with transaction.atomic():
        webinar.registrations.filter(user=host).update(role="attendee")
        asking = team.start(partial(ask, body="spam"))

    with pytest.raises(BlockedWord):
        asking.result(20)
    assert not Question.objects.exists()


def test_a_question_that_is_sent_twice_at_once_counts_once(webinar, attendee, pass_for, team, settings):
    settings.QUESTION_RATE_QUESTIONS = 2
    live_pass = verify_pass(pass_for(webinar, attendee))
    ask = partial(ask_question, live_pass=live_pass, body="May I?", is_anonymous=False, now=NOW)

    with transaction.atomic():
        locked_room(webinar.pk)
        asking = [team.start(partial(ask, client_id="client-1")) for _ in range(2)]
    created = sorted(each.result(20)[1] for each in asking)
    _question, other_created = ask(client_id="client-2")

    assert (created, other_created) == ([False, True], True)
    with pytest.raises(AskingTooFast):
        ask(client_id="client-3")
