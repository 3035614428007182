"""Erasing a person: who may not be erased, what becomes of what they wrote, and the command (spec 5, Retention)."""

import io
import json

import pytest
from allauth.account.models import EmailAddress
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone, translation

from webinars.models import ChatRoom, Message, Question, QuestionRoom, Registration, User, Webinar
from webinars.services import audit
from webinars.services.erasure import CannotErase, erase_person, find_person
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    MessageFactory,
    QuestionFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)
from webinars.tests.room_events import heard

pytestmark = pytest.mark.django_db

BACKEND = "django.contrib.auth.backends.ModelBackend"


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def person():
    return UserFactory(email="Someone@Home.example", display_name="Some One", password="a-long-password")


def erase(user):
    return erase_person(user_id=user.pk, now=timezone.now())


def command(*args):
    out = io.StringIO()
    call_command("erase_person", *map(str, args), stdout=out)
    return out.getvalue()


def test_a_tombstone_stays_that_nobody_can_sign_in_with(person):
    person.is_staff = True
    person.last_login = timezone.now()
    person.save()

    erase(person)

    person.refresh_from_db()
    assert (person.email, person.display_name, person.last_login) == (f"erased-{person.pk}@erased.invalid", "", None)
    assert (person.is_active, person.is_staff, person.has_usable_password()) == (False, False, False)


def test_nothing_more_happens_the_second_time(person):
    MessageFactory(user=person)
    QuestionFactory(user=person)
    RegistrationFactory(user=person, answers={"phone": "010-0000-0000"})
    first = erase(person)
    before = [list(model.objects.values()) for model in (User, Message, Question, Registration)]

    second = erase(person)

    assert {first[name] for name in ("person", "messages", "questions", "registrations")} == {1}
    assert set(second.values()) == {0}
    assert [list(model.objects.values()) for model in (User, Message, Question, Registration)] == before


@pytest.mark.parametrize("factory", [AgencyMemberFactory, ClientMemberFactory])
def test_the_last_owner_is_kept_until_somebody_else_is_one(person, factory):
    member = factory(user=person, role="owner")

    with pytest.raises(CannotErase, match="Make somebody else an owner first"):
        erase(person)
    assert User.objects.get(pk=person.pk).email == person.email

    tenant = {field: getattr(member, field) for field in ("agency", "client") if hasattr(member, field)}
    factory(role="owner", **tenant)
    assert erase(person)["memberships"] == 1
    assert not type(member).objects.filter(user=person).exists()


def test_a_super_admin_is_kept_while_active():
    admin = UserFactory(is_superuser=True)

    with pytest.raises(CannotErase, match="super admin"):
        erase(admin)

    admin.is_active = False
    admin.save(update_fields=["is_active"])
    erase(admin)
    admin.refresh_from_db()
    assert (admin.is_superuser, admin.display_name) == (False, "")


def test_messages_keep_their_place_and_say_nothing(person, call, organizer, webinar):
    webinar.language = "en"
    webinar.save(update_fields=["language"])
    for seq, user in ((1, UserFactory()), (2, person), (3, UserFactory())):
        MessageFactory(webinar=webinar, user=user, seq=seq, body=f"text {seq}", author_name=user.display_name)
    others = [Message.objects.get(seq=seq).author_name for seq in (1, 3)]

    erase(person)

    shown = call(webinar, organizer).get("messages").json()["data"]["messages"]
    assert [(m["seq"], m["authorName"], m["body"], m["deleted"]) for m in shown] == [
        (1, others[0], "text 1", False),
        (2, "Deleted person", "This message was removed.", False),
        (3, others[1], "text 3", False),
    ]


def test_a_korean_room_reads_it_in_korean(person):
    message = MessageFactory(user=person, webinar__language="ko")
    moderated = MessageFactory(user=person, webinar=message.webinar, deleted_at=timezone.now())

    erase(person)

    for one in (message, moderated):
        was_deleted_at = one.deleted_at
        one.refresh_from_db()
        assert (one.body, one.deleted_at) == ("삭제된 메시지입니다.", was_deleted_at)


def test_open_rooms_are_told_at_once_and_others_when_they_ask(person, webinar, django_capture_on_commit_callbacks):
    ended = WebinarFactory(state="ended")
    for room in (webinar, ended):
        ChatRoom.objects.create(webinar=room, last_seq=3, last_changed_seq=7)
        MessageFactory(webinar=room, user=person, seq=1)
        MessageFactory(webinar=room, seq=2)
        MessageFactory(webinar=room, user=person, seq=3, deleted_at=timezone.now(), changed_seq=7)

    with heard(webinar) as events, heard(ended) as others, django_capture_on_commit_callbacks(execute=True):
        erase(person)

    shown, deleted = Message.objects.filter(webinar=webinar, user=person).order_by("seq")
    said, gone = events
    assert (said["type"], gone["type"], others) == ("message.created", "message.deleted", [])
    replaced = {"id": str(shown.pk), "seq": 1, "authorName": "삭제된 사용자", "deleted": False, "changedSeq": 8}
    assert {name: said["data"]["message"][name] for name in replaced} == replaced
    assert said["data"]["message"]["body"] == shown.body != "hello"
    assert gone["data"] == {"id": str(deleted.pk), "seq": 3, "changedSeq": 9}
    changes = Message.objects.order_by("webinar", "seq").values_list("changed_seq", flat=True)
    assert [*changes] == [8, None, 9] * 2
    assert [*ChatRoom.objects.values_list("last_changed_seq", flat=True)] == [9, 9]


def test_notices_lose_what_the_person_said_and_who_wrote_them(person, django_capture_on_commit_callbacks):
    pinned, written, others = (WebinarFactory(language="en") for _ in range(3))
    message = MessageFactory(webinar=pinned, user=person)
    for webinar, notice in ((pinned, {"notice_message_id": message.pk}), (written, {}), (others, {})):
        Webinar.objects.filter(pk=webinar.pk).update(
            notice="Slides are below", notice_author="Some One", notice_set_at=timezone.now(), **notice
        )
    audit.record("notice.set", webinar=written, actor_id=person.pk, now=timezone.now())

    with heard(pinned) as events, django_capture_on_commit_callbacks(execute=True):
        counts = erase(person)

    assert counts["notices"] == 2
    assert [(w.notice, w.notice_author) for w in Webinar.objects.order_by("created_at")] == [
        ("", ""),
        ("Slides are below", "Deleted person"),
        ("Slides are below", "Some One"),
    ]
    assert [event["type"] for event in events] == ["message.created", "notice.cleared"]


def test_a_notice_loses_the_name_that_its_writer_had(person, webinar, call, django_capture_on_commit_callbacks):
    RegistrationFactory(webinar=webinar, user=person, role="moderator")
    call(webinar, person).send("PUT", "notice", {"text": "Slides are below"})
    User.objects.filter(pk=person.pk).update(display_name="Another Name")

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        counts = erase(person)

    webinar.refresh_from_db()
    assert counts["notices"] == 1
    assert (webinar.notice, webinar.notice_author) == ("Slides are below", "삭제된 사용자")
    assert [(event["type"], event["data"]["author"]) for event in events] == [("notice.set", "삭제된 사용자")]
    assert erase(person)["notices"] == 0


def test_a_notice_that_somebody_else_wrote_since_keeps_its_name(person, webinar, call, organizer):
    RegistrationFactory(webinar=webinar, user=person, role="moderator")
    User.objects.filter(pk=organizer.pk).update(display_name="Some One")
    for host in (person, organizer):
        call(webinar, host).send("PUT", "notice", {"text": f"Slides are below, {host.pk}"})

    assert erase(person)["notices"] == 0

    webinar.refresh_from_db()
    assert webinar.notice_author == "Some One"


def test_questions_keep_state_votes_and_number_and_lose_who_asked_what(person, webinar):
    webinar.language = "en"
    webinar.save(update_fields=["language"])
    now = timezone.now()
    other = QuestionFactory(webinar=webinar, seq=1, changed_seq=1)
    mine = QuestionFactory(
        webinar=webinar, user=person, seq=2, changed_seq=2, status="answered", pinned_at=now, upvote_count=3,
        answer="Dear some one, write to someone@home.example. Yes.",
    )  # fmt: skip
    QuestionRoom.objects.create(webinar=webinar, last_seq=2, last_changed_seq=2)

    erase(person)

    mine.refresh_from_db()
    assert (mine.body, mine.asker_name) == ("This question was deleted.", "Deleted person")
    assert mine.answer == "Dear Deleted person, write to Deleted person. Yes."
    assert (mine.seq, mine.changed_seq, mine.status, mine.upvote_count, mine.pinned_at) == (2, 3, "answered", 3, None)
    other.refresh_from_db()
    assert (other.body, other.changed_seq) == ("Will there be a recording?", 1)


def test_rooms_are_told_of_erased_questions_and_what_waits_stays_unread(
    person, webinar, django_capture_on_commit_callbacks
):
    webinar.language = "en"
    webinar.save(update_fields=["language"])
    for number, status in enumerate(("published", "pending", "archived"), start=1):
        QuestionFactory(webinar=webinar, user=person, seq=number, changed_seq=number, status=status)
    QuestionFactory(webinar=WebinarFactory(state="ended"), user=person, status="published")
    QuestionRoom.objects.create(webinar=webinar, last_seq=3, last_changed_seq=3)

    with heard(webinar) as events, django_capture_on_commit_callbacks(execute=True):
        erase(person)

    told = [event["data"]["question"] for event in events]
    assert [event["data"]["changedSeq"] for event in events] == [4, 5, 6]
    assert (told[0]["body"], told[0]["authorName"]) == ("This question was deleted.", "Deleted person")
    assert (told[1], told[2]["status"], "body" in told[2]) == (None, "archived", False)


def test_they_are_signed_out_everywhere_and_others_are_not(person, django_capture_on_commit_callbacks):
    browsers = {name: Client() for name in ("computer", "phone", "other", "signing in")}
    for name, user in (("computer", person), ("phone", person), ("other", UserFactory())):
        browsers[name].force_login(user, backend=BACKEND)
        assert browsers[name].get("/accounts/email/").status_code == 200
    browsers["signing in"].post("/accounts/login/code/", {"email": person.email})
    assert Session.objects.count() == 4

    with django_capture_on_commit_callbacks(execute=True):
        counts = erase(person)

    assert counts["sign-ins"] == 3
    assert Session.objects.count() == 1
    assert browsers["other"].get("/accounts/email/").status_code == 200
    assert browsers["computer"].get("/accounts/email/").status_code == 302


def test_the_log_says_that_something_was_done_and_not_to_whom(person, organizer):
    def entry(obj, title, message="[]"):
        return LogEntry.objects.create(
            user=organizer,
            content_type=ContentType.objects.get_for_model(obj),
            object_id=str(obj.pk),
            object_repr=title,
            action_flag=CHANGE,
            change_message=message,
        )

    message = MessageFactory(user=person, body="a secret")
    registration = RegistrationFactory(user=person)
    added = json.dumps([{"added": {"name": "member", "object": "someone@home.example · 한빛"}}])
    entries = [
        entry(person, "Someone@Home.example"),
        entry(message, "Some One: a secret"),
        entry(registration, "someone@home.example · A webinar"),
        entry(registration.webinar, "A webinar", added),
        entry(organizer, organizer.email, '[{"changed": {"fields": ["Name"]}}]'),
    ]

    counts = erase(person)

    for one in entries:
        one.refresh_from_db()
    gone = entries[0].object_repr
    assert counts["admin log"] == 4
    assert [one.object_repr for one in entries] == [gone, gone, f"{gone} · A webinar", "A webinar", organizer.email]
    assert json.loads(entries[3].change_message) == [{"added": {"name": "member", "object": f"{gone} · 한빛"}}]
    assert entries[4].change_message == '[{"changed": {"fields": ["Name"]}}]'
    assert "someone" not in gone.lower()


@pytest.mark.parametrize("ref", ["someone@home.example", "SOMEONE@HOME.EXAMPLE", "second@home.example", "id"])
def test_a_person_is_found_by_any_address_or_id(person, ref):
    EmailAddress.objects.create(user=person, email="second@home.example")

    assert find_person(str(person.pk) if ref == "id" else ref) == person


def test_the_command_counts_before_it_erases(person):
    MessageFactory(user=person)

    would = command(person.email, "--dry-run")
    assert User.objects.get(pk=person.pk).email == person.email
    did = command(person.email, "--yes")
    again = command(person.pk, "--yes")

    assert would.splitlines()[0] == f"{person.pk}: would be erased"
    assert did == would.replace("would be erased", "erased")
    assert "  messages: 1" in did.splitlines()
    assert again.splitlines()[0] == f"{person.pk}: was erased before"
    assert {line.rpartition(" ")[2] for line in again.splitlines()[1:]} == {"0"}


def test_the_command_asks_a_person_only_for_yes(person):
    with pytest.raises(CommandError, match="--yes"):
        command(person.email)

    assert User.objects.get(pk=person.pk).email == person.email


@pytest.mark.parametrize(("which", "code"), [("nobody", 1), ("owner", 2), ("admin", 2)])
def test_the_command_says_why_not(which, code):
    refs = {
        "nobody": "nobody@home.example",
        "owner": AgencyMemberFactory().user.email,
        "admin": UserFactory(is_superuser=True).email,
    }

    with pytest.raises(CommandError) as refusal:
        command(refs[which], "--yes")

    assert (refusal.value.returncode, str(refusal.value).endswith(".")) == (code, True)


def test_a_pass_that_is_still_valid_opens_no_session_any_more(person, call, webinar):
    RegistrationFactory(webinar=webinar, user=person)
    caller = call(webinar, person)
    erase(person)

    answer = caller.post("access/track", {"session_id": "0b7d1e9c-1111-4222-8333-444455556666"})

    assert (answer.status_code, answer.json()["code"]) == (403, "not_registered")
