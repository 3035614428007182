"""The virtual environment in .venv and the packages pinned for it."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

from telling import ROOT, Problem, apt_install, digest, run, tell

VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
STAMPS = VENV / "installed.json"
DISK_SPACE_NEEDED_MB = 1200


def ensure_packages(requirements: str) -> None:
    """Install what a requirements file pins, unless exactly that has been installed already."""
    ensure_venv()
    file = ROOT / requirements
    stamps = read_stamps()
    wanted = {name: digest([ROOT / name]) for name in files_of(requirements)}
    if all(stamps.get(name) == value for name, value in wanted.items()):
        return
    check_disk()
    total = len(re.findall(r"^[A-Za-z0-9][^ ]*==", file.read_text(), flags=re.MULTILINE))
    seen: set[str] = set()

    def progress(line: str) -> str | None:
        if found := re.match(r"(?:Collecting|Requirement already satisfied:) ([A-Za-z0-9._-]+)", line):
            seen.add(found[1].lower())
            return f"{len(seen)} of {total}: {found[1]}"
        return "unpacking" if line.startswith("Installing collected packages") else None

    options = ["--require-hashes", "--disable-pip-version-check", "--no-input", "--progress-bar", "off"]
    command = [str(VENV_PYTHON), "-m", "pip", "install", *options, "-r", str(file)]
    # A changed runtime pin may have moved what the development set was installed with.
    write_stamps({name: value for name, value in stamps.items() if name not in ("requirements-dev.txt", *wanted)})
    run(command, doing=f"Installing Python packages ({requirements})", progress=progress)
    write_stamps(read_stamps() | wanted)
    make_importable()


def files_of(requirements: str) -> list[str]:
    """The development set contains the runtime set, at the same versions."""
    return [requirements, "requirements.txt"] if requirements == "requirements-dev.txt" else [requirements]


def read_stamps() -> dict[str, str]:
    try:
        return dict(json.loads(STAMPS.read_text()))
    except (OSError, ValueError):
        return {}


def write_stamps(stamps: dict[str, str]) -> None:
    STAMPS.write_text(json.dumps(stamps, indent=1))


def make_importable() -> None:
    """Let `pytest` and scripts import the project from any folder, as an editable install would."""
    for folder in VENV.glob("lib/python3*/site-packages"):
        (folder / "eventflow.pth").write_text(f"{ROOT}\n")


def check_disk() -> None:
    free = shutil.disk_usage(ROOT).free // 2**20
    if free < DISK_SPACE_NEEDED_MB:
        raise Problem(
            f"The disk is full: {free} MB are left at {ROOT} and about {DISK_SPACE_NEEDED_MB} MB are needed. "
            "Make room, then run make again."
        )


def ensure_venv() -> None:
    if works(VENV_PYTHON):
        return
    tell("Making the virtual environment in .venv")
    output = make_venv()
    if output is not None:
        missing = "ensurepip" in output or "No module named venv" in output
        version = f"{sys.version_info.major}.{sys.version_info.minor}"
        package = f"python{version}-venv" if missing else ""
        if not missing:
            raise Problem(f"The virtual environment could not be made: {output.strip().splitlines()[-1]}")
        if not apt_install(package, doing=f"Installing {package}") or make_venv() is not None:
            raise Problem(
                f"Python's venv module is missing: install it (Debian, Ubuntu: sudo apt-get install {package}), "
                "then run make again."
            )


def make_venv() -> str | None:
    """Make it; what Python said, if that failed."""
    done = subprocess.run(
        [sys.executable, "-m", "venv", "--clear", str(VENV)], capture_output=True, text=True, check=False
    )
    return None if done.returncode == 0 and works(VENV_PYTHON) else done.stdout + done.stderr + " "


def works(python: Path) -> bool:
    try:
        test = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
        return subprocess.run([str(python), "-c", test], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


LOCKS = {
    "requirements.txt": ["requirements.in"],
    "requirements-dev.txt": ["requirements-dev.in", "-c", "requirements.txt"],
    "requirements-node.txt": ["requirements-node.in"],
}


def lock_requirements(arguments: list[str]) -> int:
    """Pin with hashes for every platform. `--upgrade` among the arguments moves to the newest allowed versions."""
    options = ["--universal", "--python-version", "3.11", "--generate-hashes", "--no-header", "--quiet"]
    uv = str(VENV_PYTHON.parent / "uv")
    for target, sources in LOCKS.items():
        run([uv, "pip", "compile", *options, *arguments, *sources, "-o", target], doing=f"Pinning {target}")
    return 0
