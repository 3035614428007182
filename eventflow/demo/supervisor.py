"""Keeps the demo's processes running, and ends them all when it is told to end."""

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import httpx
import psutil

from eventflow.data_dir import StartError, say
from eventflow.demo.programs import Child
from eventflow.embedded import EmbeddedServers, Server

LOOK_SECONDS = 0.5
FIRST_PAUSE_SECONDS = 1.0
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 60.0  # a child that ran this long starts again at once
READY_SECONDS = 60.0
GRACE_SECONDS = 3.0
SERVING = ("web", "sockets", "balancer", "worker")  # "web 2" too


class Stopped(Exception):
    """Somebody asked the demo to end."""


class Supervisor:
    """Children end in stages: those that only ask, those that serve, and the embedded servers last."""

    def __init__(self, *, servers: EmbeddedServers, report: Callable[[str], None] = say) -> None:
        self.servers = servers
        self.report = report
        self.stopping = threading.Event()
        self.started: list[Child] = []
        self.record = servers.data_dir.path / "children.json"
        self.pauses: dict[str, float] = {}
        self.due: dict[str, float] = {}

    def listen_for_signals(self) -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: self.stopping.set())

    def start(self, child: Child) -> None:
        child.start()
        if child not in self.started:
            self.started.append(child)
        self._write_record()

    def wait_until_ready(self, child: Child, url: str) -> None:
        """Until `url` answers 200. Raises StartError when the child ends instead, Stopped when we are told to end."""
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline:
            if answers(url):
                return
            if child.exit_code() is not None:
                raise StartError(
                    f"{child.name} ended while starting. It said (in {child.log}):\n  {child.last_words()}"
                )
            self.pause(0.1)
        raise StartError(f"{child.name} did not answer at {url} within {READY_SECONDS:.0f} s; see {child.log}.")

    def pause(self, seconds: float) -> None:
        if self.stopping.wait(seconds):
            raise Stopped

    def run(self, *, now_and_then: Callable[[], None], every: float) -> None:
        """Restart what dies, until told to end; call `now_and_then` every so many seconds."""
        next_call = time.monotonic() + every
        while not self.stopping.wait(LOOK_SECONDS):
            for server in self.servers.servers:
                self._tend(server.name, alive=server.alive(), restart=partial(restart_server, server))
            for child in self.started:
                self._tend(child.name, alive=child.alive(), restart=partial(self._restart, child))
            if time.monotonic() >= next_call:
                next_call = time.monotonic() + every
                now_and_then()

    def _tend(self, name: str, *, alive: bool, restart: Callable[[], str]) -> None:
        now = time.monotonic()
        if alive:
            if now - self.due.get(name, now) > STEADY_SECONDS:
                self.pauses.pop(name, None)
                self.due.pop(name)
            return
        if name not in self.pauses:
            self.pauses[name] = 0.0
            self.due[name] = now
        if now < self.due[name]:
            return
        pause = self.pauses[name] = min(LONGEST_PAUSE_SECONDS, max(FIRST_PAUSE_SECONDS, self.pauses[name] * 2))
        try:
            self.report(restart())
        except StartError as error:
            self.report(f"{error}\n{name} is tried again in {pause:.0f} s.")
        self.due[name] = time.monotonic() + pause

    def _restart(self, child: Child) -> str:
        code = child.exit_code()
        child.end(seconds=0)  # what a killed program left behind would keep its port
        self.start(child)
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        return f"{child.name} {how}; started again (its log: {child.log})."

    def stop(self) -> None:
        """End what was started here, within about ten seconds, and nothing else."""
        front, back = self._stages()
        for stage in (front, back):
            for child in stage:
                child.ask_to_end()
            deadline = time.monotonic() + GRACE_SECONDS
            for child in stage:
                child.end(seconds=max(0.0, deadline - time.monotonic()))
        self.record.unlink(missing_ok=True)
        self.servers.stop()

    def _stages(self) -> tuple[list[Child], list[Child]]:
        serving = [child for child in self.started if child.name.split()[0] in SERVING]
        return [child for child in self.started if child not in serving], serving

    def _write_record(self) -> None:
        """Remember our children by number and birth, for a start after we were killed ourselves."""
        born = {}
        for child in self.started:
            with contextlib.suppress(psutil.Error):
                born[str(child.pid)] = psutil.Process(child.pid).create_time()
        self.record.write_text(json.dumps(born))

    def end_leftovers(self) -> None:
        """End the children of an earlier demo in this folder that was killed before it could."""
        ended: list[psutil.Process] = []
        for pid, born in read_record(self.record).items():
            with contextlib.suppress(psutil.Error, ProcessLookupError, PermissionError):
                leader = psutil.Process(int(pid))
                if leader.create_time() == born:
                    family = [leader, *leader.children(recursive=True)]
                    os.killpg(leader.pid, signal.SIGKILL)
                    ended += family
        psutil.wait_procs(ended, timeout=5)  # until then they hold their ports
        self.record.unlink(missing_ok=True)


def read_record(path: Path) -> dict[str, float]:
    try:
        return dict(json.loads(path.read_text()))
    except (OSError, ValueError):
        return {}


def restart_server(server: Server) -> str:
    server.start()
    return f"{server.name} had ended; started again (its log: {server.log})."


def answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code == 200
    except httpx.HTTPError:
        return False
