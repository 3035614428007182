"""The length of the buckets may change at any time, and two schedulers may run at once: each minute counts once, and
no sample is lost (spec 6)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Event

import pytest
from django.db import connection, connections, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presence.models import LivePresence
from presence.tests.factories import PresenceFactory
from stats.models import AccessLog
from stats.selectors.access import access_timeline, access_totals
from stats.services.snapshots import run_minute, take_snapshot
from webinars.models import Webinar
from webinars.tests.factories import WebinarFactory

HOUR = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
PEOPLE = 5
ROUNDS = 600

# (second of two hours, how many are there, the length that the organizer chose just before)
ticks = st.lists(
    st.tuples(st.integers(0, 7199), st.integers(0, PEOPLE), st.sampled_from([60, 300, 900])), min_size=1, max_size=40
)


def running(**fields):
    return WebinarFactory(webinar_start_time=HOUR - timedelta(hours=1), webinar_scheduled_end_time=None, **fields)


def seat(webinar, people, now):
    """So many are present at this instant, and nobody else."""
    LivePresence.objects.filter(webinar=webinar).update(
        joined_at=now - timedelta(hours=1), last_seen_at=now - timedelta(hours=1)
    )
    ids = list(LivePresence.objects.filter(webinar=webinar).order_by("user_id").values_list("user_id", flat=True))
    LivePresence.objects.filter(webinar=webinar, user_id__in=ids[:people]).update(last_seen_at=now)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ticks=ticks)
def test_no_sample_is_lost_or_counted_twice(db, ticks):
    Webinar.objects.update(state="draft")  # of earlier examples
    webinar = running()
    PresenceFactory.create_batch(PEOPLE, webinar=webinar)
    taken = {}
    for second, people, length in sorted(ticks):
        now = HOUR + timedelta(seconds=second)
        seat(webinar, people, now)
        Webinar.objects.filter(pk=webinar.pk).update(bucket_seconds=length)

        sampled = run_minute(now=now)

        assert sampled == (0 if second // 60 in taken else 1)
        taken.setdefault(second // 60, (now, people, length))

    buckets = {}
    for now, people, length in taken.values():
        start = datetime.fromtimestamp(now.timestamp() // length * length, UTC)
        buckets.setdefault(start, []).append(people)
    timeline = access_timeline(webinar.pk).buckets
    assert [(b["time"], b["sampleCount"], b["maxParticipants"], b["minParticipants"]) for b in timeline] == [
        (start, len(counts), max(counts), min(counts)) for start, counts in sorted(buckets.items())
    ]
    counts = [people for _, people, _ in taken.values()]
    sums = AccessLog.objects.filter(webinar=webinar).aggregate(n=Sum("sample_count"), s=Sum("sum_participants"))
    assert (sums["n"], sums["s"]) == (len(counts), sum(counts))
    totals = access_totals(webinar.pk)
    assert (totals["avgConcurrentParticipants"], totals["maxConcurrentParticipants"]) == (
        round(sum(counts) / len(counts), 2),
        max(counts),
    )


@pytest.mark.django_db
def test_300_then_60_then_900_within_one_hour():
    webinar = running(bucket_seconds=300)
    PresenceFactory.create_batch(PEOPLE, webinar=webinar)
    lengths = {0: 300, 13: 60, 17: 900}
    for minute in range(30):
        now = HOUR + timedelta(minutes=minute, seconds=7)
        if minute in lengths:
            Webinar.objects.filter(pk=webinar.pk).update(bucket_seconds=lengths[minute])
        seat(webinar, minute % 4, now)

        run_minute(now=now)

    assert [
        (b["time"].minute, b["sampleCount"], b["lastParticipants"]) for b in access_timeline(webinar.pk).buckets
    ] == [
        (0, 5, 0),
        (5, 5, 1),
        (10, 3, 0),  # 10, 11 and 12; at 13 the minutes begin
        (13, 1, 1),
        (14, 1, 2),
        (15, 14, 1),  # 15 alone, and 17 to 29 by quarters of an hour, which begin here too
        (16, 1, 0),
    ]
    sums = AccessLog.objects.filter(webinar=webinar).aggregate(n=Sum("sample_count"), s=Sum("sum_participants"))
    assert (sums["n"], sums["s"]) == (30, sum(minute % 4 for minute in range(30)))


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_for_hours_while_the_length_changes():
    """Each thread has a connection of its own; they meet before each minute and then run at the same instant. Between
    them the length changes, so that they often see different ones."""
    webinars = [running(bucket_seconds=60) for _ in range(3)]
    for webinar in webinars:
        PresenceFactory.create_batch(2, webinar=webinar, joined_at=HOUR, last_seen_at=HOUR + timedelta(days=1))
    meet = Barrier(3, timeout=30)

    def scheduler(_):
        sampled = []
        try:
            for minute in range(ROUNDS):
                meet.wait()
                sampled.append(take_snapshot(now=HOUR + timedelta(minutes=minute)))
        finally:
            connections.close_all()
        return sampled

    def organizer():
        try:
            with connection.cursor() as cursor:
                for minute in range(ROUNDS):
                    meet.wait()
                    cursor.execute("UPDATE webinars SET bucket_seconds = %s", [[900, 60, 300][minute % 3]])
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        runs = [pool.submit(scheduler, number) for number in range(2)]
        changes = pool.submit(organizer)
        first, second = (run.result() for run in runs)
        changes.result()

    assert [one + other for one, other in zip(first, second, strict=True)] == [3] * ROUNDS
    for webinar in webinars:
        sums = AccessLog.objects.filter(webinar=webinar).aggregate(n=Sum("sample_count"), s=Sum("sum_participants"))
        assert (sums["n"], sums["s"]) == (ROUNDS, 2 * ROUNDS)


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_that_see_different_lengths_take_one_sample():
    """The race itself, held open: the second run reads the webinar, and waits, before the first run commits."""
    webinar = running(bucket_seconds=60)
    PresenceFactory(webinar=webinar, joined_at=HOUR)
    begun, over = Barrier(2, timeout=30), Event()

    def first():
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                sampled = take_snapshot(now=HOUR + timedelta(minutes=3))
                begun.wait()
                waiting = 0
                while not waiting and not over.is_set():
                    cursor.execute(
                        "SELECT count(*) FROM pg_locks"
                        " WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))"
                    )
                    (waiting,) = cursor.fetchone()
            return sampled
        finally:
            connections.close_all()

    def second():
        try:
            begun.wait()
            Webinar.objects.filter(pk=webinar.pk).update(bucket_seconds=900)
            return take_snapshot(now=HOUR + timedelta(minutes=3, seconds=1))
        finally:
            over.set()
            connections.close_all()

    with ThreadPoolExecutor(2) as pool:
        sampled = [run.result() for run in (pool.submit(first), pool.submit(second))]

    assert sampled == [1, 0]
    assert AccessLog.objects.filter(webinar=webinar).aggregate(n=Sum("sample_count")) == {"n": 1}


@pytest.mark.django_db
def test_a_scheduler_whose_clock_is_behind_adds_nothing():
    webinar = running(bucket_seconds=60)

    sampled = [take_snapshot(now=HOUR + timedelta(seconds=second)) for second in (120, 60, 119, 180)]

    assert sampled == [1, 0, 0, 1]
    times = [b["time"] for b in access_timeline(webinar.pk).buckets]
    assert [later - earlier for earlier, later in pairwise(times)] == [timedelta(minutes=1)]
