"""The console's attendance tab: who was there, sorted, searched and paged, for those who may know (spec 1, 7, 14)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.urls import reverse
from psycopg.types.multirange import TimestamptzMultirange
from psycopg.types.range import TimestamptzRange

from presence.models import UserSession
from presence.tests.factories import SessionFactory
from stats.services.sealing import seal_attendance
from stats.tests.sealed import seal_rows
from webinars.models import Webinar
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # 14:00 in Seoul
NOW = START + timedelta(minutes=70)
OURS = {"owner", "admin", "operator", "analyst", "viewer", "client_operator", "superuser"}
ENGLISH = {"accept-language": "en"}


def at(minutes):
    return START + timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def _the_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def webinar(db):
    """An hour that ended ten minutes ago; its collect window is still open."""
    return WebinarFactory(
        webinar_start_time=START, webinar_scheduled_end_time=at(60), webinar_actual_end_time=at(60), state="ended"
    )


def was_there(webinar, entered, left, *, name="Lee Seoyeon", email=None, user=None, watched=None, reason="exit"):
    person = (
        user
        or RegistrationFactory(
            webinar=webinar, user=UserFactory(display_name=name, **({"email": email} if email else {}))
        ).user
    )
    SessionFactory(
        webinar=webinar,
        user=person,
        entered_at=at(entered),
        last_heartbeat_at=at(left),
        exited_at=at(left),
        closed_reason=reason,
        is_visible=True,
        watched_ranges=TimestamptzMultirange([TimestamptzRange(at(one), at(other)) for one, other in watched or []]),
    )
    return person


def tab(webinar, **query):
    url = reverse("admin:webinars_webinar_attendance", args=[webinar.pk])
    return url, query


def visit(browser, webinar, **query):
    url, query = tab(webinar, **query)
    return browser.get(url, query, headers=ENGLISH)


def shown(page):
    """Names and cells, row by row."""
    return [[row["name"], *(cell["text"] for cell in row["cells"])] for row in page.context["rows"]]


def names(page):
    return [row["name"] for row in page.context["rows"]]


def test_the_tab_is_for_the_webinars_members(webinar):
    people = people_around(webinar)
    url, _query = tab(webinar)

    found = {part: sign_in(Browser(), person).get(url).status_code for part, person in people.items()}

    assert found == {part: 302 if part == "anonymous" else 200 if part in OURS else 404 for part in PARTS}


def test_a_row_says_what_the_ledger_says(client, organizer, webinar):
    person = was_there(webinar, -5, 45, name="Kim Minjun", email="kim@example.com", watched=[(0, 38)])
    was_there(webinar, 30, 40, user=person, reason="timeout")

    page = visit(sign_in(client, organizer), webinar)

    assert shown(page) == [
        ["Kim Minjun", "0:45:00", "75.0 %", "0:38:00", "0:55:00", "0:10:00", "2", "14:00–14:45", "± 3:10"]
    ]
    assert page.context["rows"][0]["email"] == "kim@example.com"
    strip = page.context["rows"][0]["strip"]
    assert strip.words == "Present 14:00–14:45, in front 38 minutes, two pages at once 10 minutes"
    assert strip.layers == [
        ("present", "M0 14h750v8h-750z"),
        ("visible", "M0 6h633v16h-633z"),
        ("doubled", "M500 0h167v3h-167z"),
    ]
    assert 'aria-label="Present 14:00–14:45, in front 38 minutes, two pages at once 10 minutes"' in page.text
    assert page.context["axis"] == ["14:00", "14:30", "15:00"]


def test_totals_have_guests_apart(client, organizer, webinar):
    was_there(webinar, 0, 60)
    was_there(webinar, 0, 30)
    was_there(webinar, -20, -10, name="Too Early")
    SessionFactory(webinar=webinar, user=None, entered_at=at(0), exited_at=at(9), closed_reason="exit")

    html = visit(sign_in(client, organizer), webinar).text

    figures = dict(re.findall(r'data-figure="(\w+)">([^<]*)<', html))
    assert figures == {"people": "3", "attended": "2", "averageUniqueSeconds": "0:45:00", "guests": "1"}


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("", ["Long", "Middle", "Short"]),
        ("uniqueSeconds", ["Short", "Middle", "Long"]),
        ("displayName", ["Long", "Middle", "Short"]),
        ("-firstEntered", ["Short", "Middle", "Long"]),
        ("email", ["Middle", "Short", "Long"]),
    ],
)
def test_sorting(client, organizer, webinar, sort, expected):
    was_there(webinar, 0, 60, name="Long", email="c@example.com")
    was_there(webinar, 10, 40, name="Middle", email="a@example.com")
    was_there(webinar, 20, 30, name="Short", email="b@example.com")

    assert names(visit(sign_in(client, organizer), webinar, sort=sort)) == expected


def test_a_head_sorts_and_says_so(client, organizer, webinar):
    was_there(webinar, 0, 60)

    page = visit(sign_in(client, organizer), webinar, q="lee", sort="-uniqueSeconds")

    heads = {
        figure["key"]: (figure["sorted"], figure["url"], column["aria_sort"])
        for column in [page.context["person_column"], *page.context["figure_columns"]]
        for figure in column["figures"]
    }
    assert heads["uniqueSeconds"] == ("descending", "?q=lee&sort=uniqueSeconds", "descending")
    assert heads["visibleSeconds"] == ("", "?q=lee&sort=-visibleSeconds", "none")
    assert heads["displayName"] == ("", "?q=lee&sort=displayName", "none")
    assert len(heads) == 11
    assert page.text.count('aria-sort="descending"') == 1


def test_every_figure_has_its_definition(client, organizer, webinar):
    was_there(webinar, 0, 60)

    page = visit(sign_in(client, organizer), webinar)

    defined = [figure for column in page.context["figure_columns"] for figure in column["figures"]]
    assert [figure["key"] for figure in defined if not figure["definition"]] == []
    assert page.text.count("As of 15:10:00.</span>") == len(defined) + 4
    for figure in defined:
        assert f'aria-describedby="about-{figure["key"]}"' in page.text
        assert page.text.count(f'id="about-{figure["key"]}"') == 1


def test_search_and_threshold(client, organizer, webinar):
    was_there(webinar, 0, 60, name="Kim Minjun")
    was_there(webinar, 0, 60, name="Lee Seoyeon")
    was_there(webinar, 0, 30, name="Kim Jiwoo")
    browser = sign_in(client, organizer)

    assert names(visit(browser, webinar, q="kim")) == ["Kim Minjun", "Kim Jiwoo"]
    assert names(visit(browser, webinar, q="kim", minPercent="80")) == ["Kim Minjun"]
    assert sorted(names(visit(browser, webinar, q="", minPercent=""))) == ["Kim Jiwoo", "Kim Minjun", "Lee Seoyeon"]


@pytest.mark.parametrize("query", [{"minPercent": "many"}, {"sort": "shoeSize"}, {"after": "nowhere"}])
def test_what_is_not_understood_is_named_and_leaves_the_table(client, organizer, webinar, query):
    was_there(webinar, 0, 60)

    page = visit(sign_in(client, organizer), webinar, **query)

    assert page.status_code == 200
    assert list(page.context["problems"]) == list(query)
    assert 'role="alert"' in page.text
    assert names(page) == ["Lee Seoyeon"]


def test_pages_follow_each_other_and_lead_back(client, organizer, webinar):
    for minutes in range(10, 15):
        was_there(webinar, 0, minutes, name=f"{minutes} minutes")
    browser = sign_in(client, organizer)
    url, query = tab(webinar, limit=2)

    first = visit(browser, webinar, **query)
    second = browser.get(url + first.context["next_url"], headers=ENGLISH)
    third = browser.get(url + second.context["next_url"], headers=ENGLISH)
    back = browser.get(url + third.context["previous_url"], headers=ENGLISH)
    beginning = browser.get(url + back.context["previous_url"], headers=ENGLISH)

    assert [names(page) for page in (first, second, third)] == [
        ["14 minutes", "13 minutes"],
        ["12 minutes", "11 minutes"],
        ["10 minutes"],
    ]
    assert (names(back), names(beginning)) == (names(second), names(first))
    assert (first.context["previous_url"], third.context["next_url"]) == (None, None)
    assert names(browser.get(url + third.context["first_url"], headers=ENGLISH)) == names(first)


def test_the_way_back_remembers_some_pages_only(client, organizer, webinar):
    for minutes in range(10, 25):
        was_there(webinar, 0, minutes, name=f"{minutes} minutes")
    browser = sign_in(client, organizer)
    url, query = tab(webinar, limit=1)
    page = visit(browser, webinar, **query)

    for _ in range(12):
        page = browser.get(url + page.context["next_url"], headers=ENGLISH)

    assert names(page) == ["12 minutes"]
    assert len(page.request["QUERY_STRING"]) < 4_000
    for minutes in range(13, 21):
        page = browser.get(url + page.context["previous_url"], headers=ENGLISH)
        assert names(page) == [f"{minutes} minutes"]
    assert (page.context["previous_url"], page.context["first_url"]) == (None, "?limit=1")


def test_viewers_get_the_totals_and_no_person(client, webinar):
    person = was_there(webinar, 0, 60)
    viewer = people_around(webinar)["viewer"]

    page = visit(sign_in(client, viewer), webinar, q="lee", sort="email")

    assert page.context["rows"] == []
    assert 'data-figure="attended">1<' in page.text
    assert "Your role sees the figures and not the people." in page.text
    assert "What the figures mean" in page.text
    assert [part for part in (person.display_name, person.email, str(person.pk)) if part in page.text] == []


def test_names_are_text(client, organizer, webinar):
    was_there(webinar, 0, 60, name='<img src=x onerror="1">')

    assert '<img src=x onerror="1">' not in visit(sign_in(client, organizer), webinar).text


def seal(webinar, **header):
    totals = {
        "people": {
            "people": 1,
            "attended": 1,
            "connectedSeconds": 3000,
            "uniqueSeconds": 3000,
            "visibleSeconds": 0,
            "overlapSeconds": 0,
            "uncertaintySeconds": 0,
            "averageUniqueSeconds": 3000,
            "averageAttendancePercent": 83.3,
        },
        "guests": {"sessionCount": 0, "connectedSeconds": 0, "visibleSeconds": 0, "uncertaintySeconds": 0},
    }
    connection.check_constraints()  # as a commit before sealing would
    row = {"display_name": "Sealed Name", "email": "sealed@example.com", "unique_seconds": 3000}
    return seal_rows(webinar, [{**row, "connected_seconds": 3000}], totals=totals, **header)


def test_until_it_is_sealed_it_is_preliminary(client, organizer, webinar):
    browser = sign_in(client, organizer)

    assert "sealed after the collect window ends at 2 Mar 2026, 15:30 Korea time" in visit(browser, webinar).text
    with time_machine.travel(at(95), tick=False):
        cache.clear()
        assert "and the figures are not sealed yet" in visit(browser, webinar).text
    Webinar.objects.filter(pk=webinar.pk).update(
        state="live", webinar_actual_end_time=None, webinar_scheduled_end_time=None
    )
    assert "They are sealed when the webinar has ended" in visit(browser, webinar).text


def test_a_seal_is_shown_with_its_hash_and_its_corrections(client, organizer, webinar):
    was_there(webinar, 0, 60, name="Not Sealed")
    seal(webinar)
    seal(webinar, version=2, author=organizer, reason="Two sessions were merged", sha256="b" * 64)

    page = visit(sign_in(client, organizer), webinar)

    assert "Sealed: version 2, 2 Mar 2026, 16:00 Korea time" in page.text
    assert "As of 2 Mar 2026, 16:00 ·" in page.text
    assert f'data-copy="{"b" * 64}"' in page.text
    assert names(page) == ["Sealed Name"]
    assert [(each.version, each.reason) for each in page.context["seals"]] == [
        (2, "Two sessions were merged"),
        (1, ""),
    ]
    assert organizer.display_name in page.text
    assert "Preliminary" not in page.text


def test_viewers_see_the_seal_without_who_and_why(client, organizer, webinar):
    viewer = people_around(webinar)["viewer"]
    seal(webinar)
    seal(webinar, version=2, author=organizer, reason="Kim asked for it", sha256="b" * 64)

    html = visit(sign_in(client, viewer), webinar).text

    assert "Sealed: version 2" in html
    assert [
        part for part in ("Kim asked", organizer.display_name, organizer.email, "Sealed Name") if part in html
    ] == []


def test_who_was_erased_from_a_seal_has_no_name(client, organizer, webinar):
    seal_rows(
        webinar,
        [{"display_name": "", "email": "", "user_id": None}],
        totals={"people": {"people": 1, "attended": 1, "averageUniqueSeconds": 0}, "guests": {"sessionCount": 0}},
    )

    assert names(visit(sign_in(client, organizer), webinar)) == ["Erased person"]


def test_a_seal_shows_when_two_pages_were_open_as_long_as_the_sessions_are_kept(client, organizer, webinar):
    person = was_there(webinar, 0, 30)
    was_there(webinar, 15, 30, user=person)
    with time_machine.travel(at(95), tick=False):
        seal_attendance(webinar=webinar, now=at(95))
        browser = sign_in(client, organizer)

        kept = visit(browser, webinar).context["rows"][0]["strip"]
        UserSession.objects.all().delete()
        cache.clear()
        pruned = visit(browser, webinar).context["rows"][0]["strip"]

    assert kept.layers[-1] == ("doubled", "M250 0h250v3h-250z")
    assert pruned.layers == [("present", "M0 14h500v8h-500z")]


@pytest.mark.parametrize("more", [1, 3])
def test_the_tab_costs_the_same_for_one_person_and_three(client, organizer, webinar, django_assert_num_queries, more):
    for _ in range(more):
        was_there(webinar, 0, 60)
    browser = sign_in(client, organizer)
    browser.get(reverse("admin:webinars_webinar_changelist"))

    # 1. person 2.–3. memberships 4. webinar 5. seal 6. page and totals 7. strips 8. that they were seen 9. versions
    # 10. people now 11. samples
    with django_assert_num_queries(11):
        visit(browser, webinar)


def test_an_empty_table_says_what_will_fill_it(client, organizer, webinar):
    browser = sign_in(client, organizer)

    assert "Nobody has opened the live page yet." in visit(browser, webinar).text
    assert "Nobody fits this." in visit(browser, webinar, q="nobody").text
