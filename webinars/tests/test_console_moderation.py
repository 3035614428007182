"""Keeping order from the console's lists of messages and people (spec 9, 14)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.messages import get_messages
from django.test import Client as Browser
from django.utils import timezone, translation

from webinars.admin import moderation_actions
from webinars.models import AuditEntry, Message, Registration
from webinars.services.chat import post_message
from webinars.services.erasure import erase_person
from webinars.services.managers import manager_of
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

MESSAGES = "/console/webinars/message/"
PEOPLE = "/console/webinars/registration/"
RUNNERS = {"owner", "admin", "operator", "client_operator", "superuser"}
ACTIONS = {
    MESSAGES: ["delete_messages", "restore_messages", "mute", "ban"],
    PEOPLE: ["mute", "unmute", "ban", "unban", "remove_registrations"],
}
ALL = [(page, action) for page, actions in ACTIONS.items() for action in actions]


@pytest.fixture(autouse=True)
def _in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def people(webinar):
    return people_around(webinar)


@pytest.fixture
def registration(webinar, people):
    return Registration.objects.get(webinar=webinar, user=people["attendee"])


@pytest.fixture
def message(webinar, people, registration):
    return written(webinar, registration)


def written(webinar, registration, body="A sentence"):
    """A message as the room stores it."""
    now = timezone.now()
    manager = manager_of(webinar=webinar, user=UserFactory(is_superuser=True), now=now)
    data, _is_new = post_message(live_pass=manager.live_pass, body=body, client_id=f"c-{now.timestamp()}", now=now)
    Message.objects.filter(pk=data["id"]).update(
        user=registration.user, is_host=False, author_name=registration.user.display_name
    )
    return Message.objects.get(pk=data["id"])


def choose(browser, page, action, *rows, **more):
    webinar = rows[0].webinar
    data = {"action": action, "index": "0", ACTION_CHECKBOX_NAME: [str(row.pk) for row in rows], **more}
    return browser.post(f"{page}?webinar={webinar.pk}", data)


def do(browser, page, action, *rows, **more):
    answer = choose(browser, page, action, *rows, confirmed="yes", minutes="15", **more)
    return answer.status_code, [str(message) for message in get_messages(answer.wsgi_request)]


def entries():
    """Without those that say who looked."""
    return AuditEntry.objects.exclude(action="personal.viewed").order_by("id")


def acts():
    return list(entries().values_list("action", flat=True))


@pytest.mark.parametrize("place", ACTIONS)
def test_the_actions_are_offered_to_those_who_run_the_webinar(people, webinar, message, place):
    offered = {}
    for part, person in people.items():
        answer = sign_in(Browser(), person).get(place, {"webinar": str(webinar.pk)})
        form = answer.context["action_form"] if answer.status_code == 200 else None
        offered[part] = [name for name, _title in form.fields["action"].choices if name] if form else []

    assert offered == {part: ACTIONS[place] if part in RUNNERS else [] for part in PARTS}


def kept(registration, message):
    return Registration.objects.values().get(pk=registration.pk), Message.objects.values().get(pk=message.pk)


@pytest.mark.parametrize(("place", "action"), ALL)
def test_who_does_not_run_the_webinar_does_nothing(people, message, registration, place, action):
    row = message if place == MESSAGES else registration
    before = kept(registration, message)

    answers = {
        part: choose(sign_in(Browser(), people[part]), place, action, row, confirmed="yes", minutes="15").status_code
        for part in PARTS
        if part not in RUNNERS
    }

    assert answers == {
        "analyst": 200,  # the list, which knows no such action
        "viewer": 404,
        "neighbour": 404,
        "rival": 404,
        "attendee": 404,
        "anonymous": 302,
    }
    assert (
        Registration.objects.values().get(pk=registration.pk),
        Message.objects.values().get(pk=message.pk),
    ) == before
    assert acts() == []


@pytest.mark.parametrize("part", ["operator", "client_operator"])
def test_rows_of_another_webinar_are_not_chosen(client, people, webinar, message, part):
    other = WebinarFactory(client=webinar.client)
    foreign = RegistrationFactory(webinar=other)
    data = {"action": "ban", "index": "0", ACTION_CHECKBOX_NAME: [str(foreign.pk)], "confirmed": "yes"}

    sign_in(client, people[part]).post(f"{PEOPLE}?webinar={webinar.pk}", data)

    assert Registration.objects.get(pk=foreign.pk).banned_at is None


@pytest.mark.parametrize(("place", "action"), ALL)
def test_an_action_asks_before_it_does_anything(client, people, message, registration, place, action):
    row = message if place == MESSAGES else registration

    answer = choose(sign_in(client, people["operator"]), place, action, row)

    text = answer.content.decode()
    assert answer.status_code == 200
    assert f'<input type="hidden" name="{ACTION_CHECKBOX_NAME}" value="{row.pk}">' in text
    assert "Kim Attendee" in text
    assert str(answer.context["step"].consequences[0]) in text
    assert ('name="minutes"' in text) is (action == "mute")
    assert acts() == []


def test_messages_are_deleted_and_restored(client, people, message):
    browser = sign_in(client, people["operator"])

    deleted = do(browser, MESSAGES, "delete_messages", message)
    gone = Message.objects.get(pk=message.pk)
    restored = do(browser, MESSAGES, "restore_messages", message)
    back = Message.objects.get(pk=message.pk)

    assert deleted == (302, ["1 message was deleted."])
    assert (gone.deleted_by, gone.changed_seq) == (people["operator"], 1)
    assert restored[1][-1] == "1 message was restored."
    assert (back.deleted_at, back.deleted_by, back.changed_seq) == (None, None, 2)
    assert acts() == ["message.deleted", "message.restored"]


def test_the_list_says_who_deleted(client, people, message):
    browser = sign_in(client, people["operator"])
    with time_machine.travel(datetime(2026, 11, 23, 5, 6, 7, tzinfo=UTC), tick=False):
        message.deleted_at = timezone.now()
    message.deleted_by = people["admin"]
    message.save()
    people["admin"].display_name = "Lee"
    people["admin"].save()

    assert "at 14:06:07 by Lee" in browser.get(MESSAGES, {"webinar": str(message.webinar_id)}).content.decode()
    assert "at 14:06:07 by Lee" in browser.get(f"{MESSAGES}{message.pk}/change/").content.decode()


@pytest.mark.parametrize("place", ACTIONS)
def test_people_are_muted_from_both_lists(client, people, message, registration, place):
    row = message if place == MESSAGES else registration
    now = timezone.now()

    with time_machine.travel(now, tick=False):
        answer = do(sign_in(client, people["operator"]), place, "mute", row)

    assert answer == (302, ["1 person is muted."])
    assert Registration.objects.get(pk=registration.pk).muted_until == now + timedelta(minutes=15)


def test_a_person_is_muted_once_however_many_of_their_messages_are_chosen(client, people, webinar, registration):
    rows = [written(webinar, registration, body) for body in ("one", "two")]

    answer = do(sign_in(client, people["operator"]), MESSAGES, "mute", *rows)

    assert answer[1] == ["1 person is muted."]
    assert acts() == ["member.muted"]


def test_a_length_that_is_not_offered_is_asked_again(client, people, registration):
    answer = choose(
        sign_in(client, people["operator"]), PEOPLE, "mute", registration, confirmed="yes", minutes="999999"
    )

    assert answer.status_code == 200
    assert Registration.objects.get(pk=registration.pk).muted_until is None


def test_bans_and_mutes_are_taken_back(client, people, registration):
    browser = sign_in(client, people["operator"])

    for action in ("mute", "ban", "unban", "unmute"):
        do(browser, PEOPLE, action, registration)

    after = Registration.objects.get(pk=registration.pk)
    assert (after.muted_until, after.banned_at) == (None, None)
    assert acts() == ["member.muted", "member.banned", "member.unbanned", "member.unmuted"]
    assert set(entries().values_list("actor_id", "subject_id")) == {(people["operator"].pk, str(registration.user_id))}


def test_registrations_are_removed(client, people, webinar, registration):
    banned = RegistrationFactory(webinar=webinar, banned_at=timezone.now(), user__display_name="Kim Banned")
    browser = sign_in(client, people["operator"])

    answer = do(browser, PEOPLE, "remove_registrations", registration, banned)

    assert sorted(answer[1]) == [
        "1 registration was removed.",
        "Kim Banned: This person is banned. Lift the ban before you remove them.",
    ]
    assert not Registration.objects.filter(pk=registration.pk).exists()
    assert Registration.objects.filter(pk=banned.pk).exists()
    assert acts() == ["member.removed"]


def test_what_is_refused_is_said_beside_what_was_done(client, people, webinar, registration):
    member = RegistrationFactory(webinar=webinar, user=people["owner"])
    people["owner"].display_name = "The owner"
    people["owner"].save()

    answer = do(sign_in(client, people["operator"]), PEOPLE, "ban", registration, member)

    assert sorted(answer[1]) == [
        "1 person is banned.",
        "The owner: Members of the organizing team cannot be silenced in a room.",
    ]
    assert Registration.objects.get(pk=member.pk).banned_at is None


def test_too_many_at_once_are_refused(client, people, webinar, registration, monkeypatch):
    monkeypatch.setattr(moderation_actions, "AT_ONCE", 1)

    answer = do(sign_in(client, people["operator"]), PEOPLE, "ban", registration, RegistrationFactory(webinar=webinar))

    assert answer == (302, ["Choose 1 row at most."])
    assert acts() == []


def change_role(browser, registration, role):
    return browser.post(f"{PEOPLE}{registration.pk}/change/", {"role": role})


def test_a_change_of_role_is_in_the_audit_log(client, people, registration):
    browser = sign_in(client, people["operator"])

    change_role(browser, registration, "moderator")
    change_role(browser, registration, "moderator")

    entry = entries().get()
    assert Registration.objects.get(pk=registration.pk).role == "moderator"
    assert (entry.action, entry.actor_id, entry.subject_id) == (
        "member.role_changed",
        people["operator"].pk,
        str(registration.user_id),
    )
    assert entry.details == {"from": "attendee", "to": "moderator"}


def test_a_change_of_role_leaves_a_ban_of_the_meantime_alone(client, people, registration):
    browser = sign_in(client, people["operator"])
    form = browser.get(f"{PEOPLE}{registration.pk}/change/")
    do(browser, PEOPLE, "ban", registration)

    change_role(browser, registration, "presenter")

    assert form.status_code == 200
    after = Registration.objects.get(pk=registration.pk)
    assert (after.role, after.banned_at is not None) == ("presenter", True)


def test_an_erased_persons_address_is_shown_nowhere(client, people, webinar, message, registration):
    erase_person(user_id=registration.user_id, now=timezone.now())
    browser = sign_in(client, people["operator"])
    pages = [
        browser.get(PEOPLE, {"webinar": str(webinar.pk)}),
        browser.get(f"{PEOPLE}{registration.pk}/change/"),
        browser.get(f"{MESSAGES}{message.pk}/change/"),
        choose(browser, PEOPLE, "ban", registration),
    ]

    texts = [page.content.decode() for page in pages]

    assert [text for text in texts if "erased.invalid" in text] == []
    assert "Erased person" in texts[0]
    assert "Erased person" in texts[3]


def test_a_mute_that_is_over_is_not_shown(client, people, webinar, registration):
    Registration.objects.filter(pk=registration.pk).update(muted_until=timezone.now() - timedelta(minutes=1))

    page = sign_in(client, people["analyst"]).get(PEOPLE, {"webinar": str(webinar.pk)})

    row = page.context["cl"].result_list[0]
    assert page.context["cl"].model_admin.muted(row) == "–"


def test_rows_that_left_the_filtered_list_are_not_asked_about(client, people, webinar, registration):
    Registration.objects.filter(pk=registration.pk).update(banned_at=timezone.now())
    data = {"action": "ban", "index": "0", ACTION_CHECKBOX_NAME: [str(registration.pk)]}

    answer = sign_in(client, people["operator"]).post(f"{PEOPLE}?webinar={webinar.pk}&banned_at__isempty=1", data)

    assert answer.status_code == 302
    assert [str(message) for message in get_messages(answer.wsgi_request)] == [
        "None of the chosen rows is in this list any more. Nothing was changed."
    ]
    assert acts() == []
