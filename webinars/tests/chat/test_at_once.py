"""Moderators and posters at the same time, on connections of their own: numbers without gaps, everything told once."""

from contextlib import suppress
from functools import partial

import pytest
from django.db import transaction
from django.utils import timezone
from rest_framework.exceptions import PermissionDenied

from eventflow.api.errors import ApiError, NotFound
from webinars.models import AuditEntry, ChatRoom, Message, User, Webinar
from webinars.services import moderation, notice, room_settings
from webinars.services.chat import post_message
from webinars.services.erasure import erase_person
from webinars.services.live_pass import verify_pass
from webinars.tests.at_once import Team
from webinars.tests.factories import MessageFactory, RegistrationFactory
from webinars.tests.room_events import heard

pytestmark = pytest.mark.django_db(transaction=True)

ROUNDS = 25
NOW = timezone.now()


@pytest.fixture
def team(transactional_db):
    team = Team(4)
    yield team
    team.close()


@pytest.fixture
def moderators(webinar, pass_for):
    people = [RegistrationFactory(webinar=webinar, role="moderator").user for _ in range(2)]
    return [verify_pass(pass_for(webinar, person)) for person in people]


def some_messages(webinar, count):
    author = RegistrationFactory(webinar=webinar).user
    room, _is_new = ChatRoom.objects.get_or_create(webinar=webinar)
    messages = []
    for _each in range(count):
        room.last_seq += 1
        messages.append(MessageFactory(webinar=webinar, user=author, seq=room.last_seq))
    room.save()
    return messages


def changes_of(events):
    return sorted(data["changedSeq"] for data in (event["data"].get("message", event["data"]) for event in events))


def test_two_moderators_delete_the_same_message(webinar, moderators, team):
    messages = some_messages(webinar, ROUNDS)

    with heard(webinar) as events:
        for message in messages:
            delete = partial(moderation.delete_message, message_id=message.pk, now=NOW)
            first, second = team.at_once(*(partial(delete, live_pass=live_pass) for live_pass in moderators))
            assert first == second

    assert changes_of(events) == [*range(1, ROUNDS + 1)]
    assert AuditEntry.objects.count() == ChatRoom.objects.get().last_changed_seq == ROUNDS


def test_deleting_restoring_pinning_and_posting_at_once(webinar, moderators, team, settings):
    """Whoever comes last decides, and a notice is never a message that is deleted."""
    settings.CHAT_RATE_MESSAGES = 1000
    one, other = moderators

    with heard(webinar) as events:
        for number, message in enumerate(some_messages(webinar, ROUNDS)):
            of_message = {"message_id": message.pk, "now": NOW}
            team.at_once(
                partial(moderation.delete_message, live_pass=one, **of_message),
                partial(moderation.restore_message, live_pass=other, **of_message),
                partial(_pin, live_pass=one, **of_message),
                partial(post_message, live_pass=other, body="hello", client_id=f"client-{number}", now=NOW),
            )
            message.refresh_from_db()
            pinned = Webinar.objects.get().notice_message_id
            assert pinned != message.pk or message.deleted_at is None

    changed = [event for event in events if event["type"] == "message.deleted" or _changed(event)]
    last = ChatRoom.objects.get()
    assert changes_of(changed) == [*range(1, last.last_changed_seq + 1)]
    assert [*Message.objects.order_by("seq").values_list("seq", flat=True)] == [*range(1, 2 * ROUNDS + 1)]
    acts = AuditEntry.objects.filter(action__startswith="message.").count()
    assert acts == last.last_changed_seq


def _changed(event):
    return event["type"] == "message.created" and event["data"]["message"]["changedSeq"] is not None


def _pin(**arguments):
    with suppress(NotFound):  # deleted already
        notice.pin_message(**arguments)


def test_two_moderators_ban_the_same_person_and_clear_the_same_notice(webinar, moderators, team):
    person = RegistrationFactory(webinar=webinar).user
    notice.set_notice(live_pass=moderators[0], text="hello", now=NOW)

    team.at_once(
        *(partial(moderation.ban, live_pass=one, user_id=person.pk, now=NOW) for one in moderators),
        *(partial(notice.clear_notice, live_pass=one, now=NOW) for one in moderators),
    )

    actions = AuditEntry.objects.order_by("action").values_list("action", flat=True)
    assert [*actions] == ["member.banned", "notice.cleared", "notice.set"]


def test_two_moderators_turn_different_switches(webinar, moderators, team):
    one, other = moderators

    for slow, moderated in zip((5, 10, 30, 60), (False, True, False, True), strict=True):
        team.at_once(
            partial(room_settings.change_room, live_pass=one, wanted={"slow_seconds": slow}, now=NOW),
            partial(room_settings.change_room, live_pass=other, wanted={"questions_moderated": moderated}, now=NOW),
        )
        webinar.refresh_from_db()
        assert (webinar.chat_slow_seconds, webinar.questions_moderated) == (slow, moderated)


def test_a_person_who_posts_and_moderates_while_being_erased(webinar, pass_for, team, settings):
    """No two wait for each other: everything ends, and nothing of theirs is left."""
    settings.CHAT_RATE_MESSAGES = 1000
    for number in range(5):
        person = RegistrationFactory(webinar=webinar, role="moderator", user__display_name="Some One").user
        live_pass = verify_pass(pass_for(webinar, person))
        post_message(live_pass=live_pass, body="a secret", client_id=f"before-{number}", now=NOW)
        (message,) = some_messages(webinar, 1)

        team.at_once(
            partial(erase_person, user_id=person.pk, now=NOW),
            partial(_refused, post_message, live_pass=live_pass, body="a secret", client_id=f"client-{number}"),
            partial(_refused, post_message, live_pass=live_pass, body="a secret", client_id=f"again-{number}"),
            partial(_refused, moderation.delete_message, live_pass=live_pass, message_id=message.pk),
        )

    assert not Message.objects.filter(body="a secret").exists()
    assert not Message.objects.filter(author_name="Some One").exists()


def test_who_is_just_being_erased_signs_no_notice(webinar, pass_for, team):
    person = RegistrationFactory(webinar=webinar, role="moderator", user__display_name="Some One").user
    live_pass = verify_pass(pass_for(webinar, person))

    with transaction.atomic():
        erase_person(user_id=person.pk, now=NOW)
        setting = team.start(partial(notice.set_notice, live_pass=live_pass, text="hello", now=NOW))
        assert not setting.done()

    with pytest.raises(PermissionDenied):
        setting.result(20)
    webinar.refresh_from_db()
    assert (webinar.notice, webinar.notice_author) == ("", "")


def test_an_account_that_is_just_being_deleted_deletes_no_message(webinar, moderators, team):
    (message,) = some_messages(webinar, 1)
    delete = partial(moderation.delete_message, live_pass=moderators[0], message_id=message.pk, now=NOW)

    with transaction.atomic():
        User.objects.get(pk=moderators[0].user_id).delete()
        deleting = team.start(delete)
        assert not deleting.done()

    with pytest.raises(PermissionDenied):
        deleting.result(20)
    message.refresh_from_db()
    assert message.deleted_at is None


@pytest.mark.parametrize(
    "act",
    [
        partial(room_settings.change_room, wanted={"slow_seconds": 5}),
        partial(notice.set_notice, text="hello"),
    ],
)
def test_a_webinar_that_is_just_being_deleted_is_not_there(webinar, moderators, team, act):
    with transaction.atomic():
        webinar.delete()
        acting = team.start(partial(act, live_pass=moderators[0], now=NOW))
        assert not acting.done()

    with pytest.raises(NotFound):
        acting.result(20)


def _refused(act, **arguments):
    with suppress(ApiError, PermissionDenied):
        act(**arguments, now=NOW)
