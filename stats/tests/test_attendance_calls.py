"""`stats/attendance` as it is called: who may see what, and what is refused (spec 6, 17)."""

import pytest
from django.core import signing
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import translation

from presence import definitions
from stats.selectors.attendance_query import SALT
from stats.tests.attendees import (
    an_hour,
    following,
    names,
    was_there,
)
from stats.tests.sealed import seal_rows
from webinars.tests.factories import AgencyMemberFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def webinar(db):
    return an_hour()


@pytest.mark.parametrize("count", [1, 3])
def test_budget_of_the_call(call, webinar, organizer, count, django_assert_num_queries):
    for _ in range(count):
        was_there(webinar, UserFactory(), 0, 10)
    caller = call(webinar, organizer)

    # 1. the webinar, 2. the seal, 3. page, totals and guests, 4. strips, 5. that they were seen
    with django_assert_num_queries(5):
        cold = caller.get("stats/attendance")
    with django_assert_num_queries(1):  # 1. the webinar
        warm = caller.get("stats/attendance")

    assert (cold.status_code, len(cold.json()["data"]["rows"])) == (200, count)
    assert warm.json() == cold.json()


def test_next_is_a_path_to_call(call, webinar, organizer):
    for name in ("a kim&co", "b kim&co", "c"):
        was_there(webinar, UserFactory(display_name=name), 0, 10)
    caller = call(webinar, organizer)

    first = caller.get("stats/attendance", limit=1, sort="displayName", q="kim&co", minPercent="1.0").json()["data"]
    second = caller.browser.get(first["next"], headers=caller.headers()).json()["data"]

    assert (names(first), names(second), second["next"]) == (["a kim&co"], ["b kim&co"], None)
    assert "kim" not in signing.loads(following(first)["after"], salt=SALT)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "201"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"sort": "password"}, "sort"),
        ({"sort": "--email"}, "sort"),
        ({"sort": "tie; DROP TABLE users"}, "sort"),
        ({"minPercent": "101"}, "minPercent"),
        ({"minPercent": "NaN"}, "minPercent"),
        ({"q": "x" * 255}, "q"),
        ({"q": "\x00"}, "q"),
        ({"after": "nonsense"}, "after"),
        ({"after": ""}, "after"),
        ({"after": signing.dumps(["x"], salt=SALT)}, "after"),
        ({"after": signing.dumps(5, salt=SALT)}, "after"),
        ({"after": signing.dumps(["a", "-uniqueSeconds", "1", "2", "3", "4"])}, "after"),
    ],
)
def test_malformed_queries(call, webinar, organizer, query, field):
    response = call(webinar, organizer).get("stats/attendance", **query)

    assert (response.status_code, response.json()["code"], [*response.json()["fields"]]) == (400, "invalid", [field])


@pytest.mark.parametrize(
    ("role", "sees_people"),
    [("owner", True), ("admin", True), ("operator", True), ("analyst", True), ("viewer", False)],
)
@pytest.mark.parametrize("is_sealed", [False, True])
def test_what_each_role_sees(call, webinar, role, sees_people, is_sealed):
    for _ in range(2):
        was_there(webinar, UserFactory(), 0, 30)
    if is_sealed:
        seal_rows(webinar, [{}, {}])
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user

    data = call(webinar, member).get("stats/attendance", limit=1, q="person").json()["data"]
    everything = str(data)

    assert data["totals"]["people"] == 2
    assert ("@example.com" in everything, data["next"] is not None) == (
        (False, False) if is_sealed or not sees_people else (True, True)
    )
    assert len(data["rows"]) == (0 if is_sealed or not sees_people else 1)


def test_a_viewer_and_an_owner_share_no_cached_answer(call, webinar, organizer):
    was_there(webinar, UserFactory(), 0, 30)
    viewer = AgencyMemberFactory(agency=webinar.agency, role="viewer").user

    seen = [len(call(webinar, who).get("stats/attendance").json()["data"]["rows"]) for who in (organizer, viewer)]

    assert seen == [1, 0]


def test_a_viewers_call_reads_no_rows(call, webinar):
    was_there(webinar, UserFactory(), 0, 30)
    viewer = AgencyMemberFactory(agency=webinar.agency, role="viewer").user
    caller = call(webinar, viewer)

    with CaptureQueriesContext(connection) as queries:
        caller.get("stats/attendance")

    assert [("FROM users" in q["sql"] or "JOIN users" in q["sql"]) for q in queries.captured_queries] == [False] * 3


@pytest.mark.parametrize(
    ("who", "by_pass", "by_session"),
    [("organizer", 200, 200), ("attendee", 403, 404), ("stranger", 403, 404), ("rival", 403, 404)],
)
def test_who_may_ask(request, call, client, webinar, who, by_pass, by_session):
    user = request.getfixturevalue(who)
    client.force_login(user)

    statuses = (
        call(webinar, user).get("stats/attendance").status_code,
        client.get(f"/api/webinars/{webinar.slug}/stats/attendance").status_code,
    )

    assert statuses == (by_pass, by_session)


def test_guests_and_the_nameless_may_not_ask(call, client):
    webinar = WebinarFactory(access_policy="open")

    statuses = (
        call(webinar).get("stats/attendance").status_code,
        client.get(f"/api/webinars/{webinar.slug}/stats/attendance").status_code,
    )

    assert statuses == (403, 401)


def test_a_pass_of_another_webinar(call, webinar, organizer, rival):
    elsewhere = WebinarFactory(client=webinar.client)
    caller = call(elsewhere, organizer)

    response = caller.browser.get(f"/api/webinars/{webinar.slug}/stats/attendance", headers=caller.headers())

    assert (response.status_code, response.json()["code"]) == (403, "wrong_webinar")


def test_definitions_are_in_the_callers_language(call, webinar, organizer):
    caller = call(webinar, organizer)
    path = f"/api/webinars/{webinar.slug}/stats/attendance"

    texts = [
        caller.browser.get(path, headers={**caller.headers(), "Accept-Language": language}).json()["data"][
            "definitions"
        ]
        for language in ("en", "ko")
    ]

    for language, said in zip(("en", "ko"), texts, strict=True):
        with translation.override(language):
            assert said["window"] == str(definitions.WINDOW)
    assert texts[0]["window"] != texts[1]["window"]
    assert [*texts[0]] == [*texts[1]] == ["window", *definitions.FIGURES]
