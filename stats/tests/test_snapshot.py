"""The minute (spec 6)."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connections, transaction

from presence.models import LivePresence
from presence.tests.factories import PresenceFactory
from stats.models import AccessLog
from stats.services.snapshots import take_snapshot
from stats.tests.factories import AccessLogFactory
from webinars.tests.factories import WebinarFactory

NOW = datetime(2026, 3, 2, 5, 7, 30, tzinfo=UTC)


def running(**fields):
    defaults = {"webinar_start_time": NOW - timedelta(hours=1), "webinar_scheduled_end_time": None}
    return WebinarFactory(**{**defaults, **fields})


def present(webinar, *seconds_ago):
    for seconds in seconds_ago:
        seen = NOW - timedelta(seconds=seconds)
        PresenceFactory(webinar=webinar, joined_at=seen, last_seen_at=seen)


def samples(webinar):
    return [
        *AccessLog.objects.filter(webinar=webinar)
        .order_by("time_bucket")
        .values_list(
            "time_bucket",
            "sample_count",
            "sum_participants",
            "min_participants",
            "max_participants",
            "last_participants",
            "first_sample_at",
            "last_sample_at",
        )
    ]


@pytest.mark.django_db
@pytest.mark.parametrize("webinars", [1, 3])
def test_one_statement_counts_every_webinar(webinars, django_assert_num_queries):
    crowded = running()
    present(crowded, 0, 60, 180, 181)  # the last one is past the active window
    empty = [running() for _ in range(webinars)]

    with django_assert_num_queries(1):  # 1. count and add
        sampled = take_snapshot(now=NOW)

    bucket = datetime(2026, 3, 2, 5, 5, tzinfo=UTC)
    assert sampled == webinars + 1
    assert samples(crowded) == [(bucket, 1, 3, 3, 3, 3, NOW, NOW)]
    for webinar in empty:
        assert samples(webinar) == [(bucket, 1, 0, 0, 0, 0, NOW, NOW)]


@pytest.mark.django_db
def test_samples_of_a_bucket_add_up():
    webinar = running()
    for minute, people in enumerate([4, 1, 3, 2]):
        LivePresence.objects.all().delete()
        moment = NOW + timedelta(minutes=minute)
        PresenceFactory.create_batch(people, webinar=webinar, joined_at=moment)

        take_snapshot(now=moment)

    assert samples(webinar) == [
        (datetime(2026, 3, 2, 5, 5, tzinfo=UTC), 3, 8, 1, 4, 3, NOW, NOW + timedelta(minutes=2)),
        (datetime(2026, 3, 2, 5, 10, tzinfo=UTC), 1, 2, 2, 2, 2, *[NOW + timedelta(minutes=3)] * 2),
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("bucket_seconds", "bucket"),
    [
        (60, datetime(2026, 3, 2, 5, 7, tzinfo=UTC)),
        (300, datetime(2026, 3, 2, 5, 5, tzinfo=UTC)),
        (900, datetime(2026, 3, 2, 5, 0, tzinfo=UTC)),
    ],
)
def test_bucket_lengths(bucket_seconds, bucket):
    webinar = running(bucket_seconds=bucket_seconds)

    take_snapshot(now=NOW)

    assert [row[0] for row in samples(webinar)] == [bucket]


@pytest.mark.django_db
@pytest.mark.parametrize("bucket_seconds", [60, 300, 900])
def test_one_sample_a_minute_however_often_it_runs(bucket_seconds):
    webinar = running()
    take_snapshot(now=NOW)
    webinar.bucket_seconds = bucket_seconds
    webinar.save(update_fields=["bucket_seconds"])

    again = [take_snapshot(now=NOW + timedelta(seconds=seconds)) for seconds in (0, 1, 29)]
    next_minute = take_snapshot(now=NOW + timedelta(seconds=30))

    assert (again, next_minute) == ([0, 0, 0], 1)
    assert sum(row[1] for row in samples(webinar)) == 2


@pytest.mark.django_db
def test_a_missed_minute_is_a_gap_and_not_a_zero():
    webinar = running(bucket_seconds=60)
    present(webinar, 0)

    take_snapshot(now=NOW)
    take_snapshot(now=NOW + timedelta(minutes=2))

    assert [(row[0].minute, row[1], row[2]) for row in samples(webinar)] == [(7, 1, 1), (9, 1, 1)]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("fields", "people", "sampled"),
    [
        ({"webinar_start_time": NOW + timedelta(seconds=1)}, 0, False),  # before the content window
        ({"webinar_start_time": NOW}, 0, True),
        ({"webinar_start_time": NOW + timedelta(minutes=10)}, 2, True),  # people in the waiting room
        ({"webinar_scheduled_end_time": NOW}, 0, False),
        ({"webinar_scheduled_end_time": NOW + timedelta(seconds=1)}, 0, True),
        ({"webinar_scheduled_end_time": NOW - timedelta(minutes=5)}, 1, True),  # people who stay on
        ({"webinar_actual_end_time": NOW - timedelta(minutes=1), "state": "ended"}, 0, False),
        ({"state": "draft"}, 0, False),
        ({"state": "draft"}, 1, False),
    ],
)
def test_which_webinars_are_sampled(fields, people, sampled):
    webinar = running(**fields)
    present(webinar, *[0] * people)

    take_snapshot(now=NOW)

    assert [row[2] for row in samples(webinar)] == ([people] if sampled else [])


@pytest.mark.django_db(transaction=True)
def test_two_schedulers_at_once_take_one_sample():
    webinar = running()
    present(webinar, 0, 0)

    def tick(_):
        try:
            return take_snapshot(now=NOW)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        sampled = sorted(pool.map(tick, range(8)))

    assert sampled == [0] * 7 + [1]
    assert [row[1:3] for row in samples(webinar)] == [(1, 2)]


@pytest.mark.django_db
def test_the_command(capsys):
    WebinarFactory()

    call_command("snapshot", "--dry-run")
    call_command("snapshot")
    call_command("snapshot")

    assert capsys.readouterr().out.splitlines() == [
        "1 webinars would be sampled",
        "1 webinars sampled",
        "0 webinars sampled",
    ]


@pytest.mark.django_db
@pytest.mark.parametrize(
    "fault",
    [
        {"sample_count": 0, "sum_participants": 0},
        {"min_participants": 5},
        {"max_participants": 1},
        {"last_participants": 9},
        {"sum_participants": 100},
        {"min_participants": -1},
        {"first_sample_at": NOW - timedelta(hours=1)},
        {"last_sample_at": NOW - timedelta(minutes=1)},
    ],
)
def test_the_database_refuses_impossible_buckets(fault):
    with pytest.raises(IntegrityError), transaction.atomic():
        AccessLogFactory(**{"time_bucket": NOW, "first_sample_at": NOW, "last_sample_at": NOW, **fault})


@pytest.mark.django_db
@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("job", ["webinar-access-snapshot", "session-sweeper", "prune"])
def test_cron(client, settings, method, job):
    settings.CRON_SECRET = "a-secret-of-the-host"
    url = f"/api/cron/{job}"

    without = getattr(client, method)(url)
    wrong = getattr(client, method)(url, headers={"Authorization": "Bearer a-secret-of-another"})
    right = getattr(client, method)(url, headers={"Authorization": "Bearer a-secret-of-the-host"})

    assert [r.status_code for r in (without, wrong, right)] == [401, 401, 204]


@pytest.mark.django_db
def test_cron_takes_the_snapshot(client, settings):
    webinar = WebinarFactory()

    client.post("/api/cron/webinar-access-snapshot", headers={"Authorization": f"Bearer {settings.CRON_SECRET}"})

    assert AccessLog.objects.get().webinar == webinar


@pytest.mark.django_db
def test_without_a_secret_cron_is_closed(client, settings):
    settings.CRON_SECRET = ""

    assert client.post("/api/cron/session-sweeper", headers={"Authorization": "Bearer "}).status_code == 401
