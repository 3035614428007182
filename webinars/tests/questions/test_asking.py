"""Asking (spec 10): stored first, then told; numbered without gaps; once, however often it is sent."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from webinars.models import Question, QuestionRoom
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, WebinarFactory
from webinars.tests.room_events import heard

NEW = {"body": "녹화본을 볼 수 있나요?", "client_id": "client-1"}


def moment(value):
    return value.isoformat(timespec="milliseconds").replace("+00:00", "Z")


@pytest.mark.django_db
def test_asking_is_two_statements(call, webinar, attendee, django_assert_num_queries):
    caller = call(webinar, attendee)

    with django_assert_num_queries(2):  # 1. gate, 2. numbers, question
        response = caller.post("questions", NEW)

    question = Question.objects.get()
    assert response.status_code == 201
    assert response.json()["data"]["question"] == {
        "id": str(question.pk),
        "seq": 1,
        "changedSeq": 1,
        "body": "녹화본을 볼 수 있나요?",
        "authorId": str(attendee.pk),
        "authorName": "Attendee",
        "isAnonymous": False,
        "status": "pending",
        "withdrawn": False,
        "votes": 0,
        "pinned": False,
        "answer": "",
        "answeredLive": False,
        "answeredAt": None,
        "answeredBy": None,
        "publishedAt": None,
        "createdAt": moment(question.created_at),
        "mine": True,
        "voted": False,
    }
    assert (question.webinar, question.client_id, question.agency_id) == (
        webinar,
        webinar.client_id,
        webinar.agency_id,
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("moderated", "role", "status"),
    [
        (True, "attendee", "pending"),
        (False, "attendee", "published"),
        (True, "presenter", "published"),
        (True, "moderator", "published"),
    ],
)
def test_what_waits_and_what_is_published_at_once(call, webinar, moderated, role, status):
    webinar.questions_moderated = moderated
    webinar.save(update_fields=["questions_moderated"])
    person = RegistrationFactory(webinar=webinar, role=role).user

    asked = call(webinar, person).post("questions", NEW).json()["data"]["question"]

    question = Question.objects.get()
    assert (asked["status"], question.status) == (status, status)
    assert question.published_at == (question.created_at if status == "published" else None)


@pytest.mark.django_db
def test_a_role_that_was_taken_away_publishes_nothing(call, webinar):
    registration = RegistrationFactory(webinar=webinar, role="presenter")
    caller = call(webinar, registration.user)
    registration.role = "attendee"
    registration.save(update_fields=["role"])

    assert caller.post("questions", NEW).json()["data"]["question"]["status"] == "pending"


@pytest.mark.django_db
def test_the_room_is_told_what_it_may_read(call, webinar, attendee, django_capture_on_commit_callbacks):
    presenter = RegistrationFactory(webinar=webinar, role="presenter", user__display_name="Dr. Kim").user

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        call(webinar, attendee).post("questions", NEW)
        shown = call(webinar, presenter).post("questions", {**NEW, "is_anonymous": True}).json()["data"]["question"]

    secret = {**shown, "authorId": None, "authorName": None}
    public = {name: secret[name] for name in secret if name not in ("mine", "voted")}
    assert events == [
        {"type": "question.created", "data": {"question": None, "changedSeq": 1}},
        {"type": "question.created", "data": {"question": public, "changedSeq": 2}},
    ]
    assert (shown["authorName"], shown["isAnonymous"]) == ("Dr. Kim", True)


@pytest.mark.django_db
def test_a_repeated_question_is_the_same_and_told_once(call, webinar, attendee, django_capture_on_commit_callbacks):
    caller = call(webinar, attendee)

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        first = caller.post("questions", NEW)
        again = caller.post("questions", {**NEW, "body": "changed meanwhile"})
        next_one = caller.post("questions", {**NEW, "client_id": "client-2"})

    assert (first.status_code, again.status_code, next_one.status_code) == (201, 200, 201)
    assert first.json() == again.json()
    assert [event["data"]["changedSeq"] for event in events] == [1, 2]
    assert [*Question.objects.values_list("seq", "changed_seq")] == [(1, 1), (2, 2)]


@pytest.mark.django_db(transaction=True)
def test_numbers_have_no_gaps_however_many_ask_at_once(call, webinar, settings):
    settings.QUESTION_RATE_QUESTIONS = 1000
    callers = [call(webinar, RegistrationFactory(webinar=webinar).user) for _ in range(4)]

    def post(number):
        try:
            body = {"body": str(number), "client_id": f"client-{number % 20}"}
            return callers[number % 4].post("questions", body).status_code
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:  # every question is sent twice
        statuses = sorted(pool.map(post, range(40)))

    assert statuses == [200] * 20 + [201] * 20
    numbers = [*Question.objects.order_by("seq").values_list("seq", "changed_seq")]
    assert numbers == [(number, number) for number in range(1, 21)]
    assert (QuestionRoom.objects.get().last_seq, QuestionRoom.objects.get().last_changed_seq) == (20, 20)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "body",
    [
        {},
        {**NEW, "body": ""},
        {**NEW, "body": " \n "},
        {**NEW, "body": "\u3164\u200b \u2800\ufe0f\u202e"},
        {**NEW, "body": "x" * 1001},
        {**NEW, "body": "a\x00b"},
        {**NEW, "body": ["list"]},
        {**NEW, "client_id": "no spaces"},
        {"body": "no id"},
        {**NEW, "is_anonymous": "perhaps"},
        {**NEW, "is_anonymous": None},
    ],
)
def test_malformed_questions(call, webinar, attendee, body):
    response = call(webinar, attendee).post("questions", body)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert not Question.objects.exists()


@pytest.mark.django_db
def test_the_longest_question(call, webinar, attendee):
    assert call(webinar, attendee).post("questions", {**NEW, "body": "가" * 1000}).status_code == 201


@pytest.mark.django_db
def test_guests_read_without_asking(call):
    webinar = WebinarFactory(access_policy="open")
    guest = call(webinar)

    assert guest.get("questions").json()["data"] == {"questions": [], "lastChange": 0, "votes": {}}
    refused = guest.post("questions", NEW)
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "status"), [("owner", 201), ("admin", 201), ("operator", 201), ("analyst", 403), ("viewer", 403)]
)
def test_members_who_may_run_the_webinar_ask_as_hosts(call, webinar, role, status):
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user

    response = call(webinar, member).post("questions", NEW)

    assert response.status_code == status
    assert [*Question.objects.values_list("status", flat=True)] == (["published"] if status == 201 else [])


@pytest.mark.django_db
def test_nothing_is_asked_where_it_must_not(call, webinar, attendee, stranger):
    def refusal(user):
        response = call(webinar, user).post("questions", NEW)
        return response.status_code, response.json()["code"]

    unregistered = refusal(stranger)
    webinar.questions_enabled = False
    webinar.save(update_fields=["questions_enabled"])
    off = refusal(attendee)
    with time_machine.travel(webinar.webinar_scheduled_end_time + timedelta(minutes=30), tick=False):
        closed = refusal(attendee)
    webinar.registrations.update(banned_at=timezone.now())
    banned = refusal(attendee)

    assert (unregistered, banned) == ((403, "read_only"), (403, "banned"))
    assert (off, closed) == ((403, "questions_disabled"), (410, "webinar_closed"))
    assert not QuestionRoom.objects.exists()


@pytest.mark.django_db
def test_three_questions_in_a_minute(call, webinar, attendee):
    caller = call(webinar, attendee)

    with time_machine.travel(timezone.now(), tick=False):
        responses = [caller.post("questions", {**NEW, "client_id": f"client-{number}"}) for number in range(4)]
        repeated = caller.post("questions", {**NEW, "client_id": "client-0"})

    assert [response.status_code for response in responses] == [201, 201, 201, 429]
    assert (responses[3].json()["code"], responses[3]["Retry-After"]) == ("rate_limited", "60")
    assert repeated.status_code == 200
    assert Question.objects.count() == 3


@pytest.mark.django_db
def test_what_is_refused_or_repeated_uses_up_no_question(call, webinar, attendee):
    webinar.blocked_words = ["spam"]
    webinar.save(update_fields=["blocked_words"])
    caller = call(webinar, attendee)

    with time_machine.travel(timezone.now(), tick=False):
        for _each in range(4):
            caller.post("questions", {**NEW, "body": "spam"})
            caller.post("questions", NEW)
        others = [caller.post("questions", {**NEW, "client_id": f"client-{number}"}) for number in (2, 3, 4)]

    assert [response.status_code for response in others] == [201, 201, 429]


@pytest.mark.django_db
def test_the_muted_ask_nothing_until_then(call, webinar, attendee):
    until = timezone.now() + timedelta(minutes=5)
    webinar.registrations.update(muted_until=until)

    muted = call(webinar, attendee).post("questions", NEW)
    with time_machine.travel(until, tick=False):
        later = call(webinar, attendee).post("questions", NEW)

    assert (muted.status_code, muted.json()["code"], muted.json()["until"]) == (403, "muted", moment(until))
    assert later.status_code == 201


@pytest.mark.django_db
def test_blocked_words_are_not_asked(call, webinar, attendee, django_assert_num_queries):
    webinar.blocked_words = ["spam"]
    webinar.save(update_fields=["blocked_words"])
    caller = call(webinar, attendee)

    with django_assert_num_queries(1):  # 1. gate
        refused = caller.post("questions", {**NEW, "body": "Why ＳＰＡＭ?"})
    with django_assert_num_queries(2):  # 1. gate, 2. numbers, question
        asked = caller.post("questions", {**NEW, "body": "Why spamalot?"})

    assert (refused.status_code, refused.json()["code"]) == (400, "blocked_word")
    assert asked.status_code == 201
    assert [*Question.objects.values_list("body", flat=True)] == ["Why spamalot?"]


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "status"), [("presenter", 201), ("attendee", 400)])
def test_hosts_may_use_every_word_and_who_was_one_may_not(call, webinar, role, status):
    webinar.blocked_words = ["spam"]
    webinar.save(update_fields=["blocked_words"])
    registration = RegistrationFactory(webinar=webinar, role="presenter")
    caller = call(webinar, registration.user)
    registration.role = role
    registration.save()

    assert caller.post("questions", {**NEW, "body": "Is this spam?"}).status_code == status


@pytest.mark.django_db
def test_a_former_member_asks_nothing(call, webinar):
    member = AgencyMemberFactory(agency=webinar.agency, role="operator")
    caller = call(webinar, member.user)
    member.delete()

    answer = caller.post("questions", NEW)

    assert (answer.status_code, answer.json()["code"]) == (403, "read_only")
