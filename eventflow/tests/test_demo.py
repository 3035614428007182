"""`manage.py demo` as a whole, in a process of its own with its own servers."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from eventflow.demo.surroundings import ROOT, free_pair

LONGEST_SECONDS = 120
NOT_OURS = (
    "DATABASE_URL",
    "REDIS_URL",
    "SECRET_KEY",
    "LIVE_PASS_KEYS",
    "CRON_SECRET",
    "DEMO_PASSWORD",
    "EMAIL_BACKEND",
)


class Demo:
    """`lines` is what it printed up to the table's end."""

    def __init__(self, folder: Path) -> None:
        self.port = free_pair()
        environ = {name: value for name, value in os.environ.items() if name not in NOT_OURS}
        environ |= {"EVENTFLOW_DATA_DIR": str(folder), "PORT": str(self.port), "ATTENDEES": "2", "WEB": "1"}
        environ.pop("SOCKET_PORT", None)
        self.process = subprocess.Popen(
            [sys.executable, "manage.py", "demo"], cwd=ROOT, env=environ, text=True, start_new_session=True,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.limit = threading.Timer(LONGEST_SECONDS, self.process.kill)
        self.limit.start()
        assert self.process.stdout is not None
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line.rstrip())
            if "second attendee" in line:
                break

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait()
        self.limit.cancel()
        return code

    def errors(self) -> str:
        assert self.process.stderr is not None
        return self.process.stderr.read()


@pytest.fixture
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="eventflow-", dir="/tmp"))
    yield path
    shutil.rmtree(path)


def test_it_starts_serves_refuses_a_second_one_and_leaves_nothing_behind(folder):
    demo = Demo(folder)
    try:
        assert demo.lines[0] == f"EventFlow is ready: http://127.0.0.1:{demo.port}/"
        assert demo.lines[2].split()[-2] == "admin@eventflow.example"
        site = f"http://127.0.0.1:{demo.port}"
        assert httpx.get(f"{site}/readyz", trust_env=False).json() == {
            "ready": True, "database": "ok", "redis": "ok", "migrations": "ok",
        }  # fmt: skip
        assert httpx.get(f"{site}/webinars/demo/", trust_env=False).status_code == 200
        stage = httpx.get(f"{site}/static/webinars/stage/index.html", trust_env=False)
        assert (stage.status_code, stage.headers["Content-Type"]) == (200, 'text/html; charset="utf-8"')
        family = psutil.Process(demo.process.pid).children(recursive=True)
        assert len(family) >= 7  # PostgreSQL, Redis, web, sockets, worker, beat, attendees

        second = Demo(folder)

        assert second.process.wait() == 1
        assert second.errors().strip() == (
            f"EventFlow is already running on {folder} (process {demo.process.pid}): stop it, "
            "or give this one a folder of its own with EVENTFLOW_DATA_DIR=."
        )
        second.limit.cancel()
    finally:
        code = demo.end()

    assert code == 0
    gone, alive = psutil.wait_procs(family, timeout=5)
    assert [process.name() for process in alive] == []
