"""The console's statistics tab and the comparison of two webinars (spec 6, 7, 14)."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client as Browser
from django.urls import reverse

from presence.tests.factories import SessionFactory
from stats.models import AccessLog
from stats.tests.factories import AccessLogFactory
from webinars.models import Webinar
from webinars.tests.console_people import PARTS, people_around, sign_in
from webinars.tests.factories import RegistrationFactory, UserFactory, WebinarFactory

START = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)  # 14:00 in Seoul
NOW = START + timedelta(minutes=10)
OURS = {"owner", "admin", "operator", "analyst", "viewer", "client_operator", "superuser"}
ENGLISH = {"accept-language": "en"}
PAGES = ("statistics", "statistics_data", "compare")


def at(minutes):
    return START + timedelta(minutes=minutes)


@pytest.fixture(autouse=True)
def _the_moment():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def webinar(db):
    """Ten minutes, just over."""
    return WebinarFactory(
        webinar_start_time=START,
        webinar_scheduled_end_time=NOW,
        webinar_actual_end_time=NOW,
        state="ended",
        bucket_seconds=60,
        title="This one",
    )


def was_there(webinar, entered, left, *, name="Lee Seoyeon", registered=True):
    person = UserFactory(display_name=name)
    if registered:
        RegistrationFactory(webinar=webinar, user=person)
    SessionFactory(
        webinar=webinar,
        user=person,
        entered_at=webinar.webinar_start_time + timedelta(minutes=entered),
        last_heartbeat_at=webinar.webinar_start_time + timedelta(minutes=left),
        exited_at=webinar.webinar_start_time + timedelta(minutes=left),
        closed_reason="exit",
    )
    return person


def sample(webinar, minute, *counts):
    bucket = at(minute)
    return AccessLogFactory(
        webinar=webinar,
        time_bucket=bucket,
        sample_count=len(counts),
        sum_participants=sum(counts),
        min_participants=min(counts),
        max_participants=max(counts),
        last_participants=counts[-1],
    )


def url_of(page, webinar):
    return reverse(f"admin:webinars_webinar_{page}", args=[webinar.pk])


def visit(browser, webinar, page="statistics", **query):
    return browser.get(url_of(page, webinar), query, headers=ENGLISH)


def chart(page, name):
    return next(each for each in page.context["charts"] if each["name"] == name)


@pytest.mark.parametrize("page", PAGES)
def test_pages_are_for_the_webinars_members(webinar, page):
    people = people_around(webinar)

    found = {
        part: sign_in(Browser(), person).get(url_of(page, webinar)).status_code for part, person in people.items()
    }

    assert found == {part: 302 if part == "anonymous" else 200 if part in OURS else 404 for part in PARTS}


def test_samples_and_the_ledger_stand_side_by_side(client, organizer, webinar):
    was_there(webinar, 0, 5)
    was_there(webinar, 2, 8)
    for minute, count in [(0, 1), (1, 1), (2, 2), (5, 3)]:
        sample(webinar, minute, count)

    rows = chart(visit(sign_in(client, organizer), webinar), "concurrency")["rows"]

    assert rows == [
        ["2026-03-02T14:00:00+09:00", 1.0, 1, 1, 1],
        ["2026-03-02T14:01:00+09:00", 1.0, 1, 1, 1],
        ["2026-03-02T14:02:00+09:00", 2.0, 2, 2, 2],
        ["2026-03-02T14:03:00+09:00", None, None, None, 2],
        ["2026-03-02T14:04:00+09:00", None, None, None, 2],
        ["2026-03-02T14:05:00+09:00", 3.0, 3, 3, 1],
        ["2026-03-02T14:06:00+09:00", None, None, None, 1],
        ["2026-03-02T14:07:00+09:00", None, None, None, 1],
        ["2026-03-02T14:08:00+09:00", None, None, None, 0],
        ["2026-03-02T14:09:00+09:00", None, None, None, 0],
    ]


def test_a_long_bucket_fills_its_steps_and_samples_before_the_start_are_kept(client, organizer, webinar):
    Webinar.objects.filter(pk=webinar.pk).update(bucket_seconds=300)
    sample(webinar, -5, 2, 4)

    rows = chart(visit(sign_in(client, organizer), webinar), "concurrency")["rows"]

    assert [row[0][11:16] for row in rows] == [f"{13 + (55 + n) // 60}:{(55 + n) % 60:02}" for n in range(15)]
    assert [row[1:4] for row in rows] == [[3.0, 2, 4]] * 5 + [[None, None, None]] * 10


def test_coming_leaving_staying_and_watching(client, organizer, webinar):
    was_there(webinar, 0, 5)
    was_there(webinar, 2, 10)

    page = visit(sign_in(client, organizer), webinar)

    assert [row[1:] for row in chart(page, "comings")["rows"]] == [
        [0, 0],
        [0, 0],
        [1, 0],
        [0, 0],
        [0, 0],
        [0, 1],
        [0, 0],
        [0, 0],
        [0, 0],
        [0, 0],
    ]
    assert chart(page, "retention")["rows"] == [[n, 100.0] for n in range(5)] + [[n, 50.0] for n in range(5, 10)]
    assert [row[2] for row in chart(page, "watched")["rows"]] == [0, 0, 0, 0, 0, 1, 0, 0, 1, 0]
    assert chart(page, "watched")["rows"][5][:2] == [5, 6]


def test_the_page_has_the_numbers_without_scripts(client, organizer, webinar):
    was_there(webinar, 0, 5)
    sample(webinar, 0, 1, 4)

    html = visit(sign_in(client, organizer), webinar).text

    assert '<th scope="row">2 Mar, 14:00</th><td>2.5</td><td>1</td><td>4</td><td>1</td>' in html
    assert '<th scope="row">2 Mar, 14:01</th><td>–</td><td>–</td><td>–</td><td>1</td>' in html


def test_every_figure_of_every_section_has_a_name_and_a_definition(client, organizer, webinar):
    was_there(webinar, 0, 5)

    page = visit(sign_in(client, organizer), webinar)

    assert [card["name"] for card in page.context["cards"]] == [
        "access",
        "watch",
        "registrants",
        "sessions",
        "chat",
        "qa",
    ]
    figures = [figure for card in page.context["cards"] for figure in card["figures"]]
    assert [figure["name"] for figure in figures if not figure["definition"]] == []
    texts = {figure["name"]: figure["text"] for figure in figures}
    assert (texts["watch-attended"], texts["watch-averageUniqueSeconds"], texts["registrants-attendedPercent"]) == (
        "1",
        "0:05:00",
        "100.0 %",
    )
    for figure in figures:
        assert page.text.count(f'id="about-{figure["name"]}"') == 1


def texts(page):
    return {line["name"]: (line["ok"], line["text"]) for line in page.context["lines"]}


def test_what_adds_up_is_said_plainly(client, organizer, webinar):
    was_there(webinar, 0, 10)
    was_there(webinar, -8, -2)
    for minute in range(10):
        sample(webinar, minute, 1)

    found = texts(visit(sign_in(client, organizer), webinar))

    assert found == {
        "registered": (True, "2 registered = 1 attended + 1 absent"),
        "peaks": (True, "Peak: 1 by the samples at 14:00, 1 by the ledger at 14:00"),
        "samples": (True, "10 of 10 minutes have a sample"),
        "strangers": (True, "Everybody who attended is registered"),
        "outsideWindow": (None, "1 person came before or after the webinar only, and did not attend"),
        "withoutSession": (True, "Everybody who was seen has a session"),
        "duplicates": (True, "No two people share a mailbox"),
        "guests": (None, "0 pages of guests, counted apart"),
    }


def test_what_does_not_add_up_is_marked(client, organizer, webinar):
    was_there(webinar, 0, 10, name="Unregistered Person", registered=False)
    for name in ("one", "one+again"):
        RegistrationFactory(webinar=webinar, user=UserFactory(email=f"{name}@example.com"))
    for minute in range(5):
        sample(webinar, minute, 30)

    page = visit(sign_in(client, organizer), webinar)

    wrong = {name: text for name, (ok, text) in texts(page).items() if ok is False}
    assert wrong == {
        "peaks": "Peaks far apart: 30 by the samples at 14:00, 1 by the ledger at 14:00",
        "samples": "5 of 10 minutes have a sample",
        "strangers": "1 person attended without being registered",
        "duplicates": "2 people share 1 mailbox and may be the same person",
    }
    assert page.text.count('aria-label="Needs a look"') == 4
    assert "Unregistered Person" in page.text


@pytest.mark.parametrize("page", PAGES)
def test_viewers_see_no_person_on_any_page(client, webinar, page):
    person = was_there(webinar, 0, 10, name="Unregistered Person", registered=False)
    other = WebinarFactory(client=webinar.client)
    viewer = people_around(webinar)["viewer"]

    answer = visit(sign_in(client, viewer), webinar, page, **{"with": str(other.pk)})

    assert answer.status_code == 200
    assert [part for part in (person.display_name, person.email, str(person.pk)) if part in answer.text] == []


def test_the_data_are_what_the_page_shows(client, organizer, webinar):
    was_there(webinar, 0, 10)
    sample(webinar, 0, 1)
    browser = sign_in(client, organizer)

    page = visit(browser, webinar)
    answer = visit(browser, webinar, "statistics_data").json()

    assert answer["charts"] == json.loads(json.dumps(page.context["charts"]))
    shown = dict(re.findall(r'data-figure="([\w-]+)"[^>]*>([^<]*)<', page.text))
    assert answer["figures"] == shown
    assert (answer["state"], answer["nextPollSeconds"]) == ("ended", 10)


def test_the_data_cost_nothing_while_they_are_warm(client, organizer, webinar, django_assert_num_queries):
    browser = sign_in(client, organizer)
    visit(browser, webinar, "statistics_data")

    # 1. person 2.–3. memberships 4. webinar
    with django_assert_num_queries(4):
        visit(browser, webinar, "statistics_data")


@pytest.mark.parametrize("more", [1, 3])
def test_the_tab_costs_the_same_for_one_person_and_three(
    client, organizer, webinar, django_assert_max_num_queries, more
):
    for minute in range(more):
        was_there(webinar, 0, minute + 1)
        sample(webinar, minute, 1)
    browser = sign_in(client, organizer)
    visit(browser, webinar)
    cache.clear()

    # person, memberships 2, webinar; curves 3, timeline; sections 13; reconciliation 7; that they were seen; seal,
    # head 2, others
    with django_assert_max_num_queries(33):
        visit(browser, webinar)


def test_a_webinar_without_anybody_says_what_will_fill_it(client, organizer, webinar):
    assert AccessLog.objects.count() == 0

    page = visit(sign_in(client, organizer), webinar)

    assert "Nothing to draw yet." in page.text
    assert page.status_code == 200


def other_of(webinar, **values):
    start = START - timedelta(days=7)
    return WebinarFactory(
        **{
            "client": webinar.client,
            "webinar_start_time": start,
            "webinar_scheduled_end_time": start + timedelta(minutes=5),
            "webinar_actual_end_time": start + timedelta(minutes=5),
            "state": "ended",
            "title": "The other",
        }
        | values
    )


def test_two_webinars_side_by_side(client, organizer, webinar):
    other = other_of(webinar)
    for left in (10, 10, 4):
        was_there(webinar, 0, left)
    was_there(other, 1, 5)

    page = visit(sign_in(client, organizer), webinar, "compare", **{"with": str(other.pk)})

    rows = {
        row["name"]: (row["first"], row["second"], row["difference"], row["ratio"]) for row in page.context["figures"]
    }
    assert rows["watch-attended"] == ("3", "1", "+2", "+200.0 %")
    assert rows["watch-averageUniqueSeconds"] == ("0:08:00", "0:04:00", "+0:04:00", "+100.0 %")
    assert rows["watch-stayedPercent"] == ("66.7 %", "100.0 %", "−33.3 points", "–")
    assert rows["qa-questions"] == ("0", "0", "±0", "–")
    assert chart(page, "retention")["rows"][3:7] == [
        [3, 100.0, 100.0],
        [4, 66.7, 100.0],
        [5, 66.7, None],
        [6, 66.7, None],
    ]
    assert chart(page, "concurrency")["rows"][0] == [0, 3, 0]


def test_the_statistics_offer_webinars_of_the_same_client(client, webinar):
    people = people_around(webinar)
    other_of(webinar, title="Ours")
    other_of(webinar, client=WebinarFactory().client, title="Of nobody we know")
    other_of(webinar, title="Not begun", state="draft", webinar_actual_end_time=None)

    page = visit(sign_in(client, people["owner"]), webinar)

    assert [each.title for each in page.context["others"]] == ["Ours"]
    assert f'action="{url_of("compare", webinar)}"' in page.text


@pytest.mark.parametrize("part", ["owner", "client_operator", "superuser"])
def test_only_webinars_of_the_same_client_can_be_compared(client, webinar, part):
    people = people_around(webinar)
    neighbour = WebinarFactory(client=WebinarFactory(client__agency=webinar.agency).client)
    browser = sign_in(client, people[part])

    answers = {
        name: visit(browser, webinar, "compare", **{"with": value}).status_code
        for name, value in {
            "ours": str(other_of(webinar).pk),
            "another client": str(neighbour.pk),
            "another agency": str(Webinar.objects.get(title="Rival webinar").pk),
            "unknown": "00000000-0000-4000-8000-000000000000",
            "no id": "1",
            "nothing": "",
        }.items()
    }

    assert answers == {
        "ours": 200,
        "another client": 404,
        "another agency": 404,
        "unknown": 404,
        "no id": 404,
        "nothing": 200,
    }
