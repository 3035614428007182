"""What hosts do with questions, from every state (spec 10): numbered, told, on record, and nothing done twice."""

import pytest

from webinars.models import AuditEntry, Question, QuestionRoom
from webinars.tests.factories import AgencyMemberFactory, QuestionVoteFactory, WebinarFactory
from webinars.tests.questions.room import person, question
from webinars.tests.room_events import heard

ACTS = {
    "wait": ("PATCH", "", {"status": "pending"}),
    "publish": ("PATCH", "", {"status": "published"}),
    "archive": ("PATCH", "", {"status": "archived"}),
    "pin": ("PATCH", "", {"is_pinned": True}),
    "unpin": ("PATCH", "", {"is_pinned": False}),
    "answer": ("POST", "/answer", {"text": "Yes."}),
    "take back": ("DELETE", "/answer", None),
}
SAME, NOT_NOW = "same", 409
# What becomes of a question in the state of the row by the act of the column.
TABLE = {
    # state                wait       publish      archive     pin      unpin  answer      take back
    "pending":            [SAME,      "published", "archived", NOT_NOW, SAME,  "answered", SAME],
    "published":          [NOT_NOW,   SAME,        "archived", "pinned", SAME, "answered", SAME],
    "answered":           [NOT_NOW,   SAME,        "archived", "pinned", SAME, SAME,       "published"],
    "archived pending":   ["pending", "published", SAME,       NOT_NOW, SAME,  NOT_NOW,    SAME],
    "archived published": [NOT_NOW,   "published", SAME,       NOT_NOW, SAME,  NOT_NOW,    SAME],
    "archived answered":  [NOT_NOW,   "answered",  SAME,       NOT_NOW, SAME,  NOT_NOW,    NOT_NOW],
}  # fmt: skip
CASES = [(state, act, TABLE[state][place]) for state in TABLE for place, act in enumerate(ACTS)]


@pytest.fixture
def host(webinar):
    return person(webinar, "presenter", "Dr. Kim")


def do(caller, made, act):
    method, below, body = ACTS[act]
    return caller.send(method, f"questions/{made.pk}{below}", body)


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "act", "outcome"), CASES)
def test_every_act_from_every_state(call, webinar, host, state, act, outcome, django_capture_on_commit_callbacks):
    made = question(webinar, state, body="May I?")
    before = Question.objects.values().get()

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        response = do(call(webinar, host), made, act)

    after = Question.objects.values().get()
    if outcome in (SAME, NOT_NOW):
        assert response.status_code == (200 if outcome == SAME else 409)
        assert response.json().get("code") == (None if outcome == SAME else "wrong_state")
        assert (after, events, AuditEntry.objects.count()) == (before, [], 0)
        return
    assert response.status_code == 200
    shown = response.json()["data"]["question"]
    assert outcome == ("pinned" if shown["pinned"] else shown["status"])
    assert (shown["status"], shown["pinned"]) == (after["status"], after["pinned_at"] is not None)
    assert (shown["body"], shown["authorName"], shown["mine"]) == ("May I?", made.asker_name, False)
    assert after["changed_seq"] == shown["changedSeq"] == before["changed_seq"] + 1
    assert QuestionRoom.objects.get().last_changed_seq == after["changed_seq"]
    (event,) = events
    assert event["type"] == ("question.answered" if act == "answer" else "question.updated")
    assert event["data"]["changedSeq"] == after["changed_seq"]
    told = event["data"]["question"]
    if outcome == "pending":
        assert told is None
    elif outcome == "archived":
        numbers = {"id": str(made.pk), "seq": made.seq, "changedSeq": after["changed_seq"]}
        assert told == {**numbers, "status": "archived", "withdrawn": False}
    else:
        assert told == {name: shown[name] for name in shown if name != "mine"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "act", "action", "details"),
    [
        ("pending", "publish", "question.published", {"to": "published"}),
        ("archived answered", "publish", "question.restored", {"to": "answered"}),
        ("archived pending", "wait", "question.restored", {"to": "pending"}),
        ("published", "archive", "question.archived", {"from": "published"}),
        ("pending", "answer", "question.answered", {"from": "pending", "live": False, "text": True}),
        ("answered", "take back", "question.answer_withdrawn", {}),
        ("published", "pin", "question.pinned", {}),
    ],
)
def test_what_was_done_is_on_record_without_anybodys_words(call, webinar, host, state, act, action, details):
    made = question(webinar, state)
    caller = call(webinar, host)

    do(caller, made, act)
    do(caller, made, act)

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.details) == (action, {**details, "seq": made.seq})
    assert (entry.actor_id, entry.webinar_id, entry.client_id) == (host.pk, webinar.pk, webinar.client_id)
    assert (entry.subject_type, entry.subject_id) == ("question", str(made.pk))


@pytest.mark.django_db
def test_publishing_notes_when(call, webinar, host):
    made = question(webinar, "pending")

    shown = do(call(webinar, host), made, "publish").json()["data"]["question"]

    assert Question.objects.get().published_at > made.created_at
    assert shown["publishedAt"] is not None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "answer", "live"),
    [
        ({"text": "Yes."}, "Yes.", False),
        ({"text": "  Yes.\n"}, "Yes.", False),
        ({"live": True}, "", True),
        ({"text": "As shown.", "live": True}, "As shown.", True),
        ({"text": "", "live": True}, "", True),
        ({"text": "네" * 4000}, "네" * 4000, False),
    ],
)
def test_answers_in_text_and_live(call, webinar, host, given, answer, live):
    made = question(webinar)

    shown = call(webinar, host).post(f"questions/{made.pk}/answer", given).json()["data"]["question"]

    assert (shown["status"], shown["answer"], shown["answeredLive"]) == ("answered", answer, live)
    assert shown["answeredBy"] == "Dr. Kim"
    assert Question.objects.get().answered_by == host


@pytest.mark.django_db
def test_an_answer_is_corrected_and_keeps_its_time(call, webinar, host):
    made = question(webinar)
    first = call(webinar, host).post(f"questions/{made.pk}/answer", {"live": True}).json()["data"]["question"]
    other = person(webinar, "moderator", "Ms. Lee")

    second = call(webinar, other).post(f"questions/{made.pk}/answer", {"text": "Yes."}).json()["data"]["question"]

    assert (second["answer"], second["answeredLive"], second["answeredBy"]) == ("Yes.", True, "Ms. Lee")
    assert (second["answeredAt"], second["changedSeq"]) == (first["answeredAt"], first["changedSeq"] + 1)


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [
        {},
        {"text": ""},
        {"text": " "},
        {"text": "\u3164\u200b"},
        {"live": False},
        {"text": "x" * 4001},
        {"text": "a\x00"},
        {"live": "perhaps"},
    ],
)
def test_an_answer_says_something(call, webinar, host, given):
    made = question(webinar)

    response = call(webinar, host).post(f"questions/{made.pk}/answer", given)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert Question.objects.get().status == "published"


@pytest.mark.django_db
def test_of_an_answer_something_stays(call, webinar, host):
    made = question(webinar, "answered")

    response = call(webinar, host).post(f"questions/{made.pk}/answer", {"text": ""})

    assert (response.status_code, [*response.json()["fields"]]) == (400, ["text"])
    assert Question.objects.get().answer == "Yes."


@pytest.mark.django_db
def test_one_question_is_pinned_at_a_time(call, webinar, host, django_capture_on_commit_callbacks):
    first, second = question(webinar), question(webinar, "answered")
    elsewhere = question(WebinarFactory(), "published")
    Question.objects.filter(pk=elsewhere.pk).update(pinned_at=elsewhere.created_at)
    caller = call(webinar, host)
    do(caller, first, "pin")

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        do(caller, second, "pin")

    told = [(event["data"]["question"]["id"], event["data"]["question"]["pinned"]) for event in events]
    assert told == [(str(first.pk), False), (str(second.pk), True)]
    assert [event["data"]["changedSeq"] for event in events] == [4, 5]
    assert {*Question.objects.filter(pinned_at__isnull=False)} == {second, elsewhere}
    assert [*AuditEntry.objects.order_by("id").values_list("action", "subject_id")] == [
        ("question.pinned", str(first.pk)),
        ("question.unpinned", str(first.pk)),
        ("question.pinned", str(second.pk)),
    ]


@pytest.mark.django_db
def test_two_changes_at_once_are_both_done_or_neither(call, webinar, host):
    waiting, shown = question(webinar, "pending"), question(webinar)
    caller = call(webinar, host)

    both = caller.send("PATCH", f"questions/{waiting.pk}", {"status": "published", "is_pinned": True})
    neither = caller.send("PATCH", f"questions/{shown.pk}", {"status": "archived", "is_pinned": True})

    assert (both.status_code, both.json()["data"]["question"]["pinned"]) == (200, True)
    assert (neither.status_code, neither.json()["code"]) == (409, "wrong_state")
    shown.refresh_from_db()
    assert (shown.status, shown.changed_seq) == ("published", 2)
    actions = ["question.published", "question.pinned"]
    assert [*AuditEntry.objects.order_by("id").values_list("action", flat=True)] == actions


@pytest.mark.django_db
def test_votes_outlive_everything_that_hosts_do(call, webinar, host):
    made = question(webinar, upvote_count=1)
    QuestionVoteFactory(question=made)
    caller = call(webinar, host)

    for act in ("pin", "answer", "archive", "publish", "take back"):
        assert do(caller, made, act).status_code == 200

    made.refresh_from_db()
    assert (made.status, made.upvote_count, made.votes.count()) == ("published", 1, 1)


@pytest.mark.django_db
@pytest.mark.parametrize("act", ACTS)
def test_another_webinars_questions_do_not_exist(call, webinar, host, act):
    made = question(WebinarFactory(client=webinar.client))

    response = do(call(webinar, host), made, act)

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.django_db
@pytest.mark.parametrize(
    "given",
    [{}, {"status": "answered"}, {"status": None}, {"is_pinned": "x"}, {"is_pinned": None}, {"body": "mine now"}],
)
def test_malformed_changes(call, webinar, host, given):
    made = question(webinar)

    response = call(webinar, host).send("PATCH", f"questions/{made.pk}", given)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
def test_publishing_costs_the_same_however_many_there_are(call, webinar, host, count, django_assert_num_queries):
    made, *_others = [question(webinar, "pending") for _ in range(count)]
    caller = call(webinar, host)

    # 1. standing, 2. savepoint, 3. person, 4. room, 5. question, 6. room again, 7. its number, 8. question, 9. audit,
    # 10. release
    with django_assert_num_queries(10):
        do(caller, made, "publish")


# Taking one's own question back.


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("state", "status", "after"),
    [
        ("pending", 200, "archived"),
        ("published", 409, "published"),
        ("answered", 409, "answered"),
        ("archived pending", 200, "archived"),
        ("archived published", 200, "archived"),
    ],
)
def test_who_asked_takes_back_what_waits(
    call, webinar, attendee, state, status, after, django_capture_on_commit_callbacks
):
    made = question(webinar, state, user=attendee, is_anonymous=True)
    withdrawn = state == "pending"

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        response = call(webinar, attendee).send("PATCH", f"questions/{made.pk}", {"status": "archived"})

    assert (response.status_code, Question.objects.get().status) == (status, after)
    told = [(event["data"]["question"]["status"], event["data"]["question"]["withdrawn"]) for event in events]
    assert told == [("archived", True)] * withdrawn
    assert [*AuditEntry.objects.values_list("action", "actor_id")] == [("question.archived", attendee.pk)] * withdrawn
    if status == 200:
        shown = response.json()["data"]["question"]
        assert (shown["status"], shown["mine"], shown["authorName"]) == ("archived", True, None)


@pytest.mark.django_db
@pytest.mark.parametrize("act", ["publish", "wait", "pin", "answer"])
def test_what_its_asker_took_back_stays_away(call, webinar, host, attendee, act):
    made = question(webinar, "pending", user=attendee)
    back = call(webinar, attendee).send("PATCH", f"questions/{made.pk}", {"status": "archived"})

    response = do(call(webinar, host), made, act)

    assert back.json()["data"]["question"]["withdrawn"]
    assert (response.status_code, response.json()["code"]) == (409, "wrong_state")
    assert Question.objects.get().status == "archived"


@pytest.mark.django_db
def test_nobody_elses_question_is_taken_back_and_nothing_else_done(call, webinar, attendee):
    others, own = question(webinar, "pending"), question(webinar, "pending", user=attendee)
    caller = call(webinar, attendee)

    def refusal(of, change):
        response = caller.send("PATCH", f"questions/{of.pk}", change)
        return response.status_code, response.json()["code"]

    assert refusal(others, {"status": "archived"}) == (404, "not_found")
    for change in ({"status": "published"}, {"is_pinned": True}, {"status": "archived", "is_pinned": False}):
        assert refusal(own, change) == (403, "forbidden")
    assert [*Question.objects.values_list("status", flat=True)] == ["pending", "pending"]


@pytest.mark.django_db
def test_a_manager_answers_anonymous_questions_knowing_who_asked(call, webinar):
    operator = AgencyMemberFactory(agency=webinar.agency, role="operator").user
    asker = person(webinar, name="Shy")
    made = question(webinar, user=asker, is_anonymous=True)

    shown = do(call(webinar, operator), made, "answer").json()["data"]["question"]

    assert (shown["authorName"], shown["authorId"]) == ("Shy", str(asker.pk))
