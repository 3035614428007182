"""The audit log in the console (spec 13): to read, by those who may run webinars, and nothing else."""

import uuid
from datetime import UTC, datetime

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone, translation

from webinars.admin import audit as audit_admin
from webinars.admin.audit_acts import ACTS
from webinars.admin.audit_words import sentence_of
from webinars.models import AuditEntry, User
from webinars.selectors.audit import Names, names_of
from webinars.services.audit import record
from webinars.services.erasure import erase_person
from webinars.tests.console_forms import change
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import MessageFactory, RegistrationFactory, UserFactory, WebinarFactory

LIST = "/console/webinars/auditentry/"
RUNNERS = {"owner", "admin", "operator", "client_operator", "superuser"}
AT = datetime(2026, 11, 23, 5, 6, 7, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _in_english(client):
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    with translation.override("en"):
        yield


@pytest.fixture
def people(webinar):
    return people_around(webinar)


def noted(webinar, action="notice.set", **more):
    record(action, webinar=webinar, now=AT, **{"actor_id": None, **more})
    return AuditEntry.objects.latest("id")


def table(allowed):
    return {part: 302 if part == "anonymous" else 200 if part in allowed else 404 for part in PARTS}


def answers(people, ask):
    return {part: ask(sign_in(Browser(), person)).status_code for part, person in people.items()}


def listed(browser, **query):
    """Without that somebody read it."""
    found = browser.get(LIST, query).context["cl"].result_list
    return [entry.pk for entry in found if entry.action != "personal.viewed"]


def test_the_list_opens_for_those_who_run_webinars(people, webinar):
    noted(webinar)

    assert answers(people, lambda browser: browser.get(LIST)) == table(RUNNERS | {"neighbour", "rival"})


def test_a_webinars_entries_open_for_those_who_run_it(people, webinar):
    noted(webinar)

    found = answers(people, lambda browser: browser.get(LIST, {"webinar": str(webinar.pk)}))

    assert found == table(RUNNERS)


def test_an_entry_is_found_by_those_who_run_its_webinar(people, webinar):
    page = f"{LIST}{noted(webinar).pk}/change/"

    assert answers(people, lambda browser: browser.get(page)) == table(RUNNERS)


@pytest.mark.parametrize("place", ["add/", "{pk}/delete/", "{pk}/change/"])
def test_nobody_writes_in_it(people, webinar, place):
    url = LIST + place.format(pk=noted(webinar).pk)

    assert answers(people, lambda browser: browser.post(url, {"action": "x"})) == table(set())
    assert list(AuditEntry.objects.values_list("action", flat=True)) == ["notice.set"]


def test_no_action_deletes_entries(client, people, webinar):
    entry = noted(webinar)
    chosen = {"action": "delete_selected", ACTION_CHECKBOX_NAME: [str(entry.pk)], "post": "yes"}

    sign_in(client, people["superuser"]).post(LIST, chosen)

    assert AuditEntry.objects.filter(pk=entry.pk).exists()


@pytest.mark.parametrize("part", ["rival", "neighbour"])
def test_the_list_shows_nothing_of_other_tenants(client, people, webinar, part):
    noted(webinar)

    assert listed(sign_in(client, people[part])) == []


def test_an_installations_own_entries_are_the_super_admins(client, people):
    own = AuditEntry.objects.create(at=AT, action="login")

    assert listed(sign_in(client, people["superuser"])) == [own.pk]
    assert listed(sign_in(client, people["owner"])) == []


def test_the_list_is_narrowed_by_webinar_and_by_act(client, organizer, webinar):
    other = WebinarFactory(client=webinar.client)
    first, second = noted(webinar), noted(webinar, "notice.cleared")
    third = noted(other)
    browser = sign_in(client, organizer)

    assert listed(browser) == [third.pk, second.pk, first.pk]
    assert listed(browser, webinar=str(webinar.pk)) == [second.pk, first.pk]
    assert listed(browser, act="notice.set") == [third.pk, first.pk]
    assert listed(browser, act="notice.set", webinar=str(webinar.pk)) == [first.pk]


@pytest.mark.parametrize("wanted", ["nonsense", "00000000-0000-4000-8000-000000000000"])
def test_a_webinar_that_never_was_is_not_found(client, organizer, wanted):
    assert sign_in(client, organizer).get(LIST, {"webinar": wanted}).status_code == 404


def test_entries_outlive_their_webinar(client, organizer, webinar):
    draft = WebinarFactory(client=webinar.client, state="draft")
    entry, key = noted(draft), draft.pk
    draft.delete()
    browser = sign_in(client, organizer)

    assert listed(browser) == [entry.pk]
    page = browser.get(LIST, {"webinar": str(key)})
    assert [found.pk for found in page.context["cl"].result_list] == [entry.pk]
    assert "Deleted webinar" in page.content.decode()


def test_a_webinars_entries_are_one_of_its_tabs(client, organizer, people, webinar):
    page = reverse("admin:webinars_webinar_change", args=[webinar.pk])
    address = f"{LIST}?webinar={webinar.pk}"

    tabs = {tab["url"] for tab in sign_in(client, organizer).get(page).context["webinar_tabs"]}
    analysts = {tab["url"] for tab in sign_in(client, people["analyst"]).get(page).context["webinar_tabs"]}

    assert address in tabs
    assert address not in analysts
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("rows", [1, 3])
def test_the_list_costs_the_same_for_one_entry_and_three(client, organizer, webinar, django_assert_num_queries, rows):
    for _n in range(rows):
        deleted(webinar, MessageFactory(webinar=webinar), actor_id=UserFactory().pk)
    browser = sign_in(client, organizer)
    browser.get(LIST)

    # 1. person 2.–3. memberships 4. the filter's webinars 5. the filter's people 6. count 7. entries 8. people
    # 9. webinars 10. the agency in which the log was read
    with django_assert_num_queries(10):
        assert browser.get(LIST).status_code == 200


def test_only_the_newest_are_counted(client, organizer, webinar, monkeypatch):
    monkeypatch.setattr(audit_admin, "LISTED", 2)
    monkeypatch.setattr(audit_admin.AuditEntryAdmin, "list_per_page", 1)
    monkeypatch.setattr(audit_admin.AuditEntryAdmin, "viewed", None)
    entries = [noted(webinar) for _n in range(3)]
    browser = sign_in(client, organizer)

    assert browser.get(LIST).context["cl"].paginator.num_pages == 2
    assert listed(browser, p="2") == [entries[1].pk]
    assert browser.get(LIST, {"p": "3"}).status_code == 302


def row(browser, entry):
    """What the list says of an entry, cell by cell."""
    page = browser.get(LIST).context["cl"]
    found = next(item for item in page.result_list if item.pk == entry.pk)
    admin = page.model_admin
    return [admin.when(found), admin.what(found), admin.actor(found), admin.webinar(found)]


def test_a_row_says_when_what_who_and_where(client, organizer, webinar):
    person = RegistrationFactory(webinar=webinar, user=UserFactory(display_name="Kim Attendee")).user
    details = {"minutes": 10, "until": "2026-11-23T05:16:07+00:00"}
    entry = noted(
        webinar,
        "member.muted",
        actor_id=organizer.pk,
        subject_type="person",
        subject_id=person.pk,
        details=details,
    )

    found = row(sign_in(client, organizer), entry)

    assert found == [
        "23 Nov 2026 14:06:07 (KST)",
        "Muted Kim Attendee until 23 Nov 2026 14:16:07 (KST)",
        organizer.display_name,
        webinar.title,
    ]


def test_times_are_in_each_webinars_zone(client, organizer, webinar):
    abroad = WebinarFactory(client=webinar.client, time_zone="Europe/Paris")
    entry = noted(abroad)

    assert row(sign_in(client, organizer), entry)[0] == "23 Nov 2026 06:06:07 (CET)"


def test_who_was_erased_is_named_nowhere(client, organizer, webinar):
    person = RegistrationFactory(webinar=webinar, user=UserFactory(display_name="Kim Attendee")).user
    entry = noted(webinar, "member.banned", actor_id=person.pk, subject_type="person", subject_id=person.pk)
    erase_person(user_id=person.pk, now=timezone.now())

    assert row(sign_in(client, organizer), entry)[1:3] == ["Banned Erased person", "Erased person"]


def test_nobody_is_the_system_and_who_is_gone_was_erased(webinar):
    gone = noted(webinar, actor_id=uuid.uuid4())
    nobody = noted(webinar)
    names = names_of([gone, nobody])

    assert [names.person(entry.actor_id) for entry in (gone, nobody)] == ["Erased person", "System"]


def deleted(webinar, message, **more):
    details = {"seq": message.seq, "user_id": str(message.user_id)}
    return noted(webinar, "message.deleted", subject_type="message", subject_id=message.pk, details=details, **more)


def test_messages_and_questions_are_named_by_their_numbers(webinar):
    author = UserFactory(display_name="Lee")
    question = {"subject_type": "question", "subject_id": uuid.uuid4(), "details": {"seq": 7}}
    entries = [
        deleted(webinar, MessageFactory(webinar=webinar, seq=12, user=author)),
        noted(webinar, "question.answered", **question),
        noted(webinar, "question.answer_withdrawn", **question),
    ]

    said = [sentence_of(entry, names_of(entries), webinar.zone) for entry in entries]

    assert said == [
        "Deleted message 12 by Lee",
        "Answered question 7",
        "Took back the answer to question 7",
    ]


def test_changes_of_the_room_are_spelled_out(webinar):
    changes = {
        "chat_enabled": [True, False],
        "chat_slow_seconds": [0, 10],
        "blocked_words": {"added": 2, "removed": 1},
        "questions_enabled": [False, True],
        "questions_moderated": [True, False],
    }
    entries = [noted(webinar, "room.changed", details=details) for details in (changes, {})]

    said = [sentence_of(entry, Names(), webinar.zone) for entry in entries]

    assert said == [
        "Changed the room: chat off, slow mode 10 s, questions on, new questions shown at once, blocked words +2 −1",
        "Changed the room: –",
    ]


def test_an_act_without_words_is_shown_by_its_name(webinar):
    assert sentence_of(noted(webinar, "draw.drawn"), Names(), webinar.zone) == "draw.drawn"


@pytest.mark.parametrize("action", ACTS)
def test_every_act_has_a_sentence(webinar, action):
    entry = noted(webinar, action, subject_type="", subject_id="")

    sentence = sentence_of(entry, Names(), webinar.zone)

    assert sentence != ""
    assert "%" not in sentence


def test_names_cost_nothing_where_nothing_is_named(db, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert names_of([]) == Names()


def test_hostile_names_are_shown_as_text(client, organizer, webinar):
    User.objects.filter(pk=organizer.pk).update(display_name="<script>alert(1)</script>")
    noted(webinar, actor_id=organizer.pk, details={"<b>": "<i>"})
    browser = sign_in(client, organizer)
    entry = AuditEntry.objects.get()

    pages = browser.get(LIST).content.decode() + browser.get(f"{LIST}{entry.pk}/change/").content.decode()

    assert "<script>alert(1)" not in pages
    assert "&lt;script&gt;alert(1)" in pages
    assert "<b>: <i>" not in pages


def test_a_change_of_the_room_in_the_settings_is_in_it_once(client, organizer, webinar):
    browser = sign_in(client, organizer)

    change(browser, webinar, chat_slow_seconds="30", blocked_words="Kim\r\nspam")

    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor_id, entry.webinar_id) == ("room.changed", organizer.pk, webinar.pk)
    assert entry.details == {"chat_slow_seconds": [0, 30], "blocked_words": {"added": 2, "removed": 0}}
