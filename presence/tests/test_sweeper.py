"""Pages that went silent (spec 5)."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from presence.models import UserSession
from presence.services import sessions
from presence.services.sessions import close_stale_sessions
from presence.tests.factories import SessionFactory

pytestmark = pytest.mark.django_db


def test_silent_sessions_end_at_their_last_heartbeat(webinar, django_assert_num_queries):
    now = timezone.now()
    silent = SessionFactory(
        webinar=webinar, entered_at=now - timedelta(hours=2), last_heartbeat_at=now - timedelta(seconds=301)
    )
    never_beat = SessionFactory(webinar=webinar, entered_at=now - timedelta(hours=1), last_heartbeat_at=None)
    fresh = SessionFactory(
        webinar=webinar, entered_at=now - timedelta(hours=1), last_heartbeat_at=now - timedelta(seconds=300)
    )
    left = SessionFactory(
        webinar=webinar,
        entered_at=now - timedelta(hours=3),
        last_heartbeat_at=now - timedelta(hours=2),
        exited_at=now - timedelta(hours=2),
        closed_reason="exit",
    )

    with django_assert_num_queries(2):  # 1. where they lie, 2. one set-based statement
        closed = close_stale_sessions(now=now)

    assert closed == 2
    found = UserSession.objects.in_bulk()
    assert {
        name: (found[s.pk].exited_at, found[s.pk].closed_reason)
        for name, s in {"silent": silent, "never_beat": never_beat, "fresh": fresh, "left": left}.items()
    } == {
        "silent": (now - timedelta(seconds=301), "timeout"),
        "never_beat": (now - timedelta(hours=1), "timeout"),
        "fresh": (None, None),
        "left": (now - timedelta(hours=2), "exit"),
    }


def test_a_second_run_finds_nothing(webinar):
    now = timezone.now()
    SessionFactory(webinar=webinar, entered_at=now - timedelta(hours=2))

    assert (close_stale_sessions(now=now), close_stale_sessions(now=now)) == (1, 0)


def test_batches_are_bounded_and_reach_the_end(webinar, monkeypatch, django_assert_num_queries):
    now = timezone.now()
    SessionFactory.create_batch(5, webinar=webinar, entered_at=now - timedelta(hours=2))
    monkeypatch.setattr(sessions, "SWEEP_BATCH", 2)

    with django_assert_num_queries(4):  # 1. where they lie, 2. and 3. full batches, 4. the rest
        closed = close_stale_sessions(now=now)

    assert closed == 5


def test_a_run_is_bounded_and_the_next_goes_on(webinar, monkeypatch):
    now = timezone.now()
    SessionFactory.create_batch(5, webinar=webinar, entered_at=now - timedelta(hours=2))
    monkeypatch.setattr(sessions, "SWEEP_AT_MOST", 3)

    assert [close_stale_sessions(now=now) for _ in range(3)] == [3, 2, 0]


def test_nothing_to_do_is_one_look(webinar, django_assert_num_queries):
    SessionFactory(webinar=webinar)

    with django_assert_num_queries(1):  # 1. where they lie
        assert close_stale_sessions(now=timezone.now()) == 0


def test_the_command_counts_before_it_closes(webinar, capsys):
    for heard in ({}, {"last_heartbeat_at": None}):
        SessionFactory(webinar=webinar, entered_at=timezone.now() - timedelta(hours=2), **heard)
    SessionFactory(webinar=webinar)

    call_command("sweep_sessions", "--dry-run")
    call_command("sweep_sessions")

    assert capsys.readouterr().out == "2 sessions would be closed\n2 sessions closed\n"


@pytest.mark.parametrize(
    "fault",
    [
        {"exited_at": timedelta(seconds=-1), "closed_reason": "exit"},
        {"exited_at": timedelta(seconds=1), "closed_reason": None},
        {"exited_at": None, "closed_reason": "exit"},
        {"exited_at": timedelta(seconds=1), "closed_reason": "other"},
        {"session_id": "short"},
        {"session_id": "with space in it"},
        {"last_heartbeat_at": timedelta(seconds=-1)},
        {"watched_seconds_raw": -1},
    ],
)
def test_the_database_refuses_impossible_sessions(webinar, fault):
    entered = timezone.now()
    fields = {name: entered + value if isinstance(value, timedelta) else value for name, value in fault.items()}

    with pytest.raises(IntegrityError), transaction.atomic():
        SessionFactory(webinar=webinar, entered_at=entered, **{"last_heartbeat_at": entered, **fields})


def test_the_database_refuses_another_tenants_keys(webinar, rival):
    other = rival.agency_memberships.get().agency
    client = other.clients.get()

    with pytest.raises(IntegrityError), transaction.atomic():
        SessionFactory(webinar=webinar, client=client, agency=other)
        transaction.get_connection().check_constraints()


def test_one_row_per_page(webinar):
    SessionFactory(webinar=webinar, session_id="the-same-page")

    with pytest.raises(IntegrityError), transaction.atomic():
        SessionFactory(webinar=webinar, session_id="the-same-page")
