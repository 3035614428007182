"""Servers, cores and programs for a run of the benchmarks: made for it, and gone after it."""

import contextlib
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 30


def cores() -> tuple[set[int], set[int]]:
    """(the core of the server under test, the cores of everything else). Both empty where cores cannot be chosen."""
    if not hasattr(os, "sched_getaffinity"):
        return set(), set()
    every = sorted(os.sched_getaffinity(0))
    if len(every) < 2:
        return set(), set()
    return {every[0]}, set(every[1:])


SERVER_CORE, OTHER_CORES = cores()


@contextlib.contextmanager
def on_cores(wanted: set[int]) -> Iterator[None]:
    """What is started inside begins, and stays, on these cores."""
    if not wanted:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, wanted)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


@contextlib.contextmanager
def embedded_servers() -> Iterator[None]:
    """PostgreSQL and Redis in a temporary folder, an empty migrated database, and Django set up for it.

    Nobody's own database is ever measured: DATABASE_URL and REDIS_URL are not looked at.
    """
    for name in ("DATABASE_URL", "REDIS_URL", "REALTIME_REDIS_URLS", "SECRET_KEY", "LIVE_PASS_KEYS", "DEBUG"):
        os.environ.pop(name, None)
    from eventflow.embedded import EmbeddedServers

    with tempfile.TemporaryDirectory(prefix="eventflow-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)  # PostgreSQL may run as another user
        os.environ.update(
            EVENTFLOW_DATA_DIR=folder,
            DJANGO_SETTINGS_MODULE="eventflow.settings",
            LIVE_PASS_LIFE_SECONDS="7200",
            LOG_LEVEL="WARNING",
            DATABASE_STATEMENT_TIMEOUT_MS="300000",  # making a million rows takes its time
        )
        servers = EmbeddedServers(folder, durable=True)
        servers.configure(os.environ)
        servers.start()
        try:
            import django
            from django.core.management import call_command

            django.setup()
            call_command("migrate", verbosity=0)
            yield
        finally:
            from django.db import connections

            connections.close_all()
            servers.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def program(
    command: Sequence[str], *, port: int, environ: dict[str, str] | None = None, cores: set[int] | None = None
) -> Iterator["subprocess.Popen[bytes]"]:
    """A server on its core (or `cores`), listening on `port` when the block begins and gone when it ends."""
    log = Path(os.environ["EVENTFLOW_DATA_DIR"], "logs", f"program-{port}.log")
    with on_cores(SERVER_CORE if cores is None else cores), log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, stdin=subprocess.DEVNULL, stdout=output, stderr=output,
            env=os.environ | (environ or {}), start_new_session=True,
        )  # fmt: skip
    try:
        _wait_for(process, port)
        yield process
    except BaseException:
        print(log.read_text(errors="replace")[-2000:], file=sys.stderr)
        raise
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for(process: "subprocess.Popen[bytes]", port: int) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            raise RuntimeError(f"{process.args!r} ended with {process.wait(0.05)}")
    raise RuntimeError(f"{process.args!r} does not listen")


def cpu_seconds(process: "subprocess.Popen[bytes]") -> float:
    """What a server and its children have used so far: the figure that neighbours on the machine disturb least."""
    family = [psutil.Process(process.pid)]
    family += family[0].children(recursive=True)
    return sum(sum(member.cpu_times()[:2]) for member in family)


def granian(app: str, *, interface: str, port: int, threads: int = 0, options: Sequence[str] = ()) -> list[str]:
    blocking = ["--blocking-threads", str(threads)] if threads else []
    return [
        sys.executable, "-m", "granian", "--interface", interface, "--host", "127.0.0.1", "--port", str(port),
        "--workers", "1", *blocking, "--backlog", "1024", "--no-ws", "--log-level", "error", *options, app,
    ]  # fmt: skip


def uvicorn(app: str, *, port: int, ws: str = "websockets-sansio") -> list[str]:
    return [
        sys.executable, "-m", "uvicorn", app, "--host", "127.0.0.1", "--port", str(port), "--ws", ws,
        "--ws-per-message-deflate", "false", "--lifespan", "off", "--backlog", "2048", "--no-access-log",
        "--log-level", "error", "--timeout-graceful-shutdown", "1",
    ]  # fmt: skip
