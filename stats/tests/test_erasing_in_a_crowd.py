"""What erasing one person reads does not grow with the people beside them (spec 5, Retention)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from presence.models import UserSession
from stats.models import Export
from stats.services.erasure import expire_exports
from stats.tests.factories import ExportFactory
from stats.tests.sealed import seal_rows
from webinars.models import Registration, User
from webinars.services.erasure import Erased, erase_person
from webinars.tests.factories import UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
NOW = START + timedelta(days=1)
PEOPLE = 2_000
# Of one person, one webinar and the files that are kept: look-ups by index, whatever else the tables hold.
FEW = 50


@pytest.fixture
def past():
    return WebinarFactory(
        state="ended", webinar_start_time=START, webinar_actual_end_time=START + timedelta(hours=1), language="en"
    )


@pytest.fixture
def crowd(past):
    """Everybody registered, came and was sealed, all in one webinar."""
    crowd = User.objects.bulk_create(User(email=f"p{number}@example.com") for number in range(PEOPLE))
    tenant = {"webinar": past, "client": past.client, "agency": past.agency}
    Registration.objects.bulk_create(Registration(**tenant, user=user) for user in crowd)
    UserSession.objects.bulk_create(
        UserSession(
            **tenant, user=user, session_id=str(user.pk), entered_at=START, last_heartbeat_at=START, exited_at=START,
            closed_reason="exit",
        )
        for user in crowd
    )  # fmt: skip
    seal_rows(past, [{"user_id": user.pk, "display_name": "Kim", "email": user.email} for user in crowd])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return crowd


def kept(webinar, **fields):
    return ExportFactory(webinar=webinar, expires_at=NOW + timedelta(hours=1), **fields)


def rows_read(node):
    """Of a plan that was run: what each of its steps handed on or threw away."""
    found = node["Actual Rows"] + sum(node.get(f"Rows Removed by {by}", 0) for by in ("Filter", "Join Filter"))
    return found * node["Actual Loops"] + sum(rows_read(step) for step in node.get("Plans", ()))


def plans_of(act):
    with CaptureQueriesContext(connection) as ran, transaction.atomic():
        act()
        transaction.set_rollback(True)
    with connection.cursor() as cursor:
        for query in ran.captured_queries:
            if query["sql"].startswith("UPDATE"):
                with transaction.atomic():  # it is run once more
                    cursor.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {query['sql']}")
                    (told,) = cursor.fetchone()
                    transaction.set_rollback(True)
                yield told[0]["Plan"]


def test_finding_the_files_that_name_somebody_reads_a_few_rows(past, crowd):
    naming, elsewhere = kept(past), kept(WebinarFactory())
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE exports")
    erased = Erased(crowd[PEOPLE // 2], frozenset(), "", NOW)

    plans = list(plans_of(lambda: expire_exports(erased)))

    assert [rows_read(plan) <= FEW for plan in plans] == [True]
    assert expire_exports(erased) == 1
    assert {*Export.objects.kept(NOW)} == {elsewhere}
    assert naming != elsewhere


@pytest.mark.parametrize("trace", ["session", "registration", "sealed row"])
def test_each_trace_alone_says_that_a_file_names_them(past, trace):
    person, other = UserFactory(), UserFactory()
    tenant = {"webinar": past, "client": past.client, "agency": past.agency}
    for user, seen in ((person, trace), (other, "everything")):
        if seen in ("session", "everything"):
            UserSession.objects.create(
                **tenant, user=user, session_id=str(user.pk), entered_at=START, last_heartbeat_at=START,
                exited_at=START, closed_reason="exit",
            )  # fmt: skip
        if seen in ("registration", "everything"):
            Registration.objects.create(**tenant, user=user)
    seal_rows(past, [{"user_id": user.pk} for user in ([person, other] if trace == "sealed row" else [other])])
    unrelated = WebinarFactory()
    Registration.objects.create(webinar=unrelated, client=unrelated.client, agency=unrelated.agency, user=other)
    naming, totals, elsewhere = kept(past), kept(past, personal=False), kept(unrelated)

    erase_person(user_id=person.pk, now=NOW)

    assert {*Export.objects.kept(NOW)} == {totals, elsewhere}
    assert Export.objects.get(pk=naming.pk).expires_at == NOW
