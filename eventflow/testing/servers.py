"""A pytest plugin: real PostgreSQL and Redis for the tests, unless DATABASE_URL and REDIS_URL name others.

They live in `.data/test` and keep their cluster between runs; a second run at the same time takes `.data/test-2`, and
so on, so that two people (or an editor and a terminal) do not disturb each other. Of a run in several processes
(pytest-xdist) each takes one.
"""

import os
from collections.abc import Generator
from pathlib import Path

import pytest

from eventflow.data_dir import StartError
from eventflow.embedded import EmbeddedServers

FOLDER = Path(__file__).resolve().parent.parent.parent / ".data"
MOST_RUNS_AT_ONCE = 16
TEST_ENVIRONMENT = {
    "SECRET_KEY": "a-secret-key-for-tests-only-Q7xw2mZp0Lr9-Vt4kNb8sJ",
    "LIVE_PASS_KEYS": "test:a-live-pass-key-for-tests-only-Hd5yGc1uEa6oTi3f",
    "CRON_SECRET": "a-cron-secret-for-tests-only",
    "DEBUG": "false",
    "SECURE_COOKIES": "false",
    "EMAIL_BACKEND": "django.core.mail.backends.locmem.EmailBackend",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, object, object]:
    """As a wrapper this runs before pytest-django reads the settings."""
    if hands_out(early_config):
        # Settings put what they read from a folder's `env` into the environment, which the others inherit.
        os.environ.update(TEST_ENVIRONMENT, EVENTFLOW_DATA_DIR=str(FOLDER / "no-servers"))
    else:
        early_config.add_cleanup(start_servers().stop)
    return (yield)


def hands_out(config: pytest.Config) -> bool:
    """Whether this process runs no test itself, but hands them out to others."""
    return bool(getattr(config.known_args_namespace, "numprocesses", None)) and "PYTEST_XDIST_WORKER" not in os.environ


def start_servers() -> EmbeddedServers:
    for run in range(1, MOST_RUNS_AT_ONCE + 1):
        folder = FOLDER / ("test" if run == 1 else f"test-{run}")
        servers = EmbeddedServers(folder, durable=False)
        try:
            servers.data_dir.claim()
        except StartError:
            continue
        # Neither a person's own folder nor what `make demo` wrote there decides what the tests see.
        os.environ.update(TEST_ENVIRONMENT, EVENTFLOW_DATA_DIR=str(folder))
        servers.configure(os.environ)
        try:
            servers.start()
        except StartError as error:
            raise pytest.UsageError(str(error)) from None
        return servers
    raise pytest.UsageError(f"{MOST_RUNS_AT_ONCE} test runs are under way in {FOLDER}: wait for one to end.")
