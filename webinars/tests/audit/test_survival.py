"""Nothing that the application does takes an entry away, or changes one (spec 13)."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from webinars.models import Agency, AuditEntry, Client, User, Webinar
from webinars.services.audit import record, record_in
from webinars.services.erasure import erase_person
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db
NOW = timezone.now()


@pytest.fixture
def person():
    return RegistrationFactory(webinar=WebinarFactory(state="draft"), user=UserFactory(display_name="Kim")).user


@pytest.fixture
def entries(person):
    webinar = Webinar.objects.get()
    by = {"actor_id": person.pk, "now": NOW, "subject_type": "person", "subject_id": person.pk}
    record("member.banned", webinar=webinar, **by)
    record_in("membership.left", agency_id=webinar.agency_id, client_id=webinar.client_id, **by)
    record_in("sign_in", agency_id=None, **by)
    return rows()


def rows():
    return list(AuditEntry.objects.order_by("pk").values())


def test_entries_outlive_all_that_they_name(entries, person):
    Webinar.objects.all().delete()
    Client.objects.all().delete()
    Agency.objects.all().delete()
    User.objects.all().delete()

    assert len(entries) == 3
    assert rows() == entries


def test_entries_outlive_the_erasing_of_a_person(entries, person):
    erase_person(user_id=person.pk, now=NOW)

    assert rows()[:3] == entries


WRITES = {
    "save": lambda entry: entry.save(),
    "save of a field": lambda entry: entry.save(update_fields=["details"]),
    "delete": lambda entry: entry.delete(),
    "update": lambda entry: AuditEntry.objects.filter(pk=entry.pk).update(actor_id=None),
    "delete of many": lambda entry: AuditEntry.objects.all().delete(),
    "bulk update": lambda entry: AuditEntry.objects.bulk_update([entry], ["action"]),
    "upsert": lambda entry: AuditEntry.objects.bulk_create(
        [entry], update_conflicts=True, unique_fields=["id"], update_fields=["action"]
    ),
    "raw delete": lambda entry: AuditEntry.objects.all()._raw_delete("default"),
}


@pytest.mark.parametrize("write", WRITES)
def test_no_way_of_the_orm_changes_one(entries, write):
    entry = AuditEntry.objects.first()
    entry.action = "changed"

    with pytest.raises(IntegrityError, match="audit log"), transaction.atomic():
        WRITES[write](entry)

    assert rows() == entries


STATEMENTS = [
    "UPDATE audit_log SET details = '{}'",
    "DELETE FROM audit_log",
    "TRUNCATE audit_log",
    "TRUNCATE audit_log CASCADE",
    "MERGE INTO audit_log USING (SELECT 1) AS one ON true WHEN MATCHED THEN DELETE",
    """INSERT INTO audit_log (id, at, action, subject_type, subject_id, details)
    SELECT id, at, 'changed', '', '', '{}' FROM audit_log ON CONFLICT (id) DO UPDATE SET action = 'changed'""",
]


@pytest.mark.parametrize("statement", STATEMENTS)
def test_no_statement_changes_one(entries, statement):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_log ENABLE TRIGGER audit_log_stays_whole")  # which tests do without

        with pytest.raises(IntegrityError, match="audit log"), transaction.atomic():
            cursor.execute(statement)

    assert rows() == entries


def test_an_act_that_is_undone_leaves_no_entry(webinar):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        record("notice.cleared", webinar=webinar, actor_id=None, now=NOW)
        raise ZeroDivisionError

    assert rows() == []
