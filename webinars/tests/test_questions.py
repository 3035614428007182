"""Questions and votes as the database keeps them (spec 10)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from webinars.models import Question, QuestionRoom, QuestionVote, Webinar
from webinars.tests.factories import ClientFactory, QuestionFactory, QuestionVoteFactory, WebinarFactory

pytestmark = pytest.mark.django_db

NOW = timezone.now()
ANSWERED = {"status": "answered", "answer": "Yes.", "answered_at": NOW, "published_at": NOW}


def now_constraints():
    """Check what the database would check at the commit."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def refuses(make):
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        make()
        now_constraints()
    return refusal.value.__cause__.diag.constraint_name


@pytest.mark.parametrize(
    "fields",
    [
        {"status": "pending"},
        {"status": "published", "pinned_at": NOW},
        {"status": "answered", "answer": "Yes.", "answered_live": False},
        {"status": "answered", "answered_live": True},
        {"status": "answered", "answer": "As shown.", "answered_live": True, "pinned_at": NOW},
        {"status": "archived"},
        {"status": "archived", "withdrawn_at": NOW},
        {"status": "archived", "published_at": NOW},
        {"status": "archived", "published_at": NOW, "answered_at": NOW, "answer": "Yes.", "answered_live": False},
        {"body": "질" * 1000},
        {"is_anonymous": True},
        {"upvote_count": 3},
    ],
)
def test_questions_that_can_be(fields):
    question = QuestionFactory(**fields)
    now_constraints()

    question.full_clean()
    assert Question.objects.filter(pk=question.pk, **fields).exists()


@pytest.mark.parametrize(
    ("constraint", "fault"),
    [
        ("question_seqs_positive", {"seq": 0, "changed_seq": 1}),
        ("question_seqs_positive", {"seq": 1, "changed_seq": 0}),
        ("question_body_not_empty", {"body": ""}),
        ("question_asker_not_empty", {"asker_name": ""}),
        ("question_client_id_not_empty", {"client_message_id": ""}),
        ("questions_upvote_count_check", {"upvote_count": -1}),
        ("question_answered_has_its_moment", {"status": "hidden"}),
        ("question_published_when_shown", {"status": "pending", "published_at": NOW}),
        ("question_published_when_shown", {"status": "published", "published_at": None}),
        ("question_published_when_shown", {**ANSWERED, "published_at": None}),
        ("question_answered_has_its_moment", {**ANSWERED, "status": "published"}),
        ("question_answered_has_its_moment", {**ANSWERED, "answered_at": None, "answer": "", "answered_live": False}),
        ("question_answer_is_whole", {**ANSWERED, "answer": "", "answered_live": False}),
        ("question_answer_is_whole", {"status": "archived", "answer": "Yes."}),
        ("question_answer_is_whole", {"status": "archived", "answered_live": True}),
        ("question_withdrawn_is_unread", {"status": "pending", "withdrawn_at": NOW}),
        ("question_withdrawn_is_unread", {"status": "archived", "published_at": NOW, "withdrawn_at": NOW}),
        ("question_pinned_is_shown", {"status": "pending", "pinned_at": NOW}),
        ("question_pinned_is_shown", {"status": "archived", "pinned_at": NOW}),
    ],
)
def test_the_database_refuses_impossible_questions(constraint, fault):
    assert refuses(lambda: QuestionFactory(**fault)) == constraint
    assert not Question.objects.exists()


def test_who_answered_is_kept_with_the_answer_only():
    host = QuestionFactory().user

    assert refuses(lambda: QuestionFactory(answered_by=host)) == "question_answer_is_whole"
    answered = QuestionFactory(**ANSWERED, answered_by=host)
    host.delete()
    answered.refresh_from_db()
    assert (answered.status, answered.answered_by) == ("answered", None)


@pytest.mark.parametrize(
    ("constraint", "same"),
    [
        ("question_seq_unique", {"seq": 7}),
        ("question_changed_seq_unique", {"changed_seq": 7}),
        ("question_once", {"client_message_id": "mine"}),
    ],
)
def test_numbers_and_posts_are_not_repeated_in_a_webinar(constraint, same):
    first = QuestionFactory(seq=7, changed_seq=7, client_message_id="mine")
    fields = {"seq": 8, "changed_seq": 8, "client_message_id": "other", **same}

    assert refuses(lambda: QuestionFactory(webinar=first.webinar, user=first.user, **fields)) == constraint
    QuestionFactory(user=first.user, **fields)


def test_a_vote_counts_once():
    vote = QuestionVoteFactory()

    assert refuses(lambda: QuestionVoteFactory(question=vote.question, user=vote.user)) == "question_vote_once"
    QuestionVoteFactory(question=vote.question)
    QuestionVoteFactory(user=vote.user)
    assert QuestionVote.objects.count() == 3


def test_tenant_keys_are_the_webinars():
    question, foreign = QuestionFactory(), ClientFactory()

    def move_question():
        Question.objects.filter(pk=question.pk).update(client=foreign, agency=foreign.agency)

    def foreign_vote():
        QuestionVoteFactory(question=question, client=foreign, agency=foreign.agency)

    assert refuses(move_question) == "questions_tenant"
    assert refuses(foreign_vote) == "question_votes_tenant"


def test_a_vote_is_for_a_question_of_its_own_webinar():
    question = QuestionFactory(status="published")
    other = WebinarFactory(client=question.client)

    assert refuses(lambda: QuestionVoteFactory(question=question, webinar=other)) == "question_votes_question"


def test_members_see_their_webinars_questions(organizer, rival, attendee, webinar):
    mine, foreign = QuestionVoteFactory(question__webinar=webinar), QuestionVoteFactory()

    assert [*Question.objects.visible_to(organizer)] == [mine.question]
    assert [*QuestionVote.objects.visible_to(organizer)] == [mine]
    for person in (rival, attendee):
        assert not Question.objects.visible_to(person).exists()
        assert not QuestionVote.objects.visible_to(person).exists()
    assert foreign.question in Question.objects.all()


def test_the_room_is_shown_what_was_published():
    webinar = WebinarFactory()
    made = {status: QuestionFactory(webinar=webinar, status=status) for status in Question.Status.values}

    assert [*Question.objects.shown()] == [made["published"], made["answered"]]


def test_questions_go_with_their_webinar_and_with_their_asker():
    vote, other = QuestionVoteFactory(), QuestionVoteFactory()
    QuestionRoom.objects.create(webinar=vote.webinar, last_seq=1, last_changed_seq=1)

    Webinar.objects.get(pk=vote.webinar_id).delete()
    assert [*Question.objects.all()] == [other.question]
    assert not QuestionRoom.objects.exists()
    other.question.user.delete()
    now_constraints()
    assert (Question.objects.count(), QuestionVote.objects.count()) == (0, 0)
