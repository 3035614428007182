"""The audit log (spec 13): what was written stays, also when what it tells of is gone."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from webinars.models import AuditEntry
from webinars.services.audit import record
from webinars.tests.factories import UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    webinar, person = WebinarFactory(), UserFactory()
    record("notice.set", webinar=webinar, actor_id=person.pk, now=timezone.now(), details={"message_id": "x"})
    webinar.delete()
    person.delete()
    return AuditEntry.objects.get()


@pytest.mark.parametrize(
    "statement", ["UPDATE audit_log SET actor_id = NULL", "DELETE FROM audit_log", "TRUNCATE audit_log"]
)
def test_entries_are_neither_changed_nor_deleted(entry, statement):
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_log ENABLE TRIGGER audit_log_stays_whole")  # which tests do without

        with pytest.raises(IntegrityError, match="audit log"), transaction.atomic():
            cursor.execute(statement)

    kept = AuditEntry.objects.get()
    assert (kept.pk, kept.actor_id, kept.action) == (entry.pk, entry.actor_id, "notice.set")
    assert kept.actor_id is not None
