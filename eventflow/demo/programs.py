"""The programs EventFlow consists of, and one of them running as a child process."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PYTHON = sys.executable


def http_server(*, host: str, port: int) -> list[str]:
    """HTTP on a WSGI server: measured 2.6 times as fast as under ASGI (docs/benchmarks.md)."""
    return [
        PYTHON, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "1",
        "--blocking-threads", "8", "--backlog", "1024", "--respawn-failed-workers", "--workers-kill-timeout", "3",
        "--no-ws", "--log-level", "warning", "--log-config", str(ROOT / "eventflow" / "granian_log.json"),
        "eventflow.wsgi:application",
    ]  # fmt: skip


def socket_server(*, host: str, port: int) -> list[str]:
    """Websockets on an ASGI server; permessage-deflate costs memory and two thirds of the speed, so it is off."""
    return [
        PYTHON, "-m", "uvicorn", "eventflow.asgi:application", "--host", host, "--port", str(port),
        "--ws", "eventflow.socket_protocol:SocketProtocol", "--ws-max-size", "16384",
        "--ws-per-message-deflate", "false", "--lifespan", "off", "--backlog", "2048",
        "--no-access-log", "--log-level", "warning", "--timeout-graceful-shutdown", "2",
        "--no-proxy-headers", "--no-server-header",  # nobody's word is taken for where they come from
    ]  # fmt: skip


def balancer(*, port: int, web: Sequence[int], sockets: Sequence[int]) -> list[str]:
    return [
        PYTHON, "-m", "eventflow.demo.balancer", "--listen", str(port),
        "--web", *map(str, web), "--sockets", *map(str, sockets),
    ]  # fmt: skip


def worker() -> list[str]:
    return [
        PYTHON, "-m", "celery", "-A", "eventflow", "worker", "--pool", "threads", "--concurrency", "4",
        "--without-gossip", "--without-mingle", "--loglevel", "INFO",
    ]  # fmt: skip


def beat() -> list[str]:
    return [PYTHON, "-m", "celery", "-A", "eventflow", "beat", "--loglevel", "INFO", "--pidfile="]


def attendees(*, webinar: str, count: int, http: str, sockets: str) -> list[str]:
    return [
        PYTHON, "-m", "eventflow.demo.attendees", webinar, "--count", str(count), "--http", http, "--sockets", sockets,
    ]  # fmt: skip


class Child:
    """A program in a session of its own: signals from the terminal pass it by, and ours reach all it has started."""

    def __init__(
        self,
        name: str,
        command: list[str],
        *,
        log: Path,
        environ: Mapping[str, str] | None = None,
        own_output: int | None = None,
    ) -> None:
        """Everything it says goes to `log`; its standard output to the descriptor `own_output` instead, if given."""
        self.name = name
        self.command = command
        self.log = log
        self.own_output = own_output
        self.environ = dict(environ or {})
        self.process: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self) -> None:
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=log, start_new_session=True,
                stdout=log if self.own_output is None else self.own_output,
                env=os.environ | {"PYTHONUNBUFFERED": "1"} | self.environ,
            )  # fmt: skip
        self.started_at = time.monotonic()

    def exit_code(self) -> int | None:
        """None while it runs."""
        return self.process.poll() if self.process else 0

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def ask_to_end(self) -> None:
        if self.alive():
            assert self.process is not None
            self.process.terminate()

    def end(self, *, seconds: float) -> None:
        """Wait for it to end, and after `seconds` end it and whatever it left behind."""
        if self.process is None:
            return
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(seconds)
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return "\n  ".join(lines[-5:])
