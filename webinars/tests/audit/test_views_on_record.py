"""That somebody looked at personal data is on record, once an hour (spec 13)."""

from datetime import timedelta

import pytest
from django.db import DataError, transaction
from django.test import Client as Browser
from django.urls import reverse
from django.utils import timezone

from eventflow import once, redis
from webinars.models import AuditEntry
from webinars.services.audit import record_view
from webinars.tests.at_once import Team
from webinars.tests.console_people import people_around, sign_in
from webinars.tests.factories import AgencyFactory, UserFactory, WebinarFactory

NOW = timezone.now().replace(minute=0, second=0, microsecond=0)


def entries():
    return list(
        AuditEntry.objects.order_by("pk").values_list(
            "action", "actor_id", "agency_id", "client_id", "webinar_id", "subject_type", "subject_id", "details"
        )
    )


@pytest.mark.django_db
def test_a_view_names_who_where_and_what(webinar):
    person = UserFactory()

    record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar)
    record_view("people", actor_id=person.pk, now=NOW, subject_type="person", subject_id=person.pk)

    place = (webinar.agency_id, webinar.client_id, webinar.pk)
    assert entries() == [
        ("personal.viewed", person.pk, *place, "", "", {"what": "attendance"}),
        ("personal.viewed", person.pk, None, None, None, "person", str(person.pk), {"what": "people"}),
    ]


@pytest.mark.django_db
def test_the_same_view_counts_once_in_an_hour_of_the_clock(webinar):
    person = UserFactory()

    for minutes in (0, 0, 59, 60, 61):
        record_view("attendance", actor_id=person.pk, now=NOW + timedelta(minutes=minutes), webinar=webinar)

    assert list(AuditEntry.objects.order_by("at").values_list("at", flat=True)) == [NOW, NOW + timedelta(hours=1)]


@pytest.mark.django_db
def test_other_people_places_subjects_and_kinds_count_for_themselves(webinar):
    person, other, agency = UserFactory(), UserFactory(), AgencyFactory()

    for _again in range(2):
        record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar)
        record_view("attendance", actor_id=other.pk, now=NOW, webinar=webinar)
        record_view("registrations", actor_id=person.pk, now=NOW, webinar=webinar)
        record_view("attendance", actor_id=person.pk, now=NOW, webinar=WebinarFactory())
        record_view("members", actor_id=person.pk, now=NOW, agency_id=agency.pk)
        record_view("members", actor_id=person.pk, now=NOW)
        record_view("members", actor_id=person.pk, now=NOW, subject_type="person", subject_id=other.pk)

    assert AuditEntry.objects.count() == 7 + 1  # a new webinar each time


@pytest.mark.django_db
def test_seen_again_costs_no_query(webinar, django_assert_num_queries):
    person = UserFactory()

    with django_assert_num_queries(1):  # 1. the entry
        record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar)
    with django_assert_num_queries(0):
        record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar)


@pytest.mark.django_db(transaction=True)
def test_many_at_once_leave_one_entry(webinar):
    person = UserFactory()

    team = Team(8)

    team.at_once(*[lambda: record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar)] * 8)
    team.close()

    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db
def test_without_redis_each_process_records_it_once(webinar, settings):
    person = UserFactory()
    settings.REDIS_RETRY_AFTER_SECONDS = 600
    redis.pause.begin()

    for _again in range(3):
        record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar)

    assert AuditEntry.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize("away", [False, True])
def test_what_could_not_be_written_is_written_the_next_time(webinar, away, settings):
    person = UserFactory()
    settings.REDIS_RETRY_AFTER_SECONDS = 600
    if away:
        redis.pause.begin()

    with pytest.raises(DataError, match="NUL"), transaction.atomic():
        record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar, subject_id="\x00")
    again = f"viewed:attendance:{person.pk}:{webinar.pk}::\x00:{int(NOW.timestamp()) // 3600}"

    assert once.claim(again, seconds=1)


@pytest.mark.django_db(transaction=True)
def test_a_page_that_failed_does_not_count_for_the_hour(webinar):
    """Until the commit the claim holds for some seconds only."""
    person = UserFactory()
    key = f"eventflow:once:viewed:attendance:{person.pk}:{webinar.pk}:::{int(NOW.timestamp()) // 3600}"

    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar)
        raise ZeroDivisionError
    held_after_failing = redis.client().ttl(key)
    redis.client().delete(key)
    record_view("attendance", actor_id=person.pk, now=NOW, webinar=webinar)

    assert held_after_failing <= 30
    assert redis.client().ttl(key) > 30


def seen(person):
    found = AuditEntry.objects.filter(action="personal.viewed", actor_id=person.pk)
    return list(found.values_list("details__what", flat=True))


@pytest.mark.django_db
def test_asking_whether_to_delete_one_row_is_on_record(webinar):
    person = people_around(webinar)["owner"]
    member = webinar.agency.members.exclude(user=person).first()

    answer = sign_in(Browser(), person).get(reverse("admin:webinars_agencymember_delete", args=[member.pk]))

    assert (answer.status_code, seen(person)) == (200, ["members"])
    assert member.user.email in answer.text


@pytest.mark.django_db
def test_people_who_are_offered_as_one_types_are_on_record(webinar):
    people = people_around(webinar)
    query = {"app_label": "account", "model_name": "emailaddress", "field_name": "user", "term": ""}

    offered = {
        part: sign_in(Browser(), people[part]).get(reverse("admin:autocomplete"), query)
        for part in ("superuser", "owner")
    }

    assert people["attendee"].email in offered["superuser"].text
    assert (offered["superuser"].status_code, seen(people["superuser"])) == (200, ["people"])
    assert (offered["owner"].status_code, seen(people["owner"])) == (404, [])
    hostile = sign_in(Browser(), people["superuser"]).get(reverse("admin:autocomplete"), {**query, "term": "\x00"})
    assert hostile.status_code == 404
