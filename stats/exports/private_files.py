"""The private storage: files that are whole when they get there, and nothing that was left half-written."""

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.core.files import File
from django.core.files.storage import Storage, storages

FOLDER = "exports"
UNFINISHED = "unfinished"
# A file without its row may be one that is just being finished.
LEFT_BEHIND = timedelta(days=1)


def private_storage() -> Storage:
    return storages["private"]


@contextlib.contextmanager
def workspace() -> Iterator[Path]:
    """A folder to write in, gone with everything in it afterwards; on the storage's own disk where it has one, so
    that a finished file gets to its place in one step."""
    with tempfile.TemporaryDirectory(prefix="export-", dir=_unfinished()) as folder:
        yield Path(folder)


def keep(path: Path, *, name: str) -> str:
    """Move a whole file of a `workspace` into the storage; answers its name there. Raises OSError."""
    with path.open("rb") as content:
        return private_storage().save(f"{FOLDER}/{name}", _WholeFile(content))


def discard(name: str) -> None:
    """Does nothing for what is not there."""
    private_storage().delete(name)


def discard_left_behind(*, known: set[str], now: datetime) -> int:
    """What killed workers left: files that nobody knows, and folders that nobody writes in."""
    storage, count = private_storage(), 0
    try:
        names = [f"{FOLDER}/{name}" for name in storage.listdir(FOLDER)[1]]
    except FileNotFoundError:
        names = []
    for name in set(names) - known:
        if storage.get_modified_time(name) < now - LEFT_BEHIND:
            storage.delete(name)
            count += 1
    folder = _unfinished()
    for left in Path(folder).glob("export-*") if folder else ():
        with contextlib.suppress(FileNotFoundError):
            if left.stat().st_mtime < (now - LEFT_BEHIND).timestamp():
                shutil.rmtree(left, ignore_errors=True)
                count += 1
    return count


def _unfinished() -> str | None:
    """None for a storage that is no disk of ours: then the system's own place will do."""
    try:
        folder = Path(private_storage().path(UNFINISHED))
    except NotImplementedError:
        return None
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return str(folder)


class _WholeFile(File):
    """Says where it lies, so that a storage on the same disk renames it instead of copying it."""

    def temporary_file_path(self) -> str:
        return str(self.name)
