"""Years of buckets and a million sessions, answered from what the minute job keeps, to the digit (spec 6)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import IntegrityError, connections, transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from presence.models import UserSession
from presence.tests.factories import PresenceFactory, SessionFactory
from stats.models import AccessDay, AccessLog, AccessSummary
from stats.selectors.access import TIMELINE_BUCKETS, access_timeline, access_totals
from stats.selectors.console import figures_of, sampling_state
from stats.services.snapshots import COUNTED_AFTER, run_minute
from stats.sql.summaries import count_people, samples_of, settle_days
from stats.tests.histories import add_buckets, summary_of
from stats.tests.sealed_rows import keep_sealed
from webinars.models import Webinar
from webinars.tests.factories import UserFactory, WebinarFactory

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
ANY_NUMBER = 1_000


def settle(webinar, *, last_sample_at, days=ANY_NUMBER):
    AccessSummary.objects.update_or_create(
        webinar=webinar,
        defaults={"client": webinar.client, "agency": webinar.agency, "last_sample_at": last_sample_at},
    )
    settle_days(now=last_sample_at, webinars=ANY_NUMBER, days=days)


def count(*, now, large, webinars=ANY_NUMBER):
    return count_people(now=now, large=large, after=COUNTED_AFTER, webinars=webinars, looked=ANY_NUMBER)


def slow_totals(webinar, start, end):
    """The same from all buckets, one by one."""
    rows = [
        row
        for row in AccessLog.objects.filter(webinar=webinar).order_by("time_bucket")
        if (start is None or row.time_bucket >= start) and (end is None or row.time_bucket < end)
    ]
    samples = sum(row.sample_count for row in rows)
    peak = max((row.max_participants for row in rows), default=0)
    return {
        "totalAttendees": 0,
        "maxConcurrentParticipants": peak,
        "avgConcurrentParticipants": round(sum(row.sum_participants for row in rows) / samples, 2) if samples else 0,
        "peakTime": next((row.time_bucket for row in rows if row.max_participants == peak), None) if peak else None,
    }


def slow_samples(webinar):
    """What the console's home shows, from all buckets, one by one."""
    rows = list(AccessLog.objects.filter(webinar=webinar))
    if not rows:
        return []
    return [
        (
            webinar.pk,
            sum(row.sample_count for row in rows),
            sum(row.sum_participants for row in rows),
            max(row.max_participants for row in rows),
        )
    ]


minutes = st.integers(0, 7 * 24 * 60)
buckets = st.dictionaries(minutes, st.tuples(st.integers(1, 15), st.integers(0, 4)), max_size=40)


@pytest.mark.django_db
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    buckets=buckets,
    settled=st.lists(st.tuples(minutes, st.integers(1, 4)), max_size=4),
    pruned=st.none() | minutes,
    ends=st.lists(st.tuples(st.none() | minutes, st.none() | minutes), min_size=1, max_size=4),
)
def test_settled_pruned_and_asked_for_in_any_order(db, buckets, settled, pruned, ends):
    webinar = WebinarFactory()
    add_buckets(
        webinar,
        [
            (FIRST + timedelta(minutes=minute), samples, (most + samples * most) // 2, most)
            for minute, (samples, most) in buckets.items()
        ],
    )
    for minute, days in sorted(settled):
        settle(webinar, last_sample_at=FIRST + timedelta(minutes=minute), days=days)
    if pruned is not None:
        AccessLog.objects.filter(webinar=webinar, time_bucket__lt=FIRST + timedelta(minutes=pruned)).delete()

    for since, until in [*ends, (None, None)]:
        start = None if since is None else FIRST + timedelta(minutes=since)
        end = None if until is None else FIRST + timedelta(minutes=until)
        assert access_totals(webinar.pk, start=start, end=end) == slow_totals(webinar, start, end)
    assert [found[:4] for found in samples_of([webinar.pk])] == slow_samples(webinar)


@pytest.mark.django_db
def test_whole_days_are_kept_once_two_midnights_have_passed():
    webinar, other = WebinarFactory(), WebinarFactory()
    for one in (webinar, other):
        add_buckets(one, [(FIRST + timedelta(hours=hour), 3, hour, hour) for hour in range(0, 72, 6)])

    settle(webinar, last_sample_at=FIRST + 2 * DAY - timedelta(microseconds=1))
    early = AccessDay.objects.count()
    settle(webinar, last_sample_at=FIRST + 3 * DAY)
    settle(webinar, last_sample_at=FIRST + 3 * DAY + timedelta(minutes=1))

    assert early == 0
    assert list(
        AccessDay.objects.order_by("day").values_list(
            "webinar", "day", "sample_count", "sum_participants", "max_participants", "peak_time"
        )
    ) == [
        (webinar.pk, FIRST, 12, 36, 18, FIRST + timedelta(hours=18)),
        (webinar.pk, FIRST + DAY, 12, 132, 42, FIRST + timedelta(hours=42)),
    ]
    assert AccessSummary.objects.get().settled_until == FIRST + 2 * DAY


@pytest.mark.django_db
def test_the_minute_job_settles_days_and_goes_on_from_there():
    webinar = WebinarFactory(webinar_start_time=FIRST, webinar_scheduled_end_time=None)

    for hour in range(0, 24 * 4, 8):
        PresenceFactory.create_batch(1, webinar=webinar, joined_at=FIRST + timedelta(hours=hour, minutes=1))
        run_minute(now=FIRST + timedelta(hours=hour, minutes=1))

    assert list(AccessDay.objects.order_by("day").values_list("day", "sample_count")) == [
        (FIRST, 3),
        (FIRST + DAY, 3),
    ]
    assert access_totals(webinar.pk) == slow_totals(webinar, None, None)


@pytest.mark.django_db
@pytest.mark.parametrize("webinars", [1, 3])
def test_a_minute_takes_three_statements_however_many_webinars(webinars, django_assert_num_queries):
    for webinar in [WebinarFactory() for _ in range(webinars)]:
        add_buckets(webinar, [(FIRST + timedelta(hours=hour), 1, 5, 5) for hour in range(72)])

    with django_assert_num_queries(3):  # 1. count and add, 2. whole days, 3. people of large webinars
        sampled = run_minute(now=timezone.now())

    assert (sampled, AccessDay.objects.count()) == (webinars, 3 * webinars)


@pytest.mark.django_db
def test_of_days_whose_buckets_are_gone_nothing_is_left():
    webinar = WebinarFactory()
    add_buckets(webinar, [(FIRST + timedelta(hours=hour), 1, 5, 5) for hour in range(72)])
    settle(webinar, last_sample_at=FIRST + 5 * DAY)

    AccessLog.objects.filter(webinar=webinar).delete()

    assert AccessDay.objects.count() == 3
    assert access_totals(webinar.pk) == slow_totals(webinar, None, None)


@pytest.mark.django_db(transaction=True)
def test_two_jobs_at_once_settle_a_day_once():
    webinar = WebinarFactory()
    add_buckets(webinar, [(FIRST + timedelta(hours=hour), 1, 5, 5) for hour in range(72)])
    summary_of(webinar, last_sample_at=FIRST + 5 * DAY)

    def job(_):
        try:
            return settle_days(now=FIRST + 5 * DAY, webinars=ANY_NUMBER, days=ANY_NUMBER).webinars
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        settled = sorted(pool.map(job, range(8)))

    assert settled == [0] * 7 + [1]
    assert list(AccessDay.objects.values_list("sample_count", flat=True)) == [24, 24, 24]


@pytest.mark.django_db
def test_people_of_large_webinars_are_counted_ahead():
    large, small, over = (WebinarFactory() for _ in range(3))
    twice = UserFactory()
    for webinar in (large, over):
        SessionFactory.create_batch(2, webinar=webinar, user=twice)
        SessionFactory.create_batch(2, webinar=webinar, user=None)
        SessionFactory(webinar=webinar)
    SessionFactory.create_batch(4, webinar=small)
    for webinar in (large, small):
        summary_of(webinar, last_sample_at=FIRST)
    summary_of(over, last_sample_at=FIRST - DAY)

    counted = count(now=FIRST, large=4, webinars=ANY_NUMBER)

    assert counted == 2
    assert set(AccessSummary.objects.exclude(sessions=None).values_list("webinar", "sessions", "total_attendees")) == {
        (large.pk, 5, 2),
        (over.pk, 5, 2),
    }
    assert [access_totals(webinar.pk)["totalAttendees"] for webinar in (large, small, over)] == [2, 4, 2]


@pytest.mark.django_db
def test_they_are_counted_again_until_the_late_ones_have_come():
    webinar = WebinarFactory()
    summary_of(webinar, last_sample_at=FIRST)
    moments = [FIRST + timedelta(minutes=minute) for minute in (0, 1, 14, 15, 16, 30)]

    counted = []
    for moment in moments:
        SessionFactory(webinar=webinar)
        done = count(now=moment, large=0, webinars=ANY_NUMBER)
        counted.append((done, access_totals(webinar.pk)["totalAttendees"]))

    assert counted == [(1, 1), (1, 2), (1, 3), (1, 4), (0, 4), (0, 4)]


@pytest.mark.django_db
def test_sealed_people_stay_counted_when_their_sessions_are_gone():
    webinar = WebinarFactory()
    SessionFactory.create_batch(3, webinar=webinar)
    keep_sealed(webinar, now=timezone.now())

    UserSession.objects.filter(webinar=webinar).delete()

    assert access_totals(webinar.pk)["totalAttendees"] == 3


@pytest.mark.django_db
def test_few_are_counted_at_a_time_and_the_longest_waiting_first():
    webinars = [WebinarFactory() for _ in range(3)]
    for webinar in webinars:
        SessionFactory(webinar=webinar)
        summary_of(webinar, last_sample_at=FIRST)

    for minute in range(3):
        now = FIRST + timedelta(minutes=minute)
        assert count(now=now, large=0, webinars=1) == 1

    assert sorted(AccessSummary.objects.values_list("counted_at", flat=True)) == [
        FIRST + timedelta(minutes=minute) for minute in range(3)
    ]


@pytest.mark.django_db
def test_budgets_cold_and_warm_of_a_long_history(call, webinar, organizer, django_assert_num_queries):
    add_buckets(webinar, [(FIRST + timedelta(minutes=minute), 1, 2, 2) for minute in range(TIMELINE_BUCKETS + 5)])
    SessionFactory.create_batch(3, webinar=webinar)
    settle(webinar, last_sample_at=FIRST + 5 * DAY)
    count(now=FIRST + 5 * DAY, large=2)
    UserSession.objects.filter(webinar=webinar).delete()  # so that nothing but the summary knows
    caller = call(webinar, organizer)

    # 1. people now, 2. buckets, 3. totals and attendees, 4. once an hour: that names were seen
    with django_assert_num_queries(4):
        cold = caller.get("stats/access").json()["data"]
    with django_assert_num_queries(0):
        warm = caller.get("stats/access").json()["data"]

    assert cold == warm
    assert (cold["totalAttendees"], cold["avgConcurrentParticipants"], cold["timelineTruncated"]) == (3, 2.0, True)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("start", "end", "shown", "truncated"),
    [
        (None, None, (5, 2004), True),  # the newest
        (None, 2003, (3, 2002), True),  # the newest before
        (1, None, (1, 2000), True),  # the first from there
        (5, None, (5, 2004), False),
        (5, 2004, (5, 2003), False),
        (None, 2000, (0, 1999), False),
    ],
)
def test_a_timeline_has_two_thousand_buckets_at_most(webinar, start, end, shown, truncated):
    add_buckets(webinar, [(FIRST + timedelta(minutes=minute), 1, 2, 2) for minute in range(TIMELINE_BUCKETS + 5)])
    moments = [None if minute is None else FIRST + timedelta(minutes=minute) for minute in (start, end)]

    timeline = access_timeline(webinar.pk, start=moments[0], end=moments[1])

    times = [bucket["time"] for bucket in timeline.buckets]
    assert times == [FIRST + timedelta(minutes=minute) for minute in range(shown[0], shown[1] + 1)]
    assert timeline.truncated is truncated


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault",
    [
        {"sessions": 1},
        {"sessions": 1, "total_attendees": 1},
        {"sessions": 1, "total_attendees": 2, "counted_at": FIRST},
    ],
)
def test_the_database_refuses_impossible_summaries(webinar, fault):
    with pytest.raises(IntegrityError), transaction.atomic():
        summary_of(webinar, last_sample_at=FIRST, **fault)


@pytest.mark.django_db
@pytest.mark.parametrize("fault", [{"sample_count": 0}, {"sum_participants": 7}, {"peak_time": FIRST - DAY}])
def test_the_database_refuses_impossible_days(webinar, fault):
    fields = {"day": FIRST, "sample_count": 2, "sum_participants": 5, "max_participants": 3, "peak_time": FIRST}

    with pytest.raises(IntegrityError), transaction.atomic():
        AccessDay.objects.create(webinar=webinar, client=webinar.client, agency=webinar.agency, **{**fields, **fault})


@pytest.mark.django_db
def test_summaries_go_with_their_webinar():
    webinar = WebinarFactory()
    add_buckets(webinar, [(FIRST, 1, 1, 1)])
    settle(webinar, last_sample_at=FIRST + 5 * DAY)

    webinar.delete()

    assert (AccessSummary.objects.count(), AccessDay.objects.count(), AccessLog.objects.count()) == (0, 0, 0)


@pytest.mark.django_db
@pytest.mark.parametrize("webinars", [1, 3])
def test_the_consoles_home_reads_days_and_not_their_buckets(webinars, django_assert_num_queries):
    several = [WebinarFactory(webinar_start_time=FIRST, webinar_scheduled_end_time=None) for _ in range(webinars)]
    for webinar in several:
        add_buckets(webinar, [(FIRST + timedelta(hours=hour), 1, 4, 4) for hour in range(5 * 24)])
        settle(webinar, last_sample_at=FIRST + 5 * DAY)
    AccessDay.objects.filter(day=FIRST + DAY).update(max_participants=1_000, sum_participants=1_000)  # only to be seen
    now = FIRST + 5 * DAY

    with django_assert_num_queries(2):  # 1. people now, 2. samples
        found = figures_of(several, now)
    with django_assert_num_queries(2):  # 1. running webinars, 2. their samples
        sampling = sampling_state(Webinar.objects.all(), now=now)

    newest = FIRST + 5 * DAY - timedelta(hours=1)
    expected = {"people": 0, "peak": 1_000, "average": (4 * 24 * 4 + 1_000) / (5 * 24), "last_sample_at": newest}
    assert found == {webinar.pk: expected for webinar in several}
    assert (sampling.running, sampling.newest, sampling.late) == (webinars, newest, True)
