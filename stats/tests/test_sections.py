"""`stats?sections=` and `stats/curves`: who may, which sections, definitions, budgets (spec 6)."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone, translation

from eventflow import redis
from stats.sections import SECTIONS
from stats.tests.past_hour import chat, message, past_webinar, question, visit
from webinars.models import Webinar
from webinars.tests.factories import AgencyMemberFactory, MessageFactory, RegistrationFactory, UserFactory

pytestmark = pytest.mark.django_db

ALL = ["access", "sessions", "watch", "registrants", "chat", "qa"]


@pytest.fixture
def webinar(db):
    return past_webinar()


def figures(call, webinar, user, section):
    return call(webinar, user).get("stats", sections=section).json()["data"]["sections"][section]["figures"]


def test_the_answer_around_the_sections(call, webinar, organizer):
    data = call(webinar, organizer).get("stats").json()["data"]

    assert datetime.fromisoformat(data["asOf"]) <= timezone.now()
    assert data["webinar"] == {
        "id": str(webinar.pk),
        "slug": "q1",
        "title": "분기 보고",
        "window": {"start": "2026-03-02T05:00:00Z", "end": "2026-03-02T06:00:00Z"},
    }
    assert [*data["sections"]] == ALL == [*SECTIONS]


@pytest.mark.parametrize(
    ("asked", "answered"),
    [("chat", ["chat"]), ("qa,chat", ["qa", "chat"]), (" chat , chat,", ["chat"]), ("", ALL), (",", ALL)],
)
def test_which_sections(call, webinar, organizer, asked, answered):
    data = call(webinar, organizer).get("stats", sections=asked).json()["data"]

    assert [*data["sections"]] == answered


@pytest.mark.parametrize("asked", ["everything", "chat,everything", "Chat", "a\x00b"])
def test_unknown_sections_are_refused_with_the_known_ones(call, webinar, organizer, asked):
    response = call(webinar, organizer).get("stats", sections=asked)

    assert response.status_code == 400
    assert (response.json()["code"], ", ".join(ALL) in response.json()["error"]) == ("unknown_section", True)


@pytest.mark.parametrize("role", ["owner", "viewer"])
def test_every_figure_has_its_definition(call, webinar, role):
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user
    MessageFactory(webinar=webinar)

    sections = call(webinar, member).get("stats").json()["data"]["sections"]

    for section in sections.values():
        assert [*section["figures"]] == [*section["definitions"]]
        assert all(section["definitions"].values())
        assert section["title"]


def test_definitions_speak_the_callers_language(call, webinar, organizer):
    caller = call(webinar, organizer)

    def definition(language):
        response = caller.browser.get(
            f"/api/webinars/{webinar.slug}/stats", headers={**caller.headers(), "Accept-Language": language}
        )
        return response.json()["data"]["sections"]["watch"]["definitions"]["uniqueSeconds"]

    english, korean = definition("en"), definition("ko")  # the second from the same cached figures

    assert english == (
        "The time in which at least one of the person's pages was open. Two pages side by side count once. "
        "Added up over all who attended."
    )
    with translation.override("ko"):
        assert korean == str(SECTIONS["watch"].definitions["uniqueSeconds"])


@pytest.mark.parametrize(
    ("role", "sees_authors"),
    [("owner", True), ("admin", True), ("operator", True), ("analyst", True), ("viewer", False)],
)
def test_names_are_for_those_who_may_see_personal_data(call, webinar, role, sees_authors):
    chat(webinar)
    of_others = AgencyMemberFactory(agency=webinar.agency, role="viewer" if sees_authors else "owner").user
    figures(call, webinar, of_others, "chat")  # what is cached for one is not shown to the other
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user

    section = call(webinar, member).get("stats", sections="chat").json()["data"]["sections"]["chat"]

    assert ("topAuthors" in section["figures"], "topAuthors" in section["definitions"]) == (sees_authors,) * 2


@pytest.mark.parametrize("rows", [1, 3])
@pytest.mark.parametrize(
    ("section", "queries"),
    [
        ("access", 4),  # 1. the webinar, 2. people now, 3. buckets, 4. totals and attendees
        ("sessions", 2),  # 1. the webinar, 2. the sessions
        ("watch", 3),  # 1. the webinar, 2. the newest seal, 3. the figures
        ("registrants", 3),  # 1. the webinar, 2. the newest seal, 3. registrations and attended
        # 1. the webinar, 2. the messages, 3. the busiest minute, 4. the authors, 5. that they were seen
        ("chat", 5),
        ("qa", 2),  # 1. the webinar, 2. the questions
    ],
)
def test_budgets(call, webinar, organizer, section, queries, rows, django_assert_num_queries):
    for number in range(rows):
        user = RegistrationFactory(webinar=webinar, source=f"link-{number}").user
        visit(webinar, user, number, 30)
        message(webinar, number, user)
        question(webinar, number)
    caller = call(webinar, organizer)

    with django_assert_num_queries(queries):
        cold = caller.get("stats", sections=section)
    with django_assert_num_queries(1):  # 1. the webinar
        warm = caller.get("stats", sections=section)

    assert cold.json() == warm.json()


def test_figures_are_a_few_seconds_old_at_most(call, webinar, organizer):
    call(webinar, organizer).get("stats")

    lives = [redis.client().ttl(key) for key in redis.client().keys("*stats-section*")]

    assert len(lives) == len(ALL)
    assert 0 < min(lives) <= max(lives) <= 5


@pytest.mark.parametrize(
    ("fields", "kept"),
    [
        ({"state": "ended"}, 300),
        ({"state": "live"}, 5),
        ({"state": "ended", "webinar_start_time": timezone.now() - timedelta(minutes=5)}, 5),  # pages may be open
    ],
)
def test_sessions_of_a_webinar_that_is_over_are_counted_rarely(call, webinar, organizer, fields, kept):
    start = fields.get("webinar_start_time", webinar.webinar_start_time)
    end = start + timedelta(hours=1) if fields["state"] == "ended" else None
    Webinar.objects.filter(pk=webinar.pk).update(
        **{**fields, "webinar_start_time": start}, webinar_actual_end_time=end, webinar_scheduled_end_time=None
    )

    call(webinar, organizer).get("stats", sections="sessions,chat")

    lives = {
        section: redis.client().ttl(redis.client().keys(f"*stats-section:{section}:*")[0])
        for section in ("sessions", "chat")
    }
    assert kept - 2 <= lives["sessions"] <= kept
    assert lives["chat"] <= 5


def test_as_of_is_that_of_the_oldest_figures(call, webinar, organizer):
    caller = call(webinar, organizer)
    first = caller.get("stats", sections="chat").json()["data"]["asOf"]

    both = caller.get("stats", sections="qa,chat").json()["data"]["asOf"]

    assert both == first


@pytest.mark.parametrize("path", ["stats", "stats/curves"])
@pytest.mark.parametrize(
    ("who", "by_pass", "by_session"),
    [
        ("organizer", 200, 200),
        ("attendee", 403, 404),
        ("stranger", 403, 404),
        ("rival", 403, 404),
        ("guest", 403, None),
        ("nobody", 401, 401),
    ],
)
def test_who_may(request, call, client, webinar, path, who, by_pass, by_session):
    if who == "nobody":
        statuses = [client.get(f"/api/webinars/{webinar.slug}/{path}").status_code] * 2
    elif who == "guest":
        statuses = [call(webinar).get(path).status_code, None]
    else:
        user = request.getfixturevalue(who)
        client.force_login(user)
        statuses = [
            call(webinar, user).get(path).status_code,
            client.get(f"/api/webinars/{webinar.slug}/{path}").status_code,
        ]

    assert statuses == [by_pass, by_session]


@pytest.mark.parametrize("path", ["stats", "stats/curves"])
@pytest.mark.parametrize("role", ["owner", "admin", "operator", "analyst", "viewer"])
def test_all_members_see_statistics(call, webinar, path, role):
    member = AgencyMemberFactory(agency=webinar.agency, role=role).user

    assert call(webinar, member).get(path).status_code == 200


def test_curves(call, webinar, organizer, django_assert_num_queries):
    visit(webinar, UserFactory(), 0, 30)
    visit(webinar, UserFactory(), 10, 60)
    caller = call(webinar, organizer)

    with django_assert_num_queries(4):  # 1. the webinar, 2. the newest seal, 3. the steps, 4. what all watched
        cold = caller.get("stats/curves")
    with django_assert_num_queries(0):
        warm = caller.get("stats/curves")

    data = cold.json()["data"]
    assert warm.json() == cold.json()
    assert (len(data["minutes"]), data["minutes"][0], data["attended"]) == (60, "2026-03-02T05:00:00Z", 2)
    assert [index for index, entries in enumerate(data["entries"]) if entries] == [10]
    assert {*data} - {*data["definitions"]} == {"minutes", "stepSeconds", "sealed", "window", "asOf", "definitions"}
    assert {*data["definitions"]} <= {*data}
