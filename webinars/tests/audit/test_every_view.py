"""Whoever opens a page that shows people's data is on record: every list, object and page of the console that takes
the right to see such, found by looking at what there is. A new one without a line here fails."""

import pytest
from django.contrib import admin
from django.test import Client as Browser
from django.urls import reverse

from webinars.admin.audit_acts import SEEN
from webinars.admin.tabs import all_pages
from webinars.models import AuditEntry
from webinars.selectors.permissions import ROLES
from webinars.tests.console_people import people_around, sign_in
from webinars.tests.factories import MessageFactory, QuestionFactory, RegistrationFactory, WebinarFactory

pytestmark = pytest.mark.django_db

# What opening each list leaves on record.
LISTS = {
    "webinars.registration": "registrations",
    "webinars.message": "chat",
    "webinars.question": "questions",
    "webinars.campaignentry": "campaign_entries",
    "webinars.agencymember": "members",
    "webinars.clientmember": "members",
    "webinars.invitation": "invitations",
    "webinars.auditentry": "audit_log",
    "webinars.user": "people",
    "account.emailaddress": "people",
    "socialaccount.socialaccount": "people",
    "presence.usersession": "sessions",
}
# Those of settings, texts, figures and schedules, in which nobody is named.
IMPERSONAL_LISTS = {
    "webinars.agency",
    "webinars.client",
    "webinars.webinar",
    "webinars.campaign",
    "webinars.consenttext",
    "stats.accesslog",
    "django_celery_beat.periodictask",
    "django_celery_beat.intervalschedule",
    "django_celery_beat.solarschedule",
    "django_celery_beat.clockedschedule",
    "django_celery_beat.crontabschedule",
}
# What each page below a webinar leaves on record; exports are on record by themselves, when they are asked for.
PAGES = {
    "attendance": "attendance",
    "statistics": "statistics",
    "statistics_data": "statistics",
    "live": "live",
    "allowed": "allowed_emails",
}
IMPERSONAL_PAGES = {
    "compare",
    "correct",
    "export_start",
    "export_chat",
    "export_questions",
    "export_registrations",
    "export",
    "export_state",
    "export_file",
    "allowed_list",
    # Of one import, by its id, or answers to a form that lead elsewhere; their own tests ask.
    "allowed_import",
    "allowed_lines",
    "allowed_take_back",
    "allowed_paste",
    "allowed_file",
    "allowed_remove",
    "allowed_clear",
}


def seen(person):
    found = AuditEntry.objects.filter(action="personal.viewed", actor_id=person.pk)
    return list(found.values_list("details__what", flat=True))


@pytest.fixture
def room():
    webinar = WebinarFactory(state="live")
    RegistrationFactory(webinar=webinar)
    MessageFactory(webinar=webinar)
    QuestionFactory(webinar=webinar)
    return webinar


def test_every_list_has_a_line():
    assert {model._meta.label_lower for model in admin.site._registry} == LISTS.keys() | IMPERSONAL_LISTS


def test_what_takes_the_right_to_personal_data_is_personal():
    found = {model._meta.label_lower for model, one in admin.site._registry.items() if one.see == "see_personal"}

    assert found <= LISTS.keys()


def test_every_page_has_a_line():
    assert {page.name for page in all_pages()} == PAGES.keys() | IMPERSONAL_PAGES


@pytest.mark.parametrize("label", LISTS)
def test_opening_a_list_is_on_record(room, label):
    person = people_around(room)["superuser"]

    answer = sign_in(Browser(), person).get(reverse(f"admin:{label.replace('.', '_')}_changelist"))

    expected = [] if label == "webinars.campaignentry" else [LISTS[label]]  # there is no campaign
    assert (answer.status_code, seen(person)) == (200, expected)
    assert LISTS[label] in SEEN


@pytest.mark.parametrize("label", sorted(IMPERSONAL_LISTS))
def test_opening_another_list_is_not(room, label):
    person = people_around(room)["superuser"]

    answer = sign_in(Browser(), person).get(reverse(f"admin:{label.replace('.', '_')}_changelist"))

    assert (answer.status_code, seen(person)) == (200, [])


@pytest.mark.parametrize("label", ["webinars.registration", "webinars.message", "webinars.question"])
def test_opening_one_row_is_on_record_in_its_webinar(room, label):
    app, model = label.split(".")
    row = next(one for one in admin.site._registry if one._meta.label_lower == label)._default_manager.first()
    person = people_around(room)["analyst"]

    sign_in(Browser(), person).get(reverse(f"admin:{app}_{model}_change", args=[row.pk]))

    entry = AuditEntry.objects.get(action="personal.viewed", actor_id=person.pk)
    assert (entry.webinar_id, entry.client_id, entry.agency_id) == (room.pk, room.client_id, room.agency_id)
    assert entry.details == {"what": LISTS[label]}


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("part", ["owner", "operator", "analyst", "viewer"])
def test_opening_a_page_is_on_record_for_whom_it_names_people(room, name, part):
    person = people_around(room)[part]

    sign_in(Browser(), person).get(reverse(f"admin:webinars_webinar_{name}", args=[room.pk]))

    sees = part in ROLES["see_personal"]
    assert seen(person) == ([PAGES[name]] if sees else [])


CALLS = {
    "stats/attendance": "attendance",
    "stats/reconciliation": "statistics",
    "stats?sections=chat": "statistics",
    "stats/access": "live",
    "questions": "live",
    "members/silenced": "silenced",
}


@pytest.mark.parametrize("path", CALLS)
@pytest.mark.parametrize("part", ["operator", "viewer"])
def test_calls_that_name_people_are_on_record_for_members(room, pass_for, path, part):
    person = people_around(room)[part]

    Browser().get(f"/api/webinars/{room.pk}/{path}", headers={"Authorization": f"Bearer {pass_for(room, person)}"})

    assert seen(person) == ([CALLS[path]] if part == "operator" else [])


@pytest.mark.parametrize("path", ["stats/access", "questions", "messages", "state"])
def test_attendees_calls_are_not(room, pass_for, path):
    person = RegistrationFactory(webinar=room).user

    Browser().get(f"/api/webinars/{room.pk}/{path}", headers={"Authorization": f"Bearer {pass_for(room, person)}"})

    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize("part", ["rival", "viewer", "attendee"])
def test_who_is_refused_saw_nothing(room, part):
    person = people_around(room)[part]

    answer = sign_in(Browser(), person).get(f"/console/webinars/registration/?webinar={room.pk}")

    assert (answer.status_code, seen(person)) == (404, [])
