"""What `manage.py doctor` looks at. Each look is bounded in time and never raises."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings
from django.core import checks
from django.db import Error, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from eventflow import redis
from eventflow.celery import app

OLDEST_PYTHON = (3, 11)
OLDEST_POSTGRES = 15
WORKER_ANSWER_SECONDS = 2.0
START_HINT = "start everything with `make demo`, or"


@dataclass(frozen=True)
class Finding:
    name: str
    ok: bool
    state: str
    advice: str = ""


def checkup(*, now: datetime | None = None) -> Iterator[Finding]:
    yield python_version()
    yield configuration()
    database = database_state()
    yield database
    if database.ok:
        yield migrations()
    broker = redis_state()
    yield broker
    yield from room_servers()
    yield static_files()
    if broker.ok:
        yield worker()
    if database.ok:
        yield beat_schedule(now=now or timezone.now())


def python_version() -> Finding:
    state = f"{sys.version_info.major}.{sys.version_info.minor}.{sys.version_info.micro}"
    return Finding("Python", sys.version_info >= OLDEST_PYTHON, state, "install Python 3.11 or newer")


def configuration() -> Finding:
    """Django's own checks and those of ours that compare settings with each other."""
    found = [
        message
        for message in checks.run_checks(include_deployment_checks=False)
        if message.level >= checks.ERROR and not message.is_silenced()
    ]
    if not found:
        return Finding("settings", True, "debug is on" if settings.DEBUG else "debug is off")
    advice = "; ".join(f"{message.msg} {message.hint or ''}".strip() for message in found)
    return Finding("settings", False, f"{len(found)} wrong", advice)


def database_state(database: BaseDatabaseWrapper | None = None) -> Finding:
    try:
        with (database or connection).cursor() as cursor:
            cursor.execute("SELECT current_setting('server_version_num')::int, current_setting('server_version')")
            number, version = cursor.fetchone()
    except Error as error:
        advice = f"{START_HINT} check DATABASE_URL and that the server runs"
        return Finding("PostgreSQL", False, first_line(error), advice)
    advice = f"use PostgreSQL {OLDEST_POSTGRES} or newer"
    return Finding("PostgreSQL", number // 10000 >= OLDEST_POSTGRES, version.split()[0], advice)


def migrations() -> Finding:
    executor = MigrationExecutor(connection)
    missing = len(executor.migration_plan(executor.loader.graph.leaf_nodes()))
    state = f"{missing} to apply" if missing else "all applied"
    return Finding("migrations", not missing, state, "run `manage.py migrate`")


def redis_state() -> Finding:
    try:
        version = redis.client().info("server")["redis_version"]
    except redis.RedisUnavailable as error:
        return Finding("Redis", False, first_line(error), f"{START_HINT} check REDIS_URL and that the server runs")
    return Finding("Redis", True, str(version))


def room_servers() -> Iterator[Finding]:
    """The Redis servers that have rooms, where these are others than REDIS_URL."""
    for url in settings.REALTIME_REDIS_URLS:
        if url == settings.REDIS_URL:
            continue
        server = redis.server(url)
        name = f"Redis for rooms at {server.place}"
        try:
            yield Finding(name, True, str(server.client.info("server")["redis_version"]))
        except redis.RedisUnavailable as error:
            advice = f"{START_HINT} check REALTIME_REDIS_URLS and that the server runs"
            yield Finding(name, False, first_line(error), advice)


def static_files() -> Finding:
    built = Path(settings.BASE_DIR) / "static_build" / "build"
    manifest = Path(settings.STATIC_ROOT) / "staticfiles.json"
    if not built.is_dir():
        return Finding("static files", False, "the front end is not built", "run `make setup` (or `npm run build`)")
    if not manifest.exists():
        return Finding("static files", False, "not collected", "run `manage.py collectstatic --no-input`")
    return Finding("static files", True, "built and collected")


def worker() -> Finding:
    try:
        answers = app.control.ping(timeout=WORKER_ANSWER_SECONDS)
    except Exception as error:  # whatever the broker's library raises, the finding is the same
        return Finding("worker", False, first_line(error), "check REDIS_URL")
    advice = f"{START_HINT} `celery -A eventflow worker`"
    return Finding("worker", bool(answers), f"{len(answers)} answering" if answers else "none answers", advice)


def beat_schedule(*, now: datetime) -> Finding:
    """Beat writes when it last sent a job; the job that is due most often tells whether beat is alive."""
    from django_celery_beat.models import PeriodicTask

    jobs = [job for job in PeriodicTask.objects.filter(enabled=True).select_related("interval") if job.interval]
    if not jobs:
        return Finding("beat", False, "no job is scheduled", "run `manage.py migrate`, which makes the schedule")
    often = min(jobs, key=lambda job: job.schedule.run_every)
    every: timedelta = often.schedule.run_every
    advice = f"{START_HINT} `celery -A eventflow beat`"
    if often.last_run_at is None:
        return Finding("beat", False, f"{often.name} has never run", advice)
    age = now - often.last_run_at
    # Beat saves its times every three minutes or so, not at every job.
    late = age > every * 2 + timedelta(minutes=4)
    return Finding("beat", not late, f"{often.name} last sent {age.total_seconds():.0f} s ago", advice)


def first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
