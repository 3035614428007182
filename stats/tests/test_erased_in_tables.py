"""Who was erased: their figures stay in tables, files and lists, and nothing there leads back to them (spec 5)."""

import csv
import io

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from presence.tests.factories import PresenceFactory
from stats.services.sealing import seal_attendance
from stats.tests.attendees import LATER, an_hour, names, page, was_there
from webinars.services.erasure import erase_person
from webinars.tests.console_people import sign_in
from webinars.tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def webinar(db):
    return an_hour()


@pytest.fixture
def gone(webinar):
    """The id of somebody who was there with two pages, and was erased."""
    was_there(webinar, UserFactory(display_name="Kim Minjun", email="kim@example.com"), 0, 20)
    person = UserFactory(display_name="Lee Seoyeon", email="lee@example.com")
    was_there(webinar, person, 0, 30)
    was_there(webinar, person, 20, 40)
    return person.pk


@pytest.fixture(params=["unsealed", "erased and sealed", "sealed and erased"])
def erased(request, webinar, gone):
    order = {
        "unsealed": [erase],
        "erased and sealed": [erase, seal],
        "sealed and erased": [seal, erase],
    }[request.param]
    for act in order:
        act(webinar, gone)
    return str(gone)


def erase(webinar, person):
    erase_person(user_id=person, now=LATER)


def seal(webinar, person):
    seal_attendance(webinar=webinar, now=LATER)


def get(call, webinar, organizer, path, **query):
    caller = call(webinar, organizer)
    return caller.browser.get(f"/api/webinars/{webinar.slug}/{path}", query, headers={**caller.headers(), **ENGLISH})


def whole(response):
    return b"".join(response.streaming_content)


def test_the_table_has_their_figures_and_not_them(call, webinar, organizer, erased):
    response = get(call, webinar, organizer, "stats/attendance")

    rows = response.json()["data"]["rows"]
    assert [(row["userId"] is None, row["displayName"], row["email"], row["uniqueSeconds"]) for row in rows] == [
        (True, "", "", 2400),
        (False, "Kim Minjun", "kim@example.com", 1200),
    ]
    assert (erased in response.text, "erased" in response.text, "lee" in response.text) == (False, False, False)


def test_when_their_pages_were_open_at_once_stays_until_it_is_sealed(webinar, gone):
    erase(webinar, gone)
    before = page(webinar)["rows"][0]["strip"]["doubled"]
    seal(webinar, gone)

    assert (before, page(webinar)["rows"][0]["strip"]["doubled"]) == ([[1200, 1800]], None)


@pytest.mark.parametrize("sort", ["displayName", "email", "-displayName", "-email", "-uniqueSeconds"])
def test_nobody_finds_them_by_what_stands_in_their_place(webinar, erased, sort):
    for q in (erased, erased[:8], "erased", "invalid", f"erased-{erased}@erased.invalid", "seoyeon"):
        assert page(webinar, sort=sort, q=q)["rows"] == []
    assert names(page(webinar, sort=sort, q="example.com")) == ["Kim Minjun"]


@pytest.mark.parametrize(("sort", "expected"), [("email", ["", "Kim Minjun"]), ("-email", ["Kim Minjun", ""])])
def test_they_are_sorted_as_if_they_had_no_address(webinar, erased, sort, expected):
    assert names(page(webinar, sort=sort)) == expected


def test_csv(call, webinar, organizer, erased):
    text = whole(get(call, webinar, organizer, "stats/attendance", format="csv")).decode("utf-8-sig")

    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert [row[:2] for row in rows[1:]] == [["Erased person", ""], ["Kim Minjun", "kim@example.com"]]
    assert (erased in text, "invalid" in text) == (False, False)


def test_workbook(call, webinar, organizer, erased):
    content = whole(get(call, webinar, organizer, "stats/attendance", format="xlsx"))

    book = load_workbook(io.BytesIO(content))
    everything = str([[cell.value for cell in row] for sheet in book for row in sheet.iter_rows()])
    assert [[cell.value for cell in row[:2]] for row in book["People"].iter_rows(min_row=2)] == [
        ["Erased person", None],
        ["Kim Minjun", "kim@example.com"],
    ]
    assert sorted(str(row[0].value) for row in book["Pages"].iter_rows(min_row=2)) == [
        "Erased person",
        "Erased person",
        "Kim Minjun",
    ]
    assert (erased in everything, "invalid" in everything) == (False, False)


def test_console(client, organizer, webinar, erased):
    url = reverse("admin:webinars_webinar_attendance", args=[webinar.pk])

    shown = sign_in(client, organizer).get(url, headers=ENGLISH)

    assert [(row["name"], row["email"]) for row in shown.context["rows"]] == [
        ("Erased person", ""),
        ("Kim Minjun", "kim@example.com"),
    ]
    assert (erased in shown.text, "erased.invalid" in shown.text) == (False, False)


def test_lists_of_what_does_not_add_up(call, webinar, organizer, gone):
    early, seen = UserFactory(), PresenceFactory(webinar=webinar, user__display_name="Seen").user
    was_there(webinar, early, -20, -10)
    for person in (early.pk, gone):
        erase(webinar, person)

    response = get(call, webinar, organizer, "stats/reconciliation")

    people = response.json()["data"]["people"]
    nobody = {"userId": None, "displayName": "", "email": ""}
    assert people["outsideWindow"] == [nobody]
    assert [one for one in people["attendedNotRegistered"] if one["displayName"] != "Kim Minjun"] == [nobody]
    assert [one["displayName"] for one in people["withoutSession"]] == [seen.display_name]
    assert (str(gone) in response.text, "invalid" in response.text) == (False, False)
