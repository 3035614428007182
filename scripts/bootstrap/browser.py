"""A Chromium for the browser tests: the system's, else one installed by apt, else Playwright's own."""

import os
import shutil
import subprocess

from python_packages import VENV_PYTHON
from telling import Problem, apt_install, run


def ensure_browser() -> None:
    if browser_is_there():
        return
    packages = ["chromium"] if has_korean_font() else ["chromium", "fonts-noto-cjk"]
    if apt_install(*packages, doing="Installing Chromium") and browser_is_there():
        return
    command = [str(VENV_PYTHON), "-m", "playwright", "install"]
    if os.geteuid() == 0 and shutil.which("apt-get"):
        command.append("--with-deps")
    try:
        run([*command, "chromium"], doing="Downloading Chromium")
    except Problem as problem:
        raise Problem(f"{problem}\n{ADVICE}") from None
    if not browser_is_there():
        raise Problem(f"Playwright's Chromium was downloaded but does not start on this machine. {ADVICE}")


ADVICE = "The browser tests need a Chromium: install one (Debian: sudo apt-get install chromium), then run make again."


def browser_is_there() -> bool:
    command = [str(VENV_PYTHON), "-m", "eventflow.testing.chromium"]
    return subprocess.run(command, stdout=subprocess.DEVNULL, check=False).returncode == 0


def has_korean_font() -> bool:
    if not shutil.which("fc-list"):
        return False
    return bool(subprocess.run(["fc-list", ":lang=ko"], capture_output=True, check=False).stdout.strip())
