"""Erasing a person and sealing where they were, at the same time: one waits for the other, and never in a circle."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections, transaction

from presence.tests.factories import SessionFactory
from stats.selectors.verification import verify
from stats.services.sealing import seal_attendance
from stats.sql import sealing as sql
from stats.tests.evidence import CLOSED, START, at, ended
from webinars.services.erasure import erase_person
from webinars.tests.factories import RegistrationFactory

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted"


@pytest.fixture
def pool():
    with ThreadPoolExecutor(2) as pool:
        yield pool


def beside(pool, act):
    """On a connection of its own."""

    def run():
        try:
            return act()
        finally:
            connections.close_all()

    return pool.submit(run)


def until_waiting(count, *running):
    """For a lock, and none of them is through."""
    with connection.cursor() as cursor:
        found = -1
        while found < count and not any(one.done() for one in running):
            cursor.execute(WAITING)
            (found,) = cursor.fetchone()
    assert found == count, [one.exception() for one in running if one.done()]


@pytest.fixture
def session():
    """Still open when the webinar is sealed, with all that erasing takes from it."""
    webinar = ended()
    user = RegistrationFactory(webinar=webinar, registered_at=START).user
    return SessionFactory(
        webinar=webinar, user=user, entered_at=at(10), last_heartbeat_at=at(50), user_agent="SecretBrowser/9 Mobile",
        ip_address="203.0.113.77", referrer="https://x.example/",
    )  # fmt: skip


def test_who_is_erased_while_a_seal_is_on_its_way_to_the_sessions(pool, session):
    """Sealing has said that nobody is to be erased, and not yet come to the sessions."""
    with transaction.atomic():
        sql.prepare(session.webinar_id)  # another seal of the webinar, which the next one waits for
        sealing = beside(pool, lambda: seal_attendance(webinar=session.webinar, now=CLOSED))
        until_waiting(1, sealing)
        erasing = beside(pool, lambda: erase_person(user_id=session.user_id, now=CLOSED))
        until_waiting(2, sealing, erasing)

    seal, erased = sealing.result(20), erasing.result(20)
    assert (seal.people_count, erased["sessions"], erased["sealed rows"]) == (1, 1, 1)
    session.refresh_from_db()
    assert (session.exited_at, session.user_agent, session.ip_address) == (at(50), "Mobile", None)
    assert [*seal.rows.values_list("user", "display_name", "email", "identity_salt")] == [(None, "", "", "")]
    assert verify(session.webinar, now=CLOSED).matches


def test_who_is_sealed_while_they_are_erased(pool, session):
    with transaction.atomic():
        erase_person(user_id=session.user_id, now=CLOSED)
        sealing = beside(pool, lambda: seal_attendance(webinar=session.webinar, now=CLOSED))
        until_waiting(1, sealing)

    seal = sealing.result(20)
    assert [*seal.rows.values_list("user", "display_name", "email", "identity_salt")] == [(None, "", "", "")]
    session.refresh_from_db()
    assert (session.exited_at, session.user_agent) == (at(50), "Mobile")
    assert verify(session.webinar, now=CLOSED).matches
