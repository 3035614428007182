"""Static files, gathered where the web server looks for them, and only when one has changed."""

import fcntl
import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command


def collect_static_when_changed() -> bool:
    """Run `collectstatic` unless names, sizes and times are those of the last run. True when it ran.

    Two runs at once (the demo and the browser tests) take turns.
    """
    folder = Path(settings.STATIC_ROOT)
    folder.mkdir(parents=True, exist_ok=True)
    stamp = folder / ".collected"
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        found = fingerprint()
        if stamp.exists() and stamp.read_text() == found:
            return False
        call_command("collectstatic", interactive=False, verbosity=0)
        stamp.write_text(found)
    return True


def fingerprint() -> str:
    lines = []
    for finder in get_finders():
        for path, storage in finder.list(ignore_patterns=[]):
            file = Path(storage.path(path)).stat()
            lines.append(f"{path} {file.st_size} {file.st_mtime_ns}")
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
