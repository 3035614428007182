"""What keeps a post from the chat (spec 9): a mute, a ban, blocked words, too fast; and what it leaves behind."""

from datetime import timedelta

import pytest
import time_machine
from django.db import transaction
from django.utils import timezone

from eventflow import redis
from eventflow.api.errors import ApiError
from webinars.models import ChatRoom, Message, Webinar
from webinars.services.chat import post_message
from webinars.services.live_pass import verify_pass
from webinars.tests.at_once import Team
from webinars.tests.factories import AgencyMemberFactory, RegistrationFactory, UserFactory


def post(caller, client_id, body="hello"):
    return caller.post("messages", {"body": body, "client_id": client_id})


@pytest.fixture(params=["with Redis", "without Redis"])
def counted(request, settings):
    """Where posts are counted."""
    if request.param == "without Redis":
        settings.REDIS_RETRY_AFTER_SECONDS = 3600
        redis.pause.begin()


@pytest.mark.django_db
@pytest.mark.usefixtures("counted")
def test_three_messages_in_five_seconds(call, webinar, attendee):
    caller = call(webinar, attendee)

    with time_machine.travel(timezone.now(), tick=False) as clock:
        responses = [post(caller, f"client-{n}") for n in range(4)]
        repeated = post(caller, "client-0")
        clock.shift(5)
        later = post(caller, "client-4")

    assert [r.status_code for r in responses] == [201, 201, 201, 429]
    assert (repeated.status_code, later.status_code) == (200, 201)
    assert (responses[3].json()["code"], responses[3]["Retry-After"]) == ("rate_limited", "5")
    assert Message.objects.count() == 4


@pytest.mark.django_db
@pytest.mark.usefixtures("counted")
def test_slow_mode_takes_the_place_of_the_usual_limit(call, webinar, attendee):
    Webinar.objects.update(chat_slow_seconds=30)
    caller = call(webinar, attendee)

    with time_machine.travel(timezone.now(), tick=False) as clock:
        first = post(caller, "client-1")
        clock.shift(12)
        second = post(caller, "client-2")
        repeated = post(caller, "client-1")
        clock.shift(18)
        third = post(caller, "client-2")
        Webinar.objects.update(chat_slow_seconds=0)
        at_once = [post(caller, f"client-{n}").status_code for n in (3, 4, 5)]

    assert [r.status_code for r in (first, second, repeated, third)] == [201, 429, 200, 201]
    assert (second.json()["code"], second["Retry-After"]) == ("rate_limited", "18")
    assert at_once == [201, 201, 429]


@pytest.mark.django_db
@pytest.mark.usefixtures("counted")
def test_who_wrote_much_before_slow_mode_waits_for_all_of_it(call, webinar, attendee):
    caller = call(webinar, attendee)

    with time_machine.travel(timezone.now(), tick=False) as clock:
        for number in range(3):
            post(caller, f"client-{number}")
            clock.shift(1)
        Webinar.objects.update(chat_slow_seconds=10)
        refused = post(caller, "client-3")

    assert (refused.status_code, refused["Retry-After"]) == (429, "9")


@pytest.mark.django_db
@pytest.mark.parametrize(("role", "second"), [("attendee", 429), ("presenter", 201), ("moderator", 201)])
def test_hosts_are_not_slowed(call, webinar, role, second):
    Webinar.objects.update(chat_slow_seconds=300)
    caller = call(webinar, RegistrationFactory(webinar=webinar, role=role).user)

    assert [post(caller, f"client-{n}").status_code for n in range(2)] == [201, second]


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["presenter", "moderator", "operator"])
def test_hosts_may_say_every_word(call, webinar, role):
    Webinar.objects.update(blocked_words=["free money"])
    if role == "operator":
        host = AgencyMemberFactory(agency=webinar.agency, role=role).user
    else:
        host = RegistrationFactory(webinar=webinar, role=role).user
    caller = call(webinar, host)

    assert post(caller, "client-1", "Nobody here gives you free money.").status_code == 201


@pytest.mark.django_db
def test_the_role_of_now_counts_not_the_one_of_the_pass(call, webinar):
    Webinar.objects.update(chat_slow_seconds=300, blocked_words=["free money"])
    registration = RegistrationFactory(webinar=webinar, role="presenter")
    caller = call(webinar, registration.user)
    registration.role = "attendee"
    registration.save()

    answers = [post(caller, f"client-{n}", body) for n, body in enumerate(["free money", "hello", "hello again"])]

    assert [answer.status_code for answer in answers] == [400, 201, 429]
    assert answers[1].json()["data"]["message"]["isHost"] is False


@pytest.mark.django_db
def test_the_same_message_twice_at_once_is_never_too_fast(call, webinar, attendee):
    """The second call comes before the first has stored anything: it is let through, and counted once."""
    Webinar.objects.update(chat_slow_seconds=300)
    caller = call(webinar, attendee)
    post(caller, "client-1")
    Message.objects.all().delete()

    assert post(caller, "client-1").status_code == 201
    assert post(caller, "client-2").status_code == 429


@pytest.mark.django_db
def test_a_message_with_a_blocked_word_is_refused_and_not_counted(call, webinar, attendee, django_assert_num_queries):
    Webinar.objects.update(chat_slow_seconds=300, blocked_words=["광고", "free money"])
    caller = call(webinar, attendee)

    with django_assert_num_queries(1):  # 1. gate
        refused = post(caller, "client-1", "무료광\u200b고입니다")
    posted = post(caller, "client-1", "좋은 강의네요")

    assert (refused.status_code, refused.json()["code"]) == (400, "blocked_word")
    assert posted.status_code == 201
    assert [*Message.objects.values_list("body", flat=True)] == ["좋은 강의네요"]


@pytest.mark.django_db
def test_the_muted_are_told_until_when_and_use_nothing_up(call, webinar, attendee, django_assert_num_queries):
    Webinar.objects.update(chat_slow_seconds=300)
    caller = call(webinar, attendee)
    until = timezone.now().replace(microsecond=0) + timedelta(minutes=5)
    webinar.registrations.update(muted_until=until)

    with django_assert_num_queries(1):  # 1. gate
        message = {"body": "hello", "client_id": "client-1"}
        muted = caller.post("messages", message, headers={"Accept-Language": "en"})
    with time_machine.travel(until, tick=False):
        later = post(caller, "client-1")

    body = muted.json()
    assert (muted.status_code, body["code"], body["until"]) == (403, "muted", until.isoformat().replace("+00:00", "Z"))
    assert body["error"] == "A host has muted you. You can write again in 5 minutes."
    assert later.status_code == 201


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("refusal", "code"),
    [
        ({"banned_at": timezone.now()}, "banned"),
        ({"muted_until": timezone.now() + timedelta(days=1)}, "muted"),
    ],
)
def test_what_was_stored_before_is_answered_to_anybody_who_repeats_it(call, webinar, attendee, refusal, code):
    caller = call(webinar, attendee)
    first = post(caller, "client-1")
    webinar.registrations.update(**refusal)

    repeated, new = post(caller, "client-1"), post(caller, "client-2")

    assert (repeated.status_code, repeated.json()) == (200, first.json())
    assert (new.status_code, new.json()["code"]) == (403, code)
    assert ChatRoom.objects.get().last_seq == 1


@pytest.mark.django_db
def test_repeating_a_message_that_was_deleted_does_not_bring_it_back(call, webinar, attendee):
    caller = call(webinar, attendee)
    post(caller, "client-1", "regrettable")
    Message.objects.update(deleted_at=timezone.now(), changed_seq=1)

    message = post(caller, "client-1", "regrettable").json()["data"]["message"]

    assert (message["body"], message["deleted"], message["changedSeq"]) == ("", True, 1)


@pytest.fixture
def team(transactional_db):
    team = Team(3)
    yield team
    team.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("field", "code"), [("banned_at", "banned"), ("muted_until", "muted")])
def test_a_post_waits_for_a_ban_or_mute_that_is_under_way(webinar, attendee, pass_for, team, field, code):
    """The gate let it through; the registration's lock is waited for, and what it says by then is obeyed."""
    live_pass, now = verify_pass(pass_for(webinar, attendee)), timezone.now()

    with transaction.atomic():
        webinar.registrations.update(**{field: now + timedelta(hours=1)})
        posting = team.start(lambda: _refusal(live_pass, now))
        assert not posting.done()

    assert posting.result(20) == code
    assert (Message.objects.count(), ChatRoom.objects.count()) == (0, 0)


@pytest.mark.django_db(transaction=True)
def test_a_ban_waits_for_a_message_that_is_being_stored(webinar, attendee, pass_for, team):
    live_pass, now = verify_pass(pass_for(webinar, attendee)), timezone.now()
    other = verify_pass(pass_for(webinar, RegistrationFactory(webinar=webinar, user=UserFactory()).user))
    post_message(live_pass=other, body="first", client_id="client-0", now=now)

    with transaction.atomic():
        ChatRoom.objects.select_for_update().get()
        posting = team.start(lambda: _refusal(live_pass, now))
        banning = team.start(lambda: webinar.registrations.filter(user=attendee).update(banned_at=now))
        assert (posting.done(), banning.done()) == (False, False)

    assert (posting.result(20), banning.result(20)) == (None, 1)
    assert Message.objects.count() == 2


def _refusal(live_pass, now):
    try:
        post_message(live_pass=live_pass, body="hello", client_id="client-1", now=now)
    except ApiError as refusal:
        return refusal.code
    return None
