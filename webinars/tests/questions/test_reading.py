"""Reading questions (spec 10): each reader what is theirs, in one query, whatever there is."""

import pytest
from django.db import connection
from django.utils import timezone

from webinars.models import Question, QuestionRoom, User
from webinars.sql import questions as sql
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    QuestionFactory,
    QuestionVoteFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)
from webinars.tests.questions.room import person, question, questions

STATES = ("pending", "published", "answered", "archived pending", "archived published", "archived answered")


def read(caller, **query):
    return caller.get("questions", **query).json()["data"]


def bodies(caller, **query):
    return [each.get("body", each["status"]) for each in read(caller, **query)["questions"]]


@pytest.mark.django_db
@pytest.mark.parametrize("count", [1, 3])
@pytest.mark.parametrize("query", [{}, {"after": 0}])
def test_reading_is_one_query(call, webinar, attendee, count, query, django_assert_num_queries):
    for made in questions(webinar, count, status="published", upvote_count=1):
        QuestionVoteFactory(question=made, user=attendee)
    caller = call(webinar, attendee)

    with django_assert_num_queries(1):  # 1. ban, counters, questions with this person's votes, everybody's votes
        data = read(caller, **query)

    assert [each["seq"] for each in data["questions"]] == [*range(1, count + 1)]
    assert [each["voted"] for each in data["questions"]] == [True] * count
    assert data["votes"] == {each["id"]: 1 for each in data["questions"]}
    assert data["lastChange"] == count


@pytest.fixture
def room(webinar, attendee):
    """One of each state by somebody, and of each by the attendee."""
    other = person(webinar, name="Other")
    for status in STATES:
        question(webinar, status, body=f"other's {status}", user=other)
        question(webinar, status, body=f"own {status}", user=attendee)
    return webinar


SHOWN = ["other's published", "own published", "other's answered", "own answered"]


@pytest.mark.django_db
def test_an_attendee_reads_what_is_shown_and_their_own_that_waits(call, room, attendee):
    found = read(call(room, attendee))["questions"]

    assert [each["body"] for each in found] == ["own pending", *SHOWN]
    assert [each["mine"] for each in found] == [True, False, True, False, True]


@pytest.mark.django_db
def test_what_was_put_away_comes_without_a_word_and_only_as_a_change(call, room, attendee):
    found = read(call(room, attendee), after=0)["questions"]

    gone = [each for each in found if each["status"] == "archived"]
    assert [each.get("body") for each in found] == ["own pending", *SHOWN, *[None] * 6]
    assert {tuple(each) for each in gone} == {("id", "seq", "changedSeq", "status", "withdrawn")}


@pytest.mark.django_db
def test_a_guest_owns_nothing(call):
    webinar = WebinarFactory(access_policy="open")
    for status in STATES:
        question(webinar, status, body=status)

    found = read(call(webinar))["questions"]

    assert [(each["body"], each["mine"], each["voted"]) for each in found] == [
        ("published", False, False),
        ("answered", False, False),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["presenter", "moderator", "operator"])
def test_hosts_read_everything(call, room, role):
    host = (
        AgencyMemberFactory(agency=room.agency, role=role).user if role == "operator" else person(room, role, "Host")
    )

    everything = [f"{whose} {status}" for status in STATES for whose in ("other's", "own")]
    assert bodies(call(room, host)) == everything
    assert bodies(call(room, host), after=0) == everything


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["presenter", "moderator"])
def test_whose_part_was_taken_away_reads_as_an_attendee_though_the_pass_says_more(call, room, role):
    host = person(room, role, "Host")
    caller = call(room, host)
    Question.objects.update(is_anonymous=True)
    room.registrations.filter(user=host).update(role="attendee")

    found = read(caller)["questions"]

    assert [each["body"] for each in found] == SHOWN
    assert {(each["authorId"], each["authorName"]) for each in found} == {(None, None)}
    room.registrations.filter(user=host).delete()
    assert bodies(caller) == SHOWN


@pytest.mark.django_db
@pytest.mark.parametrize("change", [{"role": "analyst"}, None])
@pytest.mark.parametrize("factory", [AgencyMemberFactory, ClientMemberFactory])
def test_whose_membership_ended_reads_as_an_attendee_though_the_pass_says_more(call, room, factory, change):
    where = {"agency": room.agency} if factory is AgencyMemberFactory else {"client": room.client}
    member = factory(role="operator", **where)
    caller = call(room, member.user)
    everything = bodies(caller)
    if change:
        type(member).objects.update(**change)
    else:
        member.delete()

    assert (len(everything), bodies(caller)) == (12, SHOWN)


@pytest.mark.django_db
def test_super_admins_read_everything(call, room):
    assert len(bodies(call(room, UserFactory(is_superuser=True)))) == 12


@pytest.mark.django_db
def test_members_who_may_not_run_it_read_what_the_room_reads(call, room):
    viewer = AgencyMemberFactory(agency=room.agency, role="viewer").user

    assert bodies(call(room, viewer)) == SHOWN


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("status", "attendees", "hosts"),
    [
        ("pending", ["own pending"], ["other's pending", "own pending"]),
        ("published", SHOWN[:2], SHOWN[:2]),
        ("answered", SHOWN[2:], SHOWN[2:]),
        ("archived", [], [f"{whose} {status}" for status in STATES[3:] for whose in ("other's", "own")]),
    ],
)
def test_one_state_alone(call, room, attendee, status, attendees, hosts):
    assert bodies(call(room, attendee), status=status) == attendees
    assert bodies(call(room, person(room, "presenter")), status=status) == hosts


@pytest.mark.django_db
def test_who_asked_anonymously_is_for_hosts_to_know(call, webinar, attendee):
    asker = person(webinar, name="Shy")
    question(webinar, "published", user=asker, is_anonymous=True)
    question(webinar, "answered", user=asker)

    def names(user):
        return [(each["authorName"], each["authorId"]) for each in read(call(webinar, user))["questions"]]

    named = ("Shy", str(asker.pk))
    assert names(attendee) == [(None, None), named]
    assert names(asker) == [(None, None), named]
    assert names(person(webinar, "presenter")) == [named, named]
    assert [each["mine"] for each in read(call(webinar, asker))["questions"]] == [True, True]


@pytest.mark.django_db
def test_who_answered_is_a_name_while_it_has_one(call, webinar, attendee):
    host = person(webinar, "presenter", "Dr. Kim")
    made = question(webinar, "answered", answered_by=host)
    caller = call(webinar, attendee)

    (named,) = read(caller)["questions"]
    host.display_name = ""
    host.save(update_fields=["display_name"])
    (nameless,) = read(caller)["questions"]

    answered_at = Question.objects.get().answered_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    assert (named["answer"], named["answeredBy"], named["answeredAt"]) == ("Yes.", "Dr. Kim", answered_at)
    assert (nameless["id"], nameless["answeredBy"]) == (str(made.pk), None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("query", "changes", "last"),
    [
        ({}, [*range(6, 206)], 205),  # the newest 200
        ({"limit": 2}, [204, 205], 205),
        ({"after": 203}, [204, 205], 205),
        ({"after": 0, "limit": 2}, [1, 2], 2),  # there is more, and the answer says how far it reaches
        ({"after": 203, "limit": 2}, [204, 205], 205),
        ({"after": 205}, [], 205),
        ({"after": 900}, [], 205),
    ],
)
def test_pages_of_changes(call, webinar, attendee, query, changes, last):
    asker = person(webinar)
    Question.objects.bulk_create(
        QuestionFactory.build_batch(
            205, webinar=webinar, client=webinar.client, agency=webinar.agency, user=asker, status="published"
        )
    )
    for number, each in enumerate(Question.objects.order_by("seq"), start=1):
        Question.objects.filter(pk=each.pk).update(seq=number, changed_seq=number)
    QuestionRoom.objects.create(webinar=webinar, last_seq=205, last_changed_seq=205)

    data = read(call(webinar, attendee), **query)

    assert ([each["changedSeq"] for each in data["questions"]], data["lastChange"]) == (changes, last)


@pytest.mark.django_db
def test_changes_that_a_reader_may_not_see_count_for_them_too(call, webinar, attendee):
    questions(webinar, 3, status="pending")

    assert read(call(webinar, attendee), after=0) == {"questions": [], "lastChange": 3, "votes": {}}


@pytest.mark.django_db
def test_votes_of_what_is_shown_only(call, webinar, attendee):
    shown = question(webinar, "answered", upvote_count=3)
    question(webinar, "published")
    question(webinar, "archived published", upvote_count=5)

    assert read(call(webinar, attendee), after=99)["votes"] == {str(shown.pk): 3}


CROWD = """
INSERT INTO questions (id, webinar_id, client_id, agency_id, user_id, seq, changed_seq, client_message_id, body,
    asker_name, is_anonymous, status, published_at, upvote_count, answer, answered_live, created_at, updated_at)
SELECT gen_random_uuid(), %(webinar)s, %(client)s, %(agency)s, %(user)s, n, n, n::text, 'May I?', 'Somebody', false,
    'published', now(), CASE n %% 5 WHEN 0 THEN n ELSE 0 END, '', false, now(), now()
FROM generate_series(1, 6000) n"""


@pytest.mark.django_db
def test_the_most_voted_of_many_have_an_index(call, webinar, attendee):
    asker = person(webinar)
    with connection.cursor() as cursor:
        keys = {"webinar": webinar.pk, "client": webinar.client_id, "agency": webinar.agency_id, "user": asker.pk}
        cursor.execute(CROWD, keys)
        cursor.execute("ANALYZE questions")
    reader = {"user_id": attendee.pk, "as_host": False, "is_manager": False}
    query = {"after": 6000, "status": None, "limit": 200, "votes_at_most": sql.VOTES_AT_MOST}

    votes = read(call(webinar, attendee), after=6000)["votes"]
    with connection.cursor() as cursor:
        # What else was in the table decides whether reading all of it would be cheaper; here it is whether it must.
        cursor.execute(
            "SET LOCAL enable_seqscan = off; SET LOCAL enable_bitmapscan = off; SET LOCAL enable_sort = off"
        )
        cursor.execute(f"EXPLAIN {sql.READ_AFTER}", {"webinar_id": webinar.pk, **reader, **query})
        plan = "\n".join(line for (line,) in cursor.fetchall())

    assert sorted(votes.values()) == [*range(1005, 6001, 5)]
    assert "question_most_votes" in plan


@pytest.mark.django_db
@pytest.mark.parametrize(
    "query",
    [{"after": "x"}, {"after": -1}, {"after": 2**63}, {"limit": 0}, {"limit": 201}, {"status": "hidden"}],
)
def test_malformed_reading(call, webinar, attendee, query):
    response = call(webinar, attendee).get("questions", **query)

    assert (response.status_code, response.json()["code"]) == (400, "invalid")
    assert [*response.json()["fields"]] == [*query]


@pytest.mark.django_db
def test_another_webinars_questions_stay_there(call, webinar, attendee):
    questions(WebinarFactory(), 2, status="published", upvote_count=2)

    assert read(call(webinar, attendee)) == {"questions": [], "lastChange": 0, "votes": {}}


@pytest.mark.django_db
def test_a_ban_from_before_does_not_keep_members_out(call, webinar):
    question(webinar, "published", body="May I?")
    member = AgencyMemberFactory(agency=webinar.agency, role="viewer").user
    RegistrationFactory(webinar=webinar, user=member, banned_at=timezone.now())

    assert bodies(call(webinar, member)) == ["May I?"]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["attendee", "presenter", "moderator"])
def test_the_banned_read_nothing_though_their_pass_is_valid(call, webinar, role):
    question(webinar, "published")
    caller = call(webinar, person(webinar, role))
    webinar.registrations.update(banned_at=timezone.now())

    response = caller.get("questions")

    assert (response.status_code, response.json()["code"]) == (403, "banned")


@pytest.mark.django_db
def test_a_host_who_may_not_sign_in_any_more_reads_as_others_do(webinar, organizer, call):
    """Their pass is good for some minutes yet."""
    question(webinar, "pending")
    host = call(webinar, organizer)
    before = bodies(host)

    User.objects.filter(pk=organizer.pk).update(is_active=False)

    assert (len(before), bodies(host)) == (1, [])
