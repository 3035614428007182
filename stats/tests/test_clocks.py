"""Clocks that are moved, in both directions: no minute counts twice, and none is silent for long (spec 6)."""

import logging
from datetime import UTC, datetime, timedelta

import pytest
from django.db.models import Sum
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stats.models import AccessDay, AccessLog, AccessSummary
from stats.selectors.access import access_totals
from stats.services.snapshots import minute_job, refresh_summaries, run_minute, take_snapshot
from webinars.models import Webinar
from webinars.tests.factories import WebinarFactory

NOON = datetime(2026, 3, 2, 12, 0, 30, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def running(**fields):
    return WebinarFactory(webinar_start_time=NOON - HOUR, webinar_scheduled_end_time=None, **fields)


def sampled(*moments):
    return [take_snapshot(now=moment) for moment in moments]


def sums():
    return AccessLog.objects.aggregate(n=Sum("sample_count"))["n"]


@pytest.mark.django_db
@pytest.mark.parametrize("off", [timedelta(seconds=61), timedelta(seconds=-61), 6 * HOUR, -2 * DAY])
def test_a_clock_far_from_the_databases_takes_no_sample_and_says_so(caplog, off):
    WebinarFactory(webinar_start_time=timezone.now() - 3 * DAY, webinar_scheduled_end_time=None)

    with caplog.at_level(logging.ERROR):
        taken = minute_job(now=timezone.now() + off)

    assert (taken, AccessLog.objects.count(), AccessSummary.objects.count()) == (0, 0, 0)
    (record,) = caplog.records
    assert f"{off.total_seconds():.0f} s ahead" in record.message


@pytest.mark.django_db
@pytest.mark.parametrize("off", [timedelta(0), timedelta(seconds=50), timedelta(seconds=-50)])
def test_a_clock_near_the_databases_does(caplog, off):
    WebinarFactory(webinar_start_time=timezone.now() - HOUR, webinar_scheduled_end_time=None)

    assert minute_job(now=timezone.now() + off) == 1
    assert caplog.records == []


@pytest.mark.django_db
def test_after_a_clock_ran_ahead_the_next_minute_is_sampled_again():
    running()

    ahead = sampled(NOON + 6 * HOUR)
    then = sampled(*(NOON + minute * MINUTE for minute in (0, 0, 1, 2, 30)))

    assert (ahead, then) == ([1], [1, 0, 1, 1, 1])
    assert AccessSummary.objects.get().last_sample_at == NOON + 30 * MINUTE


@pytest.mark.django_db
@pytest.mark.parametrize("length", [60, 300, 900])
def test_the_minute_it_ran_ahead_to_counts_once_when_it_comes(length):
    webinar = running(bucket_seconds=300)
    sampled(NOON + HOUR, NOON)
    webinar.bucket_seconds = length
    webinar.save(update_fields=["bucket_seconds"])

    comes = sampled(NOON + HOUR - MINUTE, NOON + HOUR, NOON + HOUR + MINUTE)

    assert comes == [1, 0, 1]
    assert sums() == 4


@pytest.mark.django_db
def test_a_bucket_that_was_begun_ahead_takes_the_minutes_before():
    running(bucket_seconds=900)
    sampled(NOON + HOUR + 3 * MINUTE, NOON)

    comes = sampled(*(NOON + HOUR + minute * MINUTE for minute in range(6)))

    assert comes == [1, 0, 0, 0, 1, 1]  # between the first and the last sample nobody knows which are missing
    bucket = AccessLog.objects.order_by("-time_bucket").first()
    assert (bucket.first_sample_at, bucket.last_sample_at) == (NOON + HOUR, NOON + HOUR + 5 * MINUTE)


@pytest.mark.django_db
def test_minutes_that_a_clock_goes_back_to_are_not_counted_again():
    running()
    before = sampled(*(NOON + minute * MINUTE for minute in range(20)))

    again = sampled(*(NOON + minute * MINUTE for minute in range(5, 22)))

    assert (sum(before), again) == (20, [0] * 15 + [1, 1])
    assert sums() == 22


@pytest.mark.django_db
def test_two_clocks_that_differ_by_less_than_two_minutes_share_their_minutes():
    running()
    moments = [NOON + minute * MINUTE for minute in range(10)]

    taken = [
        (take_snapshot(now=moment + 55 * MINUTE / 60), take_snapshot(now=moment - 55 * MINUTE / 60))
        for moment in moments
    ]

    assert taken == [(1, 0)] * 10


@pytest.mark.django_db
def test_days_that_were_settled_ahead_are_settled_again():
    webinar = running()
    sampled(NOON)
    run_minute(now=NOON + 2 * DAY)  # a jump, and back
    early = list(AccessDay.objects.values_list("day", "sample_count"))

    sampled(*(NOON + minute * MINUTE for minute in range(1, 4)))
    open_again = access_totals(webinar.pk)["avgConcurrentParticipants"], AccessSummary.objects.get().settled_until
    sampled(NOON + 3 * DAY)
    refresh_summaries(now=NOON + 3 * DAY)

    today = NOON.replace(hour=0, second=0)
    assert early == [(today, 1)]
    assert open_again == (0, today - DAY)
    assert list(AccessDay.objects.filter(day=today).values_list("sample_count", flat=True)) == [4]
    assert sums() == 6


hops = st.lists(
    st.tuples(st.integers(-200, 200), st.integers(1, 12), st.sampled_from([60, 300, 900])), min_size=1, max_size=6
)


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hops=hops)
def test_no_minute_counts_twice_however_the_clock_is_moved(db, hops):
    Webinar.objects.update(state="draft")  # of earlier examples
    webinar = running()
    start, taken = NOON + DAY, []
    for hop, minutes, length in hops:
        start += hop * MINUTE
        Webinar.objects.filter(pk=webinar.pk).update(bucket_seconds=length)
        for _ in range(minutes):
            start += MINUTE
            if take_snapshot(now=start):
                taken.append(start)

    assert len(taken) == len(set(taken))
    assert AccessLog.objects.filter(webinar=webinar).aggregate(n=Sum("sample_count"))["n"] == len(taken)
