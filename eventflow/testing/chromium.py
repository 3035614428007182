"""Which Chromium the browser tests use: `python -m eventflow.testing.chromium` prints it, or fails without one."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_PROGRAM = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")


def system_chromium() -> str | None:
    """The first that really starts: Ubuntu's `chromium-browser` may be a stub that only names a snap."""
    found = [path for program in PROGRAMS if (path := shutil.which(program))]
    if MAC_PROGRAM.exists():
        found.append(str(MAC_PROGRAM))
    return next((path for path in found if starts(path)), None)


def playwright_chromium() -> str | None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        path = playwright.chromium.executable_path
    return path if starts(path) else None


def starts(program: str) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def launch_options() -> dict[str, object]:
    """Arguments for Playwright's `launch`: this Chromium, and no request of its own to anybody."""
    arguments = ["--disable-background-networking", "--disable-component-update", "--no-first-run"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    options: dict[str, object] = {"args": arguments}
    if system := system_chromium():
        options["executable_path"] = system
    return options


if __name__ == "__main__":
    chromium = system_chromium() or playwright_chromium()
    print(chromium or "no Chromium found")
    sys.exit(0 if chromium else 1)
