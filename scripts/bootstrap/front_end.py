"""Node, the packages of package-lock.json, and the bundles in static_build."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from python_packages import VENV, ensure_packages
from telling import ROOT, digest, run

OLDEST_NODE = 18
PACKAGES_STAMP = ROOT / "node_modules" / ".installed"
BUILD_STAMP = ROOT / "static_build" / ".built"


def build_front_end() -> None:
    (ROOT / "staticfiles").mkdir(exist_ok=True)  # where `collectstatic` will put them; the web server looks there
    npm, environment = node_command("npm")
    lock = digest([ROOT / "package-lock.json"])
    if read(PACKAGES_STAMP) != lock:
        command = [npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"]
        run(command, doing="Installing front-end packages", environment=environment)
        PACKAGES_STAMP.write_text(lock)
    sources = digest(front_end_sources(), lock)
    if read(BUILD_STAMP) != sources:
        run([npm, "run", "build"], doing="Building the front end", environment=environment)
        BUILD_STAMP.write_text(sources)


def front_end_sources() -> list[Path]:
    files = [path for app in ROOT.glob("*/static") for path in app.rglob("*") if path.is_file()]
    return [*files, ROOT / "scripts" / "build_front.mjs", ROOT / "package.json"]


def node_command(program: str) -> tuple[str, dict[str, str]]:
    """The path of node or npm and the environment to run it in: the system's, else one from a Python wheel."""
    found = shutil.which(program)
    if found and shutil.which("npm") and system_node_version() >= OLDEST_NODE:
        return found, dict(os.environ)
    ensure_packages("requirements-node.txt")
    path = f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return str(VENV / "bin" / program), os.environ | {"PATH": path}


def system_node_version() -> int:
    try:
        said = subprocess.run(["node", "--version"], capture_output=True, text=True, check=False).stdout
    except OSError:
        return 0
    version = re.match(r"v(\d+)", said)
    return int(version[1]) if version else 0


def read(stamp: Path) -> str:
    return stamp.read_text() if stamp.exists() else ""
