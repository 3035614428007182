"""The folder that holds one installation: its database, its `env` file, its logs."""

import fcntl
import os
import shutil
import sys
from pathlib import Path

DISK_SPACE_NEEDED_MB = 200


class StartError(Exception):
    """One sentence for the person at the terminal: what is wrong and what to do."""


def say(sentence: str) -> None:
    print(sentence, file=sys.stderr, flush=True)


class DataDir:
    """A folder that one process owns at a time."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path).expanduser().resolve()
        self.env_file = self.path / "env"
        self._lock: int | None = None

    def make(self) -> None:
        try:
            self.path.mkdir(mode=0o711, parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(
                f"{self.path} cannot be made ({error.strerror}): give another folder with EVENTFLOW_DATA_DIR=."
            ) from None

    def claim(self) -> None:
        """Own the folder until `release` or the end of this process, however it ends."""
        if self._lock is not None:
            return
        self.make()
        lock = os.open(self.path / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            owner = os.read(lock, 20).decode().strip() or "unknown"
            os.close(lock)
            raise StartError(
                f"EventFlow is already running on {self.path} (process {owner}): stop it, "
                "or give this one a folder of its own with EVENTFLOW_DATA_DIR=."
            ) from None
        os.truncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        self._lock = lock

    def release(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def read_env(self) -> dict[str, str]:
        if not self.env_file.exists():
            return {}
        lines = self.env_file.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))

    def write_env(self, values: dict[str, str]) -> None:
        """Replace the file at once, readable by its owner alone: it holds secrets."""
        text = "# Written by EventFlow for the servers in this folder. The real environment wins over it.\n"
        text += "".join(f"{name}={value}\n" for name, value in values.items())
        if self.env_file.exists() and self.env_file.read_text() == text:
            return
        self.make()
        fresh = self.env_file.with_name("env.new")
        fresh.unlink(missing_ok=True)
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(text)
        fresh.replace(self.env_file)

    def check_space(self) -> None:
        free = shutil.disk_usage(self.path).free // 2**20
        if free < DISK_SPACE_NEEDED_MB:
            raise StartError(
                f"The disk is full: {free} MB are left for {self.path} and {DISK_SPACE_NEEDED_MB} MB are needed. "
                "Make room, or give another folder with EVENTFLOW_DATA_DIR=."
            )
