"""Relations between settings are checked at start, with the names of both (spec 19)."""

import os
import subprocess
import sys

import pytest

from eventflow.checks import check_numbers, check_private_files, check_secrets


def test_the_defaults_hold():
    assert check_numbers(None) == []
    assert check_secrets(None) == []
    assert check_private_files(None) == []


@pytest.mark.parametrize(
    ("name", "value", "other"),
    [
        ("PRESENCE_PING_INTERVAL_SECONDS", 170, "PRESENCE_ACTIVE_WINDOW_SECONDS"),
        ("PRESENCE_ACTIVE_WINDOW_SECONDS", 300, "SESSION_STALE_SECONDS"),
        ("SESSION_STALE_SECONDS", 360, "SESSION_DELTA_CAP_MULTIPLIER"),
        ("PRESENCE_WRITE_THROTTLE_SECONDS", 110, "PRESENCE_PING_INTERVAL_SECONDS"),
        ("ACCESS_TRACK_INTERVAL_SECONDS", 301, "SESSION_STALE_SECONDS"),
    ],
)
def test_a_broken_relation_names_both(settings, name, value, other):
    setattr(settings, name, value)

    problems = [problem.msg for problem in check_numbers(None)]

    assert len(problems) == 1
    assert name in problems[0]
    assert other in problems[0]


@pytest.mark.parametrize(
    ("name", "value"), [("LIVE_PASS_KEYS", ""), ("LIVE_PASS_KEYS", "a:b"), ("CRON_SECRET", "short")]
)
def test_bad_secrets_are_named(settings, name, value):
    setattr(settings, name, value)

    (problem,) = check_secrets(None)

    assert name in problem.msg


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("CHAT_RATE_SECONDS", 0),
        ("QUESTION_RATE_QUESTIONS", 0),
        ("QUESTION_RATE_SECONDS", 0),
        ("LIVE_PASS_LIFE_SECONDS", -5),
        ("SNAPSHOT_BUCKET_SECONDS", 7),
        ("PRESENCE_RETENTION_DAYS", 0),
        ("SESSION_RETENTION_DAYS", 0),
        ("ACCESS_LOG_RETENTION_MONTHS", 0),
        ("EXPORT_RETENTION_HOURS", 0),
        ("EXPORTS_AT_ONCE", 0),
    ],
)
def test_numbers_out_of_bounds_are_named(settings, name, value):
    setattr(settings, name, value)

    (problem,) = check_numbers(None)

    assert name in problem.msg


@pytest.mark.parametrize("root", ["MEDIA_ROOT", "STATIC_ROOT"])
@pytest.mark.parametrize("inside", ["", "private"])
def test_private_files_are_not_kept_where_anybody_may_fetch(settings, tmp_path, root, inside):
    setattr(settings, root, str(tmp_path))
    options = {"location": str(tmp_path / inside)}
    settings.STORAGES = {**settings.STORAGES, "private": {**settings.STORAGES["private"], "OPTIONS": options}}

    (problem,) = check_private_files(None)

    assert ("PRIVATE_ROOT" in problem.msg, root in problem.msg) == (True, True)


@pytest.mark.parametrize("module", ["eventflow.wsgi", "eventflow.asgi"])
def test_no_server_starts_with_wrong_settings(module):
    env = {**os.environ, "PRESENCE_ACTIVE_WINDOW_SECONDS": "10", "DJANGO_SETTINGS_MODULE": "eventflow.settings"}

    done = subprocess.run(
        [sys.executable, "-c", f"import {module}"], env=env, capture_output=True, text=True, check=False
    )

    assert done.returncode == 1
    assert "PRESENCE_ACTIVE_WINDOW_SECONDS" in done.stderr


def test_without_a_secret_key_nothing_starts(tmp_path):
    env = {k: v for k, v in os.environ.items() if k not in ("SECRET_KEY", "DEBUG")}
    env["EVENTFLOW_DATA_DIR"] = str(tmp_path)

    done = subprocess.run([sys.executable, "manage.py", "check"], env=env, capture_output=True, text=True, check=False)

    assert done.returncode == 1
    assert done.stderr.startswith("The settings are not complete: SECRET_KEY is not set")
    assert "Traceback" not in done.stderr
