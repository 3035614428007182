"""What the minute job does beside the samples is bounded, and misses no webinar (spec 6)."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from presence.models import UserSession
from presence.tests.factories import SessionFactory
from stats.models import AccessDay, AccessSummary
from stats.selectors.access import access_totals
from stats.services import snapshots
from stats.services.retention import prune_sealed_sessions
from stats.services.snapshots import COUNTED_AFTER, refresh_summaries
from stats.sql.summaries import count_people, settle_days
from stats.tests.histories import add_buckets, summary_of
from stats.tests.sealed_rows import keep_sealed
from webinars.tests.factories import WebinarFactory

FIRST = datetime(2026, 3, 2, tzinfo=UTC)
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)
YEAR = 365


def running_for_a_year(count):
    """Webinars that nobody ended, with a bucket every six hours."""
    webinars = [WebinarFactory(webinar_scheduled_end_time=None) for _ in range(count)]
    for webinar in webinars:
        add_buckets(webinar, [(FIRST + timedelta(hours=hour), 1, 5, 5) for hour in range(0, YEAR * 24, 6)])
        summary_of(webinar, last_sample_at=FIRST + (YEAR + 1) * DAY)
    return webinars


def ended(**fields):
    return WebinarFactory(state="ended", webinar_start_time=FIRST, webinar_scheduled_end_time=None, **fields)


def count(*, now, large=2, webinars=10, looked=10):
    return count_people(now=now, large=large, after=COUNTED_AFTER, webinars=webinars, looked=looked)


def counts():
    """Of each webinar that was looked at: people, and when."""
    seen = AccessSummary.objects.exclude(counted_at=None)
    return {row.webinar_id: (row.total_attendees, row.counted_at) for row in seen}


@pytest.mark.django_db
def test_a_statement_settles_few_days_of_few_webinars_and_the_next_goes_on():
    running_for_a_year(3)
    now = FIRST + (YEAR + 1) * DAY

    found = [(*settle_days(now=now, webinars=2, days=100), AccessDay.objects.count()) for _ in range(3)]

    assert found == [(2, 2, 200), (2, 2, 400), (2, 2, 600)]
    while settle_days(now=now, webinars=2, days=100).webinars:
        assert AccessDay.objects.values("webinar").distinct().count() <= 3
    assert (
        AccessDay.objects.count(),
        AccessSummary.objects.get(webinar=AccessDay.objects.first().webinar).settled_until,
    ) == (
        3 * YEAR,
        FIRST + YEAR * DAY,
    )


@pytest.mark.django_db
def test_years_without_a_bucket_are_left_out():
    webinar = WebinarFactory()
    add_buckets(webinar, [(FIRST, 1, 5, 5), (FIRST + 1000 * DAY, 1, 7, 7)])
    summary_of(webinar, last_sample_at=FIRST + 2000 * DAY)

    found = [settle_days(now=FIRST, webinars=1, days=10) for _ in range(3)]

    assert found == [(1, 1), (1, 0), (0, 0)]
    assert list(AccessDay.objects.order_by("day").values_list("day", flat=True)) == [FIRST, FIRST + 1000 * DAY]


@pytest.mark.django_db
def test_a_minute_without_time_does_one_part_and_later_ones_the_rest():
    webinars = running_for_a_year(1)
    now = FIRST + (YEAR + 1) * DAY

    refresh_summaries(now=now, seconds=0)
    first = AccessDay.objects.count()
    refresh_summaries(now=now + MINUTE)

    assert (first, AccessDay.objects.count()) == (snapshots.DAYS_AT_ONCE, YEAR)
    assert access_totals(webinars[0].pk)["avgConcurrentParticipants"] == 5


@pytest.mark.django_db(transaction=True)
def test_when_settling_fails_people_are_counted_and_it_is_logged(caplog, monkeypatch):
    monkeypatch.setattr(snapshots, "LARGE_SESSIONS", 2)
    running_for_a_year(1)
    webinar = ended()
    SessionFactory.create_batch(3, webinar=webinar)
    summary_of(webinar, last_sample_at=FIRST)
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE webinar_access_days ADD CONSTRAINT nothing_fits CHECK (sample_count < 0) NOT VALID"
        )
    try:
        refresh_summaries(now=FIRST + DAY)
        with pytest.raises(DatabaseError), transaction.atomic():
            refresh_summaries(now=FIRST + DAY)
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE webinar_access_days DROP CONSTRAINT nothing_fits")

    assert AccessSummary.objects.get(webinar=webinar).total_attendees == 3
    assert [(record.levelname, record.message) for record in caplog.records] == [("ERROR", "Days were not settled")]


@pytest.mark.django_db
def test_a_webinar_that_was_over_before_anybody_looked_is_counted():
    large, small = ended(), ended()
    SessionFactory.create_batch(3, webinar=large)
    SessionFactory.create_batch(2, webinar=small)
    for webinar in (large, small):
        summary_of(webinar, last_sample_at=FIRST)
    later = FIRST + 30 * DAY

    done = [count(now=later), count(now=later + MINUTE)]

    assert done == [1, 0]
    assert counts() == {large.pk: (3, later), small.pk: (None, later)}


@pytest.mark.django_db
def test_a_running_webinar_that_is_small_is_not_written_until_it_is_over():
    webinar = ended()
    SessionFactory.create_batch(2, webinar=webinar)
    summary_of(webinar, last_sample_at=FIRST)

    found = []
    for minutes in (0, 14, 15, 16):
        count(now=FIRST + minutes * MINUTE)
        found.append(counts().get(webinar.pk))

    assert found == [None, None, *[(None, FIRST + 15 * MINUTE)] * 2]


@pytest.mark.django_db
def test_a_stopped_schedule_misses_nobody():
    webinar = ended()
    SessionFactory.create_batch(3, webinar=webinar)
    summary_of(webinar, last_sample_at=FIRST)
    count(now=FIRST)
    SessionFactory(webinar=webinar)

    count(now=FIRST + 2 * DAY)

    assert counts() == {webinar.pk: (4, FIRST + 2 * DAY)}


@pytest.mark.django_db
def test_an_imported_webinar_is_counted_without_samples_and_again_a_day_later():
    webinar = ended()
    SessionFactory.create_batch(3, webinar=webinar)
    moments = [FIRST + minutes * MINUTE for minutes in (0, 1, 2)] + [FIRST + DAY, FIRST + DAY + MINUTE]

    found = []
    for moment in moments:
        SessionFactory(webinar=webinar)
        count(now=moment)
        found.append(counts().get(webinar.pk))

    first, second = (5, moments[1]), (7, moments[3])
    assert found == [None, first, first, second, second]
    assert AccessSummary.objects.get().last_sample_at is None


@pytest.mark.django_db
def test_an_import_that_was_slow_is_large_in_the_end():
    webinar = ended()
    for moment in (FIRST, FIRST + MINUTE):
        count(now=moment)
    SessionFactory.create_batch(3, webinar=webinar)

    count(now=FIRST + DAY)

    assert counts() == {webinar.pk: (3, FIRST + DAY)}


@pytest.mark.django_db
def test_an_imported_webinar_that_opens_again_gets_its_samples():
    webinar = ended()
    count(now=FIRST)
    type(webinar).objects.update(state="live", webinar_actual_end_time=None)

    assert snapshots.take_snapshot(now=FIRST + MINUTE) == 1
    assert AccessSummary.objects.get().last_sample_at == FIRST + MINUTE


@pytest.mark.django_db
def test_all_of_many_are_looked_at_few_at_a_time():
    for number in range(5):
        SessionFactory.create_batch(number, webinar=ended())

    done = [(count(now=FIRST + minute * MINUTE, webinars=1, looked=2), len(counts())) for minute in range(8)]

    assert [seen for _, seen in done][-1] == 5
    assert max(seen - before for (_, seen), (_, before) in zip(done[1:], done, strict=False)) <= 2
    assert sorted(people for people, _ in counts().values() if people) == [3, 4]


@pytest.mark.django_db
def test_people_whose_sessions_were_pruned_are_not_counted_again(settings):
    webinar = ended()
    SessionFactory.create_batch(3, webinar=webinar, entered_at=FIRST, last_heartbeat_at=FIRST)
    UserSession.objects.update(exited_at=FIRST, closed_reason="exit")
    keep_sealed(webinar, now=FIRST)
    now = FIRST + 3 * YEAR * DAY
    for minute in (0, 1):
        count(now=now + minute * MINUTE)

    pruned = prune_sealed_sessions(now + 2 * MINUTE)
    count(now=now + 2 * DAY)

    assert pruned == 3
    assert AccessSummary.objects.values_list("sessions", "total_attendees").get() == (3, 3)


@pytest.mark.django_db
def test_trying_the_minute_out_leaves_nothing(capsys):
    WebinarFactory()
    ended()

    call_command("snapshot", "--dry-run")

    assert capsys.readouterr().out == "1 webinars would be sampled\n"
    assert AccessSummary.objects.count() == 0
