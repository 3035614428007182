"""Keeping order (spec 9): each act once, in the audit log, told to every page, and taken back."""

import uuid
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from webinars.models import AuditEntry, ChatRoom, Message, Registration
from webinars.tests.factories import (
    AgencyMemberFactory,
    MessageFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)
from webinars.tests.room_events import controls_heard, heard

pytestmark = pytest.mark.django_db


@pytest.fixture
def moderator(webinar):
    return RegistrationFactory(webinar=webinar, role="moderator", user=UserFactory(display_name="Moderator")).user


@pytest.fixture
def message(webinar, attendee):
    ChatRoom.objects.create(webinar=webinar, last_seq=3)
    return MessageFactory(webinar=webinar, user=attendee, seq=3, body="regrettable", author_name="Attendee")


@pytest.fixture
def act(call, webinar, django_capture_on_commit_callbacks):
    """Calls the API as somebody, with what follows the commit."""

    def make(who, method, path, body=None):
        with django_capture_on_commit_callbacks(execute=True):
            return call(webinar, who).send(method, path, body)

    return make


def audited():
    fields = ("action", "actor_id", "subject_type", "subject_id", "details")
    return [*AuditEntry.objects.order_by("id").values_list(*fields)]


def test_deleting_is_one_short_transaction(call, webinar, message, moderator, django_assert_num_queries):
    caller = call(webinar, moderator)

    # 1. host, 2. begin, 3. host's row, 4. room, 5. message, 6. number, 7. message, 8. notice, 9. audit, 10. end
    with django_assert_num_queries(10):
        assert caller.send("DELETE", f"messages/{message.pk}").status_code == 200


def test_a_message_is_deleted_and_restored_once_each(act, webinar, message, moderator):
    shown = {"id": str(message.pk), "seq": 3, "body": "", "authorName": "Attendee", "deleted": True, "changedSeq": 1}

    with heard(webinar) as events:
        deleted = act(moderator, "DELETE", f"messages/{message.pk}")
        again = act(moderator, "DELETE", f"messages/{message.pk}")
        restored = act(moderator, "POST", f"messages/{message.pk}/restore")
        act(moderator, "POST", f"messages/{message.pk}/restore")

    assert (deleted.status_code, again.status_code, restored.status_code) == (200, 200, 200)
    assert deleted.json() == again.json()
    data = deleted.json()["data"]["message"]
    assert {name: data[name] for name in shown} == shown
    whole = restored.json()["data"]["message"]
    assert whole == {**data, "body": "regrettable", "deleted": False, "changedSeq": 2}
    assert events == [
        {"type": "message.deleted", "data": {"id": str(message.pk), "seq": 3, "changedSeq": 1}},
        {"type": "message.created", "data": {"message": whole}},
    ]
    details = {"seq": 3, "user_id": str(message.user_id)}
    assert audited() == [
        ("message.deleted", moderator.pk, "message", str(message.pk), details),
        ("message.restored", moderator.pk, "message", str(message.pk), details),
    ]
    message.refresh_from_db()
    assert (message.deleted_at, message.deleted_by, ChatRoom.objects.get().last_changed_seq) == (None, None, 2)


def test_who_deleted_it_is_kept(act, message, moderator):
    act(moderator, "DELETE", f"messages/{message.pk}")

    message.refresh_from_db()
    assert (message.deleted_by, message.body) == (moderator, "regrettable")


def test_a_pinned_message_that_is_deleted_stops_being_the_notice(act, webinar, message, moderator):
    act(moderator, "PUT", "notice", {"message_id": str(message.pk)})

    with heard(webinar) as events:
        act(moderator, "DELETE", f"messages/{message.pk}")
        act(moderator, "POST", f"messages/{message.pk}/restore")

    webinar.refresh_from_db()
    assert (webinar.notice, webinar.notice_message_id, webinar.notice_set_at) == ("", None, None)
    assert [event["type"] for event in events] == ["notice.cleared", "message.deleted", "message.created"]
    assert [action for action, *_ in audited()] == [
        "notice.set",
        "notice.cleared",
        "message.deleted",
        "message.restored",
    ]


def test_another_notice_stays_when_a_message_is_deleted(act, webinar, message, moderator):
    act(moderator, "PUT", "notice", {"text": "Slides are below"})

    act(moderator, "DELETE", f"messages/{message.pk}")

    webinar.refresh_from_db()
    assert webinar.notice == "Slides are below"


@pytest.mark.parametrize(
    ("who", "whose", "status"),
    [
        ("moderator", "presenter", 403),
        ("moderator", "owner", 403),
        ("moderator", "moderator", 200),
        ("presenter", "presenter", 200),
        ("presenter", "attendee", 403),
        ("owner", "presenter", 200),
        ("owner", "other owner", 200),
        ("attendee", "attendee", 403),
    ],
)
def test_whose_messages_are_whose_to_delete(act, webinar, message, who, whose, status):
    people = {
        "owner": AgencyMemberFactory(agency=webinar.agency).user,
        "other owner": AgencyMemberFactory(agency=webinar.agency).user,
        "attendee": message.user,
        **{role: RegistrationFactory(webinar=webinar, role=role).user for role in ("moderator", "presenter")},
    }
    Message.objects.update(user=people[whose], is_host=whose != "attendee")

    answers = [
        act(people[who], "DELETE", f"messages/{message.pk}"),
        act(people[who], "POST", f"messages/{message.pk}/restore"),
    ]

    assert [answer.status_code for answer in answers] == [status, status]
    assert len(audited()) == (2 if status == 200 else 0)


def test_a_presenter_does_not_take_back_what_a_moderator_decided(act, webinar, message):
    owner = AgencyMemberFactory(agency=webinar.agency).user
    presenter = RegistrationFactory(webinar=webinar, role="presenter").user
    Message.objects.update(user=presenter, is_host=True)
    act(owner, "DELETE", f"messages/{message.pk}")

    assert act(presenter, "POST", f"messages/{message.pk}/restore").status_code == 403
    assert Message.objects.get().deleted_by == owner


def test_messages_of_another_webinar_do_not_exist(act, moderator):
    foreign = MessageFactory(seq=1)
    ChatRoom.objects.create(webinar=foreign.webinar, last_seq=1)

    answers = [
        act(moderator, "DELETE", f"messages/{foreign.pk}"),
        act(moderator, "POST", f"messages/{foreign.pk}/restore"),
        act(moderator, "PUT", "notice", {"message_id": str(foreign.pk)}),
        act(moderator, "DELETE", f"messages/{uuid.uuid4()}"),
    ]

    assert [answer.status_code for answer in answers] == [404] * 4
    assert (Message.objects.get().deleted_at, audited()) == (None, [])


def test_a_mute_has_an_end_and_the_last_word_counts(act, call, webinar, attendee, moderator):
    path = f"members/{attendee.pk}/mute"
    now = timezone.now()

    with time_machine.travel(now, tick=False) as clock, controls_heard(webinar) as told:
        first = act(moderator, "POST", path, {"minutes": 10})
        clock.shift(5)
        again = act(moderator, "POST", path, {"minutes": 10})
        shorter = act(moderator, "POST", path, {"minutes": 1})
        refused = call(webinar, attendee).post("messages", {"body": "hello", "client_id": "client-1"})
        ended = act(moderator, "DELETE", path)
        act(moderator, "DELETE", path)

    assert [r.status_code for r in (first, again, shorter, refused, ended)] == [200, 200, 200, 403, 200]
    assert first.json() == again.json()
    untils = [r.json()["data"]["mutedUntil"] for r in (first, shorter, ended)]
    ends = [now + timedelta(minutes=10), now + timedelta(seconds=65)]
    assert untils == [*(end.isoformat(timespec="milliseconds").replace("+00:00", "Z") for end in ends), None]
    assert told == [
        ("tell", {"person": str(attendee.pk), "event": {"type": "member.muted", "data": {"until": until}}})
        for until in untils
    ]
    assert [(action, actor, subject) for action, actor, _type, subject, _details in audited()] == [
        ("member.muted", moderator.pk, str(attendee.pk)),
        ("member.muted", moderator.pk, str(attendee.pk)),
        ("member.unmuted", moderator.pk, str(attendee.pk)),
    ]


def test_a_mute_that_is_over_is_not_ended_again(act, webinar, attendee, moderator):
    webinar.registrations.filter(user=attendee).update(muted_until=timezone.now() - timedelta(seconds=1))

    with controls_heard(webinar) as told:
        ended = act(moderator, "DELETE", f"members/{attendee.pk}/mute")

    assert (ended.status_code, told, audited()) == (200, [], [])


def test_the_banned_are_shut_out_until_they_are_let_in_again(act, call, webinar, attendee, moderator):
    caller = call(webinar, attendee)
    caller.post("messages", {"body": "hello", "client_id": "client-0"})

    with controls_heard(webinar) as told:
        banned = act(moderator, "POST", f"members/{attendee.pk}/ban")
        again = act(moderator, "POST", f"members/{attendee.pk}/ban")
        refused = [
            caller.post("messages", {"body": "hello", "client_id": "client-1"}),
            caller.post("token"),
        ]
        unbanned = act(moderator, "DELETE", f"members/{attendee.pk}/ban")
        act(moderator, "DELETE", f"members/{attendee.pk}/ban")
        admitted = caller.post("token")

    assert (banned.status_code, unbanned.status_code, admitted.status_code) == (200, 200, 200)
    assert banned.json() == again.json()
    assert unbanned.json()["data"] == {"userId": str(attendee.pk), "bannedAt": None}
    assert [(r.status_code, r.json()["code"]) for r in refused] == [(403, "banned")] * 2
    assert [(kind, content["person"]) for kind, content in told] == [
        ("shut-out", str(attendee.pk)),
        ("let-in", str(attendee.pk)),
    ]
    assert [action for action, *_ in audited()] == ["member.banned", "member.unbanned"]
    assert Message.objects.get().deleted_at is None


@pytest.mark.parametrize("path", ["mute", "ban"])
@pytest.mark.parametrize(
    ("who", "whom", "status", "code"),
    [
        ("moderator", "attendee", 200, None),
        ("moderator", "presenter", 403, "is_host"),
        ("moderator", "other moderator", 403, "is_host"),
        ("moderator", "moderator", 403, "yourself"),
        ("moderator", "owner", 403, "is_member"),
        ("moderator", "superuser", 403, "is_member"),
        ("moderator", "stranger", 404, "not_found"),
        ("moderator", "nobody", 404, "not_found"),
        ("owner", "presenter", 200, None),
        ("owner", "moderator", 200, None),
        ("owner", "owner", 403, "yourself"),
        ("presenter", "attendee", 403, "forbidden"),
        ("attendee", "presenter", 403, "forbidden"),
    ],
)
def test_who_may_silence_whom(act, webinar, attendee, path, who, whom, status, code):
    people = {
        "attendee": attendee,
        "stranger": UserFactory(),
        "superuser": UserFactory(is_superuser=True),
        "owner": AgencyMemberFactory(agency=webinar.agency).user,
        "presenter": RegistrationFactory(webinar=webinar, role="presenter").user,
        "moderator": RegistrationFactory(webinar=webinar, role="moderator").user,
        "other moderator": RegistrationFactory(webinar=webinar, role="moderator").user,
    }
    key = people[whom].pk if whom in people else uuid.uuid4()

    done = act(people[who], "POST", f"members/{key}/{path}", {"minutes": 5})
    undone = act(people[who], "DELETE", f"members/{key}/{path}")

    back = (404, "not_found") if whom in ("owner", "superuser") and code == "is_member" else (status, code)
    assert [(r.status_code, r.json().get("code")) for r in (done, undone)] == [(status, code), back]
    assert AuditEntry.objects.count() == (2 if status == 200 else 0)


@pytest.mark.parametrize("path", ["mute", "ban"])
@pytest.mark.parametrize("who", ["moderator", "owner"])
def test_who_became_a_member_is_released_and_not_silenced_again(act, webinar, attendee, moderator, path, who):
    host = moderator if who == "moderator" else AgencyMemberFactory(agency=webinar.agency).user
    address = f"members/{attendee.pk}/{path}"
    act(host, "POST", address, {"minutes": 5})
    AgencyMemberFactory(agency=webinar.agency, role="viewer", user=attendee)

    undone, again = act(host, "DELETE", address), act(host, "POST", address, {"minutes": 5})

    assert undone.status_code == 200
    assert (again.status_code, again.json()["code"]) == (403, "is_member")
    assert Registration.objects.filter(user=attendee, muted_until=None, banned_at=None).exists()


def test_people_of_another_webinar_are_nobody_here(act, moderator):
    foreign = RegistrationFactory().user

    answers = [act(moderator, "POST", f"members/{foreign.pk}/{path}", {"minutes": 5}) for path in ("mute", "ban")]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert Registration.objects.filter(user=foreign, muted_until=None, banned_at=None).exists()


@pytest.mark.parametrize("count", [1, 3])
def test_who_is_silenced(call, webinar, moderator, count, django_assert_num_queries):
    now = timezone.now().replace(microsecond=0)
    for number in range(count):
        RegistrationFactory(
            webinar=webinar,
            user=UserFactory(display_name=f"Muted {number}"),
            muted_until=now + timedelta(minutes=count - number),
        )
    banned = RegistrationFactory(
        webinar=webinar, user=UserFactory(display_name=""), banned_at=now, muted_until=now - timedelta(minutes=1)
    ).user
    RegistrationFactory(webinar=webinar, muted_until=now - timedelta(seconds=1))
    RegistrationFactory(webinar=WebinarFactory(), banned_at=now)
    caller = call(webinar, moderator)

    with django_assert_num_queries(2):  # 1. host, 2. people
        members = caller.get("members/silenced").json()["data"]["members"]

    moment = now.isoformat().replace("+00:00", "Z")
    assert members[0] == {"userId": str(banned.pk), "name": "참석자", "mutedUntil": None, "bannedAt": moment}
    assert [(m["name"], m["bannedAt"]) for m in members[1:]] == [(f"Muted {number}", None) for number in range(count)]


@pytest.mark.parametrize(
    "body",
    [{}, {"minutes": 0}, {"minutes": 1441}, {"minutes": -5}, {"minutes": "x"}, {"minutes": None}, {"minutes": [5]},
     {"minutes": True}, {"minutes": 1e999}, {"minutes": 10**400}, {"minutes": 2.5}, {"minutes": "\x00"}, [5], "5", 5],
)  # fmt: skip
def test_a_mute_takes_one_minute_to_a_day(act, attendee, moderator, body):
    response = act(moderator, "POST", f"members/{attendee.pk}/mute", body)

    assert response.status_code == 400
    assert Registration.objects.filter(muted_until__isnull=False).count() == 0


def test_a_moderator_who_is_one_no_more(act, call, webinar, message, moderator):
    """Their pass still says so; the database does not."""
    caller = call(webinar, moderator)
    webinar.registrations.filter(user=moderator).update(role="attendee")

    answers = [
        caller.send("DELETE", f"messages/{message.pk}"),
        caller.send("POST", f"members/{message.user_id}/ban"),
        caller.send("PATCH", "room", {"slow_seconds": 5}),
        caller.send("PUT", "notice", {"text": "hello"}),
        caller.get("members/silenced"),
        caller.get("room"),
    ]

    assert [answer.status_code for answer in answers] == [403] * 6
    assert audited() == []
