"""Which pages of a person were open at the same time: the evidence of a duplicate login (spec 5)."""

import re
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client

from presence.models import UserSession
from presence.selectors.ledger import person_figures
from presence.selectors.overlaps import overlaps_of
from presence.sql.ledger import frame_of
from presence.tests.factories import SessionFactory
from webinars.tests.console_people import sign_in
from webinars.tests.factories import UserFactory, WebinarFactory

START = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)
NOW = START + timedelta(minutes=50)
LIST = "/console/presence/usersession/"


@pytest.fixture
def webinar(db):
    return WebinarFactory(webinar_start_time=START)


@pytest.fixture
def person(webinar):
    return UserFactory(display_name="Kim")


def at(minutes):
    return START + timedelta(minutes=minutes)


def session(webinar, person, began, ended=None, *, heard=None, reason="exit", **more):
    return SessionFactory(
        webinar=webinar,
        user=person,
        entered_at=at(began),
        last_heartbeat_at=at(heard if heard is not None else began),
        exited_at=at(ended) if ended is not None else None,
        closed_reason=reason if ended is not None else None,
        **more,
    )


def minutes_beside(sessions, now=NOW):
    """By session, in the order given: the others' places in it, and for how many minutes."""
    found = overlaps_of(sessions, now=now)
    places = {one.pk: place for place, one in enumerate(sessions)}
    return [
        [(places[overlap.id], overlap.length / timedelta(minutes=1)) for overlap in found.get(one.pk, [])]
        for one in sessions
    ]


def test_each_session_names_the_others_and_how_long(webinar, person):
    sessions = [
        session(webinar, person, 0, 30),
        session(webinar, person, 10, 25),
        session(webinar, person, 28, 40),
        session(webinar, person, 40, 45),
    ]

    assert minutes_beside(sessions) == [[(1, 15.0), (2, 2.0)], [(0, 15.0)], [(0, 2.0)], []]


def test_sessions_of_others_elsewhere_and_of_guests_are_not_beside(webinar, person):
    sessions = [
        session(webinar, person, 0, 30),
        session(webinar, UserFactory(), 0, 30),
        session(webinar, None, 0, 30),
        session(webinar, None, 0, 30),
    ]
    session(WebinarFactory(webinar_start_time=START), person, 0, 30)

    assert minutes_beside(sessions) == [[], [], [], []]


def test_open_sessions_count_to_now_but_not_past_their_silence(webinar, person):
    """Heard of at 30 and at 48; it is 50. Silence counts for five minutes."""
    sessions = [session(webinar, person, 0, heard=30), session(webinar, person, 20, heard=48)]

    assert minutes_beside(sessions) == [[(1, 15.0)], [(0, 15.0)]]
    assert [overlap.is_open for overlap in overlaps_of(sessions, now=NOW)[sessions[0].pk]] == [True]


def test_a_page_that_was_never_heard_of_again_has_no_length(webinar, person):
    sessions = [session(webinar, person, 0, 30), session(webinar, person, 10, 10, reason="timeout")]

    assert minutes_beside(sessions) == [[], []]
    assert list(UserSession.objects.overlapping(now=NOW)) == []


def test_what_is_shown_adds_up_to_what_is_counted(webinar, person):
    sessions = [session(webinar, person, 0, 30), session(webinar, person, 12, 20), session(webinar, person, 29, 33)]

    shown = sum(length for beside in minutes_beside(sessions) for _place, length in beside) / 2
    counted = person_figures(frame_of(webinar, now=NOW))[0].overlap_seconds

    assert (shown, counted) == (9.0, 9 * 60)


def test_the_filter_finds_the_same_sessions(webinar, person):
    beside = [session(webinar, person, 0, 30), session(webinar, person, 29, heard=48)]
    session(webinar, person, 30 + 5, 35, reason="timeout")
    alone = UserFactory()
    session(webinar, alone, 0, 10)
    session(webinar, alone, 10, 20)
    session(webinar, None, 0, 30)

    assert set(UserSession.objects.overlapping(now=NOW)) == set(beside)


@pytest.mark.parametrize("people", [1, 3])
def test_overlaps_cost_one_query(webinar, django_assert_num_queries, people):
    sessions = [session(webinar, UserFactory(), minute, 30) for _n in range(people) for minute in (0, 5)]

    with django_assert_num_queries(1):
        overlaps_of(sessions, now=NOW)


def test_guests_cost_none(webinar, django_assert_num_queries):
    guest = session(webinar, None, 0, 30)

    with django_assert_num_queries(0):
        assert overlaps_of([guest], now=NOW) == {}


@pytest.fixture
def console(webinar):
    from webinars.tests.factories import AgencyMemberFactory

    with time_machine.travel(NOW, tick=False):
        analyst = AgencyMemberFactory(agency=webinar.agency, role="analyst").user
        yield sign_in(Client(headers={"accept-language": "en"}), analyst)


def text_of(page, row):
    cells = re.findall(rf"(?s)<tr[^>]*>(?:(?!</tr>).)*{row.pk}(?:(?!</tr>).)*</tr>", page)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", cells[0]))


def test_the_list_says_which_pages_and_how_long(console, webinar, person):
    first = session(webinar, person, 0, 30, ip_address="192.0.2.1")
    second = session(webinar, person, 10, 25, ip_address="192.0.2.2", user_agent="Phone <b>")
    session(webinar, UserFactory(), 5, 6)

    page = console.get(LIST, {"webinar": str(webinar.pk), "overlapping": "1"})

    shown = {row.pk: page.context["cl"].model_admin.beside(row) for row in page.context["cl"].result_list}
    assert shown == {
        first.pk: f'<a class="ef-link" href="{LIST}{second.pk}/change/">14:10:00</a> (0:15:00)',
        second.pk: f'<a class="ef-link" href="{LIST}{first.pk}/change/">14:00:00</a> (0:15:00)',
    }


def test_more_than_two_are_counted(console, webinar, person):
    first = session(webinar, person, 0, 30)
    for minute in (5, 10, 15):
        session(webinar, person, minute, minute + 2)

    page = console.get(LIST, {"webinar": str(webinar.pk)})

    row = next(row for row in page.context["cl"].result_list if row == first)
    assert page.context["cl"].model_admin.beside(row).endswith("(0:02:00), 1 more")


def test_a_session_says_from_when_to_when_and_from_where(console, webinar, person):
    first = session(webinar, person, 0, 30)
    second = session(webinar, person, 10, 25, ip_address="192.0.2.2", user_agent="Phone <b>")

    page = console.get(f"{LIST}{first.pk}/change/").content.decode()

    link = f'<a class="ef-link" href="{LIST}{second.pk}/change/">14:10:00–14:25:00</a>'
    assert f"{link} (0:15:00) · 192.0.2.2 · Phone &lt;b&gt;" in page


def test_of_pages_that_are_both_open_it_says_until_now(console, webinar, person):
    first = session(webinar, person, 0, heard=49)
    session(webinar, person, 10, heard=49)

    assert "14:10:00–now</a> (0:40:00)" in console.get(f"{LIST}{first.pk}/change/").content.decode()
