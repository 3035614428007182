"""Correcting sealed attendance in the console, and what the settings say of it (spec 7, 14)."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.contrib.messages import get_messages
from django.urls import reverse

from stats.models import AttendanceSeal
from stats.services.retention import prune_sealed_sessions
from stats.tests.evidence import CLOSED, SealedEvidence, at
from webinars.models import AuditEntry, Webinar
from webinars.tests.factories import AgencyMemberFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def case():
    return SealedEvidence()


@pytest.fixture
def member(case):
    def make(role):
        return AgencyMemberFactory(agency=case.webinar.agency, role=role, user=UserFactory(is_staff=True)).user

    return make


def url_of(case):
    return reverse("admin:webinars_webinar_correct", args=[case.webinar.pk])


def attendance_of(case):
    return reverse("admin:webinars_webinar_attendance", args=[case.webinar.pk])


def said(response):
    return [str(message) for message in get_messages(response.wsgi_request)]


@pytest.mark.parametrize(
    ("role", "status"), [("owner", 200), ("admin", 200), ("operator", 200), ("analyst", 404), ("viewer", 404)]
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_who_may_correct(client, case, member, role, status, method):
    client.force_login(member(role))

    assert getattr(client, method)(url_of(case)).status_code == status
    assert AttendanceSeal.objects.filter(webinar=case.webinar).count() == 1


@pytest.mark.parametrize(("role", "linked"), [("operator", True), ("analyst", False)])
def test_the_attendance_tab_links_to_it(client, case, member, role, linked):
    client.force_login(member(role))

    page = client.get(attendance_of(case)).content.decode()

    assert (url_of(case) in page) is linked


def test_another_tenants_seal_does_not_exist(client, case, rival):
    client.force_login(rival)

    assert client.get(url_of(case)).status_code == 404


def test_there_is_nothing_to_correct(client, organizer, webinar):
    client.force_login(organizer)

    assert client.get(reverse("admin:webinars_webinar_correct", args=[webinar.pk])).status_code == 404


def test_the_page_says_what_would_move(client, case, member):
    Webinar.objects.filter(pk=case.webinar.pk).update(webinar_actual_end_time=at(40))
    client.force_login(member("operator"))

    with time_machine.travel(CLOSED + timedelta(days=1)):
        response = client.get(url_of(case), headers={"Accept-Language": "en"})

    assert [(str(one.name), one.sealed, one.now) for one in response.context["moved"]] == [
        ("Connected, everybody together", "1:35:00", "1:15:00"),
        ("Unique, everybody together", "1:25:00", "1:15:00"),
        ("In front, everybody together", "1:25:00", "1:15:00"),
        ("Uncertainty, everybody together", "0:08:10", "0:05:00"),
    ]
    assert [note.kind for note in response.context["notes"]] == ["window"]


def test_nothing_has_moved(client, case, member):
    client.force_login(member("operator"))

    response = client.get(url_of(case), headers={"Accept-Language": "en"})

    assert response.context["moved"] == []
    assert "a new version would say the same again" in response.content.decode()


def test_a_correction(client, case, member):
    author = member("operator")
    client.force_login(author)

    response = client.post(
        url_of(case), {"reason": "The clock was wrong.", "seen_version": 1}, headers={"Accept-Language": "en"}
    )

    seal = AttendanceSeal.objects.get(webinar=case.webinar, version=2)
    assert (response.status_code, response.url) == (302, attendance_of(case))
    assert (seal.author, seal.reason) == (author, "The clock was wrong.")
    assert said(response) == ["The attendance is corrected: version 2 is sealed."]
    entry = AuditEntry.objects.get(action="attendance.corrected")
    assert (entry.actor_id, entry.webinar_id, entry.details) == (author.pk, case.webinar.pk, {"version": 2})


@pytest.mark.parametrize("reason", ["", "   ", "x" * 1001])
def test_a_correction_needs_a_reason(client, case, member, reason):
    client.force_login(member("operator"))

    response = client.post(url_of(case), {"reason": reason, "seen_version": 1})

    assert (response.status_code, [*response.context["form"].errors]) == (200, ["reason"])
    assert AttendanceSeal.objects.filter(webinar=case.webinar).count() == 1


def test_of_two_clicks_one_corrects(client, case, member):
    client.force_login(member("operator"))
    given = {"reason": "Twice.", "seen_version": 1}

    client.post(url_of(case), given)
    second = client.post(url_of(case), given, headers={"Accept-Language": "en"})

    assert second.status_code == 200
    assert said(second)[-1] == ("This attendance has just been corrected by somebody else: version 2 is the newest.")
    assert AttendanceSeal.objects.filter(webinar=case.webinar).count() == 2


def test_no_correction_without_the_sessions(client, case, member):
    client.force_login(member("operator"))
    later = CLOSED + timedelta(days=settings.SESSION_RETENTION_DAYS + 1)
    prune_sealed_sessions(later)

    with time_machine.travel(later):
        response = client.get(url_of(case), headers={"Accept-Language": "en"})

    assert (response.status_code, response.url) == (302, attendance_of(case))
    assert said(response) == [
        "The sessions of this webinar are no longer kept, so that its attendance can no longer be corrected."
    ]


def test_the_settings_say_that_it_is_sealed(client, case, member):
    client.force_login(member("operator"))

    page = client.get(
        reverse("admin:webinars_webinar_change", args=[case.webinar.pk]), headers={"Accept-Language": "en"}
    ).content.decode()

    assert "Attendance is sealed (version 1, 2 Mar 2026, 15:30 (Asia/Seoul))." in page
