"""What our own PostgreSQL and our own Redis have in common (`eventflow/embedded.py`)."""

import contextlib
import signal
import subprocess
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path

import psutil

from eventflow.data_dir import StartError, say

START_SECONDS = 60


class Server(ABC):
    """One server process, started by us and watched by whoever started it."""

    name: str
    stop_signals: tuple[signal.Signals, ...]

    def __init__(self, *, folder: Path, log: Path, report: Callable[[str], None] = say) -> None:
        self.folder = folder
        self.log = log
        self.report = report
        self.process: subprocess.Popen[bytes] | None = None

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start, and return when the server answers. Also after it was killed: same address, same data."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.prepare()
        deadline = time.monotonic() + START_SECONDS
        while True:
            self.end_leftover()
            begin = self.log.stat().st_size if self.log.exists() else 0
            with self.log.open("ab") as log:
                self.process = self.spawn(log)
            if self._wait_until_ready(deadline):
                return
            said = self.log.read_bytes()[begin:].decode(errors="replace")
            self.stop()
            if not self.may_retry(said) or time.monotonic() > deadline:
                raise StartError(self._explain(said))
            time.sleep(0.2)

    def stop(self) -> None:
        """End the process: politely, then less so."""
        for number in self.stop_signals:
            if not self.alive():
                break
            assert self.process is not None
            self.process.send_signal(number)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(6)

    def _wait_until_ready(self, deadline: float) -> bool:
        assert self.process is not None
        while time.monotonic() < deadline:
            if self.answers():
                return True
            try:
                self.process.wait(0.05)
                return False
            except subprocess.TimeoutExpired:
                pass
        return False

    def end_leftover(self) -> None:
        """A run that was killed leaves its servers behind; the folder is ours now, so are they."""
        process = self.leftover()
        if process is None:
            return
        for number in self.stop_signals:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
                process.wait(6)
                return

    def _explain(self, said: str) -> str:
        if "No space left" in said:
            return f"{self.name} did not start because the disk is full: make room, then try again."
        lines = "\n  ".join(said.strip().splitlines()[-5:])
        return f"{self.name} did not start. It said (in {self.log}):\n  {lines}"

    def _owner_of(self, pid_file: Path, *, program: str, argument: Path) -> psutil.Process | None:
        """The running process that wrote `pid_file`, unless the number belongs to somebody else by now."""
        try:
            process = psutil.Process(int(pid_file.read_text().splitlines()[0]))
            command = process.cmdline()
        except (OSError, ValueError, IndexError, psutil.Error):
            return None
        if command and Path(command[0]).name.startswith(program) and any(str(argument) in part for part in command):
            return process
        return None

    @abstractmethod
    def prepare(self) -> None:
        """Make what the server needs before it can start."""

    @abstractmethod
    def spawn(self, log: object) -> "subprocess.Popen[bytes]":
        """Start the process, with its output in `log`."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether the server takes connections."""

    @abstractmethod
    def leftover(self) -> psutil.Process | None:
        """A server of this folder that an earlier run left behind."""

    def may_retry(self, said: str) -> bool:
        return False
