"""Every edit in the console is on record, with its change or not at all (spec 13)."""

import uuid

import pytest
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.admin.models import LogEntry
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from webinars.admin.base import ScopedAdmin
from webinars.admin.on_record import OnRecord
from webinars.models import AgencyMember, AuditEntry, ClientMember, User, Webinar
from webinars.selectors.audit import entries_of
from webinars.selectors.standing import standing
from webinars.services.consents import publish_consent
from webinars.tests.console_forms import change
from webinars.tests.console_people import sign_in
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientMemberFactory,
    ConsentTextFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def super_admin():
    return UserFactory(is_superuser=True, is_staff=True)


@pytest.fixture
def console(client, super_admin):
    return sign_in(client, super_admin)


def edits():
    found = AuditEntry.objects.filter(action__startswith="console.").order_by("id")
    return [(entry.action, entry.subject_type, entry.subject_id, entry.details) for entry in found]


def test_all_that_the_console_edits_goes_through_one_place():
    aside = {"auditentry"}
    for model, found in admin.site._registry.items():
        assert isinstance(found, ScopedAdmin), model
        for name in ("log_addition", "log_change", "construct_change_message"):
            assert getattr(type(found), name) is getattr(OnRecord, name), (model, name)
        assert model._meta.model_name in aside or found.tenant_of is not None


def test_a_setting_is_on_record_by_its_name_and_a_choice_by_its_values(client, organizer, webinar):
    browser = sign_in(client, organizer)

    change(browser, webinar, title="Kim's birthday", access_policy="email_auth", post_window_minutes="45")

    entry = AuditEntry.objects.get(action="console.changed")
    assert (entry.actor_id, entry.agency_id, entry.client_id, entry.webinar_id, entry.managers_only) == (
        organizer.pk,
        webinar.agency_id,
        webinar.client_id,
        webinar.pk,
        False,
    )
    assert (entry.subject_type, entry.subject_id) == ("webinar", str(webinar.pk))
    assert entry.details == {
        "model": "webinars.webinar",
        "fields": ["title", "post_window_minutes", "access_policy"],
        "values": {"post_window_minutes": [30, 45], "access_policy": ["auth", "email_auth"]},
    }
    assert "Kim" not in str(entry.details)
    assert not LogEntry.objects.exists()


def test_what_was_not_changed_leaves_nothing(client, organizer, webinar):
    change(sign_in(client, organizer), webinar)

    assert edits() == []


def test_a_refused_form_leaves_nothing(client, organizer, webinar):
    change(sign_in(client, organizer), webinar, title="")

    assert edits() == []


@pytest.mark.django_db(transaction=True)
def test_a_save_that_fails_leaves_nothing(client, organizer, webinar, monkeypatch):
    from webinars.admin.webinar import WebinarAdmin

    def fail(*_args, **_more):
        raise ZeroDivisionError

    browser = sign_in(client, organizer)
    monkeypatch.setattr(WebinarAdmin, "response_change", fail)  # after the entry, before the commit
    with pytest.raises(ZeroDivisionError):
        change(browser, webinar, title="Lost")

    assert edits() == []
    assert Webinar.objects.get(pk=webinar.pk).title == webinar.title


def inline(*rows, total, initial):
    data = {"members-TOTAL_FORMS": total, "members-INITIAL_FORMS": initial}
    for number, row in enumerate(rows):
        data |= {f"members-{number}-{name}": value for name, value in row.items()}
    return data


def test_members_as_rows_of_their_agency_are_on_record_one_by_one(console):
    agency = AgencyMemberFactory(role="owner").agency
    kept = agency.members.get()
    promoted, gone = AgencyMemberFactory(agency=agency, role="viewer"), AgencyMemberFactory(agency=agency)
    new = UserFactory(email="new@example.com")
    EmailAddress.objects.create(user=new, email=new.email, verified=True)
    rows = sorted([kept, promoted, gone], key=lambda member: member.user.email)
    given = [
        {
            "id": row.pk,
            "agency": agency.pk,
            "role": "operator" if row == promoted else row.role,
            **({"DELETE": "on"} if row == gone else {}),
        }
        for row in rows
    ]
    given.append({"agency": agency.pk, "email": new.email, "role": "analyst"})

    url = reverse("admin:webinars_agency_change", args=[agency.pk])
    console.post(url, {"name": agency.name, "slug": agency.slug, **inline(*given, total=4, initial=3)})

    added = AgencyMember.objects.get(user=new)
    found = {(act, subject): (details["user_id"], details.get("values")) for act, _t, subject, details in edits()}
    assert found == {
        ("console.added", str(added.pk)): (
            str(new.pk),
            {"role": [None, "analyst"], "user": [None, str(new.pk)], "agency": [None, str(agency.pk)]},
        ),
        ("console.changed", str(promoted.pk)): (str(promoted.user_id), {"role": ["viewer", "operator"]}),
        ("console.deleted", str(gone.pk)): (str(gone.user_id), {"role": [gone.role, None]}),
    }
    entries = AuditEntry.objects.filter(action__startswith="console.")
    assert set(entries.values_list("agency_id", "client_id", "managers_only")) == {(agency.pk, None, True)}


@pytest.mark.parametrize("chosen", [1, 3])
def test_deleting_a_selection_is_on_record_row_by_row(console, chosen):
    owner = ClientMemberFactory(role="owner")
    members = [ClientMemberFactory(client=owner.client, role="viewer") for _n in range(chosen)]

    console.post(
        reverse("admin:webinars_clientmember_changelist"),
        {"action": "delete_selected", ACTION_CHECKBOX_NAME: [str(one.pk) for one in members], "post": "yes"},
    )

    assert not ClientMember.objects.filter(pk__in=[one.pk for one in members]).exists()
    assert {(action, subject) for action, _type, subject, _details in edits()} == {
        ("console.deleted", str(one.pk)) for one in members
    }
    places = set(AuditEntry.objects.filter(action="console.deleted").values_list("agency_id", "client_id"))
    assert places == {(owner.client.agency_id, owner.client_id)}


def test_a_person_is_deleted_with_their_memberships_which_the_tenants_read(console):
    AgencyMemberFactory(role="owner")
    member = AgencyMemberFactory(role="viewer")
    AgencyMemberFactory(agency=member.agency, role="owner")
    person, membership, agency_id = member.user, member.pk, member.agency_id

    console.post(reverse("admin:webinars_user_delete", args=[person.pk]), {"post": "yes"})

    assert not User.objects.filter(pk=person.pk).exists()
    found = AuditEntry.objects.filter(action="console.deleted").order_by("id")
    assert list(found.values_list("subject_type", "subject_id", "agency_id")) == [
        ("person", str(person.pk), None),
        ("agencymember", str(membership), agency_id),
    ]


def test_a_password_that_a_super_admin_sets_is_on_record_without_it(console):
    person = UserFactory()

    console.post(
        reverse("admin:auth_user_password_change", args=[person.pk]),
        {"password1": "correct horse battery", "password2": "correct horse battery", "usable_password": "true"},
    )

    [(action, subject_type, subject_id, details)] = edits()
    assert (action, subject_type, subject_id) == ("console.changed", "person", str(person.pk))
    assert details == {"model": "webinars.user", "fields": ["password"]}


def test_switching_and_starting_jobs_is_on_record(console):
    every = IntervalSchedule.objects.create(every=1, period="days")
    on = PeriodicTask.objects.create(name="on", task="stats.prune", interval=every)
    off = PeriodicTask.objects.create(name="off", task="stats.prune", interval=every, enabled=False)
    url = reverse("admin:django_celery_beat_periodictask_changelist")

    def do(action):
        console.post(url, {"action": action, ACTION_CHECKBOX_NAME: [str(on.pk), str(off.pk)]})

    do("disable_tasks")
    do("toggle_tasks")

    assert [(action, subject, details["values"]) for action, _type, subject, details in edits()] == [
        ("console.changed", str(on.pk), {"enabled": [True, False]}),
        ("console.changed", str(on.pk), {"enabled": [False, True]}),
        ("console.changed", str(off.pk), {"enabled": [False, True]}),
    ]


def test_a_rows_history_is_what_the_log_says_of_it(console, organizer, webinar):
    member = ClientMemberFactory(role="viewer")
    page = reverse("admin:webinars_clientmember_change", args=[member.pk])
    console.post(page, {"client": member.client_id, "email": member.user.email, "role": "operator"})

    history = console.get(reverse("admin:webinars_clientmember_history", args=[member.pk]), follow=True)

    said = [entry.details["values"] for entry in history.context["cl"].result_list]
    assert said == [{"role": ["viewer", "operator"]}]


def test_entries_about_members_and_policies_are_for_those_who_manage_them(client):
    owner = ClientMemberFactory(role="owner")
    operator = ClientMemberFactory(client=owner.client, role="operator")
    viewer = ClientMemberFactory(client=owner.client, role="viewer")
    page = reverse("admin:webinars_clientmember_change", args=[viewer.pk])
    sign_in(client, owner.user).post(page, {"email": viewer.user.email, "role": "analyst"})
    rival = AgencyMemberFactory(role="owner")
    text = ConsentTextFactory(client=owner.client)
    publish_consent(text=text, label="L", body="B", is_required=True, actor_id=owner.user_id, now=timezone.now())

    edited = AuditEntry.objects.filter(action__in=["console.changed", "consent.published"])
    read = {
        name: entries_of(edited, standing(member.user)).count()
        for name, member in {"owner": owner, "operator": operator, "viewer": viewer, "rival": rival}.items()
    }
    assert read == {"owner": 2, "operator": 0, "viewer": 0, "rival": 0}


@pytest.mark.parametrize(
    "query",
    [
        {"by": "nonsense"},
        {"by": str(uuid.uuid4())},
        {"when": "2026-13"},
        {"when": "9999999999999"},
        {"subject": "webinar"},
        {"subject": "webinar:'; DROP TABLE audit_log"},
        {"webinar": "9" * 5000},
        {"act": "\x00"},
        {"q": "\x00"},
    ],
)
def test_hostile_filters_find_nothing(organizer, webinar, query):
    answer = sign_in(Browser(), organizer).get("/console/webinars/auditentry/", query)

    assert answer.status_code == 404


@pytest.mark.parametrize("query", [{"act": "x" * 5000}, {"by": "system"}, {"when": "2001-01"}, {"subject": "x:1"}])
def test_filters_without_a_match_are_empty(organizer, webinar, query):
    answer = sign_in(Browser(), organizer).get("/console/webinars/auditentry/", query)

    assert (answer.status_code, list(answer.context["cl"].result_list)) == (200, [])


def test_another_tenants_people_are_not_named_by_the_filter(organizer, rival, webinar):
    other = WebinarFactory(client__agency=rival.agency_memberships.get().agency)
    AuditEntry.objects.create(at=webinar.created_at, action="notice.set", actor_id=rival.pk, agency_id=other.agency_id)

    answer = sign_in(Browser(), organizer).get("/console/webinars/auditentry/", {"by": str(rival.pk)})

    assert answer.status_code == 404
