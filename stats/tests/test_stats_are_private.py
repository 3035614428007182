"""Answers that depend on who asks are kept by nobody (spec 17)."""

import pytest
from django.urls import reverse

from stats.api import urls
from stats.tests.factories import ExportFactory
from webinars.tests.factories import AgencyMemberFactory

pytestmark = pytest.mark.django_db

NAMES = [pattern.name for pattern in urls.urlpatterns]


@pytest.fixture
def export(webinar, organizer):
    return ExportFactory(webinar=webinar, requested_by=organizer)


def address(name, webinar, export):
    where = {"export_id": export.pk} if name.startswith("export") else {}
    return reverse(f"stats-api:{name}", kwargs={"w": webinar.slug, **where})


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("who", ["organizer", "attendee", "rival", "viewer"])
def test_no_answer_is_kept(request, call, client, webinar, export, name, who):
    viewer = AgencyMemberFactory(agency=webinar.agency, role="viewer").user
    user = viewer if who == "viewer" else request.getfixturevalue(who)
    caller = call(webinar, user)
    client.force_login(user)
    url = address(name, webinar, export)

    answers = [caller.browser.get(url, headers=caller.headers()), client.get(url)]

    assert [answer.headers["Cache-Control"] for answer in answers] == ["private, no-store"] * 2


@pytest.mark.parametrize("name", NAMES)
def test_nor_is_a_refusal_without_pass_and_session(client, webinar, export, name):
    answer = client.get(address(name, webinar, export))

    assert (answer.status_code, answer.headers["Cache-Control"]) == (401, "private, no-store")


@pytest.mark.parametrize("file_format", ["csv", "xlsx", "nonsense"])
def test_nor_is_a_file(call, webinar, organizer, file_format):
    answer = call(webinar, organizer).get("stats/attendance", format=file_format)

    assert (answer.status_code, answer.headers["Cache-Control"]) == (
        400 if file_format == "nonsense" else 200,
        "private, no-store",
    )


def test_the_calls_that_are_tried():
    assert set(NAMES) == {
        "statistics",
        "curves",
        "access",
        "attendance",
        "reconciliation",
        "export",
        "export-file",
    }
