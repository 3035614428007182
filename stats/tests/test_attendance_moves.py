"""People who are renamed, erased or swept between two pages of the table: nobody is lost without a word (spec 6)."""

from datetime import timedelta

import pytest
from django.core import signing
from django.core.cache import cache
from django.db import connection
from django.urls import reverse
from rest_framework.exceptions import ValidationError

from stats.models import SealedAttendance
from stats.selectors.attendance_query import SALT
from stats.tests.attendees import LATER, all_pages, an_hour, following, names, page, sealed_like, was_there
from stats.tests.sealed import seal_rows
from webinars.models import User
from webinars.services.erasure import erase_person
from webinars.tests.console_people import sign_in
from webinars.tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def webinar(db):
    return an_hour()


@pytest.fixture
def six(webinar):
    people = [UserFactory(display_name=f"P{n}", email=f"p{n}@example.com") for n in range(6)]
    for user in people:
        was_there(webinar, user, 0, 30)
    return people


@pytest.fixture
def sealed(webinar, six):
    rows = sorted(page(webinar)["rows"], key=lambda row: row["userId"].bytes)
    seal_rows(webinar, [sealed_like(row) for row in rows])
    return six


def begin_again(webinar, first):
    with pytest.raises(ValidationError) as refused:
        page(webinar, **following(first))
    assert [*refused.value.detail] == ["after"]


@pytest.mark.parametrize(
    ("sort", "changes"),
    [
        ("displayName", {"display_name": "Zoe"}),
        ("-displayName", {"display_name": "A"}),
        ("email", {"email": "zoe@example.com"}),
        ("-email", {"email": "a@example.com"}),
    ],
)
def test_a_page_behind_somebody_who_moved_begins_again(webinar, six, sort, changes):
    first = page(webinar, sort=sort, limit=2)
    User.objects.filter(pk=first["rows"][-1]["userId"]).update(**changes)

    begin_again(webinar, first)

    assert sorted(row["userId"] for row in all_pages(webinar, sort=sort, limit=2)) == sorted(user.pk for user in six)


def test_a_page_behind_somebody_who_stayed_goes_on(webinar, six):
    first = page(webinar, sort="displayName", limit=2)
    User.objects.filter(pk=six[1].pk).update(email="other@example.com")
    User.objects.filter(pk=six[4].pk).update(display_name="P44")

    assert names(page(webinar, **following(first))) == ["P2", "P3"]


def test_a_page_by_a_figure_does_not_ask_for_names(webinar, six, django_assert_num_queries):
    first = page(webinar, limit=2)
    User.objects.filter(pk=first["rows"][-1]["userId"]).update(display_name="Zoe")

    with django_assert_num_queries(2):  # 1. page and totals, 2. strips
        second = page(webinar, **following(first))

    assert len(second["rows"]) == 2


@pytest.mark.parametrize("sort", ["displayName", "-displayName", "email", "-email"])
@pytest.mark.parametrize("place", [0, 1, 2, 5])
def test_a_sealed_page_begins_again_when_somebody_was_erased(webinar, sealed, sort, place):
    everybody = page(webinar, sort=sort)["rows"]
    first = page(webinar, sort=sort, limit=2)
    erase_person(user_id=everybody[place]["userId"], now=LATER)

    begin_again(webinar, first)

    assert len(all_pages(webinar, sort=sort, limit=2)) == 6


def test_a_sealed_page_that_goes_on_after_an_erasure(webinar, sealed):
    erase_person(user_id=sealed[3].pk, now=LATER)

    assert names({"rows": all_pages(webinar, sort="displayName", limit=2)}) == ["", "P0", "P1", "P2", "P4", "P5"]


def test_a_sealed_page_by_a_figure_goes_on_whoever_is_erased(webinar, sealed):
    first = page(webinar, limit=2)
    erase_person(user_id=first["rows"][-1]["userId"], now=LATER)

    assert len(first["rows"] + page(webinar, **following(first))["rows"]) == 4


def test_a_sealed_table_shows_everybody_once_whatever_is_written_to_the_people(webinar, sealed):
    first = page(webinar, sort="displayName", limit=3)
    User.objects.update(display_name="Zoe")

    assert names(first) + names(page(webinar, **following(first))) == [f"P{n}" for n in range(6)]


def test_budget_of_pages_by_name(webinar, sealed, django_assert_num_queries):
    with django_assert_num_queries(3):  # 1. the seal, 2. how many were erased, 3. the page
        first = page(webinar, sort="displayName", limit=2)
    with django_assert_num_queries(3):  # 1. the seal, 2. the page, 3. whether its place is what it was
        page(webinar, **following(first))


@pytest.mark.parametrize("sort", ["displayName", "email"])
def test_no_name_stands_in_the_address(webinar, six, sort):
    after = following(page(webinar, sort=sort, limit=2))["after"]

    place = str(signing.loads(after, salt=SALT)).lower()

    assert ("p1" in place.replace(str(six[1].pk), "").replace(str(webinar.pk), ""), "example.com" in place) == (
        False,
        False,
    )


def test_the_call_says_to_begin_again(call, webinar, organizer, six):
    caller = call(webinar, organizer)
    first = caller.get("stats/attendance", sort="displayName", limit=2).json()["data"]
    User.objects.filter(pk=six[1].pk).update(display_name="Zoe")

    response = caller.browser.get(first["next"], headers=caller.headers())

    assert (response.status_code, response.json()["code"], [*response.json()["fields"]]) == (400, "invalid", ["after"])


def test_the_console_says_so_and_shows_the_first_page(client, organizer, webinar, six):
    browser = sign_in(client, organizer)
    url = reverse("admin:webinars_webinar_attendance", args=[webinar.pk])
    first = browser.get(url, {"sort": "displayName", "limit": 2})
    User.objects.filter(pk=six[1].pk).update(display_name="Zoe")

    cache.clear()
    again = browser.get(url + first.context["next_url"], headers={"accept-language": "en"})

    assert (again.status_code, [*again.context["problems"]]) == (200, ["after"])
    assert [row["name"] for row in again.context["rows"]] == ["P0", "P2"]
    assert "Please begin again from the first." in again.text


@pytest.mark.parametrize("is_sealed", [False, True])
def test_the_console_says_that_an_unsealed_table_moves(client, organizer, webinar, six, is_sealed):
    if is_sealed:
        rows = page(webinar)["rows"]
        seal_rows(
            webinar,
            [sealed_like(row) for row in rows],
            totals={"people": {"people": 6, "attended": 6, "averageUniqueSeconds": 0}, "guests": {"sessionCount": 0}},
        )
    browser = sign_in(client, organizer)
    url = reverse("admin:webinars_webinar_attendance", args=[webinar.pk])

    shown = [
        "can be skipped or be on two pages" in browser.get(url, query, headers={"accept-language": "en"}).text
        for query in ({"limit": 2}, {"limit": 50})
    ]

    assert shown == [not is_sealed, False]


def test_when_two_pages_were_open_is_told_of_a_seal_as_long_as_it_is_known(webinar):
    both, changed, erased = (UserFactory(display_name=name) for name in ("both", "changed", "erased"))
    for user in (both, changed, erased):
        was_there(webinar, user, 0, 30)
        was_there(webinar, user, 20, 40)
    was_there(webinar, UserFactory(display_name="one"), 0, 10)
    live = {row["displayName"]: row["strip"]["doubled"] for row in page(webinar)["rows"]}
    rows = sorted(page(webinar)["rows"], key=lambda row: row["userId"].bytes)
    seal = seal_rows(webinar, [sealed_like(row) for row in rows])
    SealedAttendance.objects.filter(seal=seal, user=erased).update(user=None, display_name="", email="")
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("DELETE FROM webinar_user_sessions WHERE user_id = %s AND exited_at > %s",
                       [changed.pk, webinar.webinar_start_time + timedelta(minutes=35)])  # fmt: skip
        cursor.execute("SET LOCAL session_replication_role = origin")

    kept = {row["displayName"]: row["strip"]["doubled"] for row in page(webinar)["rows"]}

    assert live == {"both": [[1200, 1800]], "changed": [[1200, 1800]], "erased": [[1200, 1800]], "one": []}
    assert kept == {"both": [[1200, 1800]], "changed": None, "": None, "one": []}


def test_budget_of_a_sealed_page_with_two_pages_at_once(webinar, six, django_assert_num_queries):
    was_there(webinar, six[0], 20, 40)
    was_there(webinar, six[1], 20, 40)
    rows = page(webinar)["rows"]
    seal_rows(webinar, [sealed_like(row) for row in sorted(rows, key=lambda row: row["userId"].bytes)])

    with django_assert_num_queries(3):  # 1. the seal, 2. the page, 3. when two pages were open
        page(webinar)
