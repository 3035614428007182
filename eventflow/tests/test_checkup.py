from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from eventflow.checkup import beat_schedule, checkup, database_state, migrations, redis_state, static_files, worker
from eventflow.redis import client as redis_client

NOW = timezone.now()


@pytest.fixture
def minute_job(db):
    PeriodicTask.objects.all().delete()
    every_minute, _ = IntervalSchedule.objects.get_or_create(every=1, period=IntervalSchedule.MINUTES)
    return PeriodicTask.objects.create(name="Snapshot", task="stats.snapshot", interval=every_minute)


def test_a_database_at_work_is_well(db):
    finding = database_state()

    assert finding.ok
    assert finding.state.split(".")[0] == "18"


def test_a_database_out_of_reach_says_what_to_do(db):
    away = connection.copy()
    away.settings_dict = {**connection.settings_dict, "OPTIONS": {"host": "/nowhere"}}

    finding = database_state(away)

    assert not finding.ok
    assert finding.advice == "start everything with `make demo`, or check DATABASE_URL and that the server runs"


def test_a_missing_migration_is_counted(db):
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'sessions'")

    finding = migrations()

    assert (finding.ok, finding.state, finding.advice) == (False, "1 to apply", "run `manage.py migrate`")


def test_applied_migrations_are_well(db):
    assert migrations().ok


def test_redis_at_work_is_well():
    assert redis_state().ok


def test_redis_out_of_reach_says_what_to_do(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    redis_client.cache_clear()

    finding = redis_state()

    redis_client.cache_clear()
    assert not finding.ok
    assert finding.advice == "start everything with `make demo`, or check REDIS_URL and that the server runs"


def test_without_a_worker_nobody_answers():
    finding = worker()

    assert (finding.ok, finding.state) == (False, "none answers")


def test_uncollected_static_files_are_told(settings, tmp_path):
    (tmp_path / "static_build" / "build").mkdir(parents=True)
    settings.BASE_DIR = tmp_path
    settings.STATIC_ROOT = tmp_path / "staticfiles"

    assert static_files().advice == "run `manage.py collectstatic --no-input`"


def test_a_front_end_that_is_not_built_is_told(settings, tmp_path):
    settings.BASE_DIR = tmp_path

    assert static_files().state == "the front end is not built"


@pytest.mark.parametrize(("age", "ok"), [(20, True), (330, True), (390, False)])
def test_beat_is_well_while_its_most_frequent_job_is_sent(minute_job, age, ok):
    PeriodicTask.objects.update(last_run_at=NOW - timedelta(seconds=age))

    finding = beat_schedule(now=NOW)

    assert (finding.ok, finding.state) == (ok, f"Snapshot last sent {age} s ago")


def test_a_job_that_never_ran_is_told(minute_job):
    assert beat_schedule(now=NOW).state == "Snapshot has never run"


def test_an_empty_schedule_is_told(minute_job):
    minute_job.delete()

    assert beat_schedule(now=NOW).state == "no job is scheduled"


def test_doctor_prints_a_line_for_each_and_fails_when_one_is_in_trouble(db):
    output = StringIO()

    with pytest.raises(SystemExit) as end:
        call_command("doctor", stdout=output, no_color=True)

    assert end.value.code == 1
    lines = output.getvalue().splitlines()
    assert [line.split()[1] for line in lines if line.startswith(("ok", "trouble"))] == [
        finding.name.split()[0] for finding in checkup()
    ]
    assert "trouble  worker        none answers" in lines
