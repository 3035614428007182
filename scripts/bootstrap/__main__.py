"""What `make` runs: sets up what is missing or out of date, then does what was asked.

Plain standard library, as it runs before anything is installed. Every step is skipped when its inputs have not
changed since it last succeeded, so that a second run is quick.
"""

import os
import subprocess
import sys
from typing import NoReturn

from audit import audit
from browser import ensure_browser
from front_end import build_front_end, node_command
from python_packages import VENV_PYTHON, ensure_packages, lock_requirements
from telling import ROOT, Problem, tell
from translations import compile_translations

# mypy's Django plugin and import-linter read the settings; they connect to nothing.
SETTINGS_ENVIRONMENT = {"DEBUG": "true", "ALLOWED_HOSTS": "localhost"}


def main(target: str, arguments: list[str]) -> int:
    os.chdir(ROOT)
    return TARGETS[target](arguments)


def demo(arguments: list[str]) -> int:
    setup([])
    become([str(VENV_PYTHON), "manage.py", "demo", *arguments])


def setup(arguments: list[str]) -> int:
    ensure_packages("requirements.txt")
    build_front_end()
    compile_translations()
    return 0


def test(arguments: list[str]) -> int:
    ensure_packages("requirements-dev.txt")
    build_front_end()
    compile_translations()
    ensure_browser()
    npm, environment = node_command("npm")
    front = subprocess.run([npm, "test", "--silent"], env=environment, check=False).returncode
    back = subprocess.run([str(VENV_PYTHON), "-m", "pytest", *(arguments or several())], check=False).returncode
    return back or front


def several() -> list[str]:
    """Pytest's options for two processes, each with servers of its own; given servers are for one at a time."""
    given = os.environ.keys() & {"DATABASE_URL", "REDIS_URL"}
    return [] if given else ["-n", "2", "--dist", "loadfile", "--no-loadscope-reorder"]


def lint(arguments: list[str]) -> int:
    ensure_packages("requirements-dev.txt")
    failed = [
        name
        for name, command in {
            "ruff check": ["ruff", "check", "."],
            "ruff format": ["ruff", "format", "--check", "."],
            "mypy": ["mypy"],
            "import-linter": ["lint-imports"],
        }.items()
        if subprocess.run(venv_program(command), env=os.environ | SETTINGS_ENVIRONMENT, check=False).returncode
    ]
    if audit():
        failed.append("the audit of dependencies")
    tell(f"Lint: {', '.join(failed)} found something." if failed else "Lint: nothing found.")
    return bool(failed)


def format_code(arguments: list[str]) -> int:
    ensure_packages("requirements-dev.txt")
    subprocess.run(venv_program(["ruff", "check", "--fix", "--quiet", "."]), check=False)
    become(venv_program(["ruff", "format", "."]))


def bench(arguments: list[str]) -> int:
    ensure_packages("requirements-dev.txt")
    become([str(VENV_PYTHON), "bench/run.py", *arguments])


def chaos(arguments: list[str]) -> int:
    ensure_packages("requirements-dev.txt")
    build_front_end()
    compile_translations()
    ensure_browser()
    become([str(VENV_PYTHON), "-m", "tests.chaos", *arguments])


def lock(arguments: list[str]) -> int:
    ensure_packages("requirements-dev.txt")
    return lock_requirements(arguments)


def venv_program(command: list[str]) -> list[str]:
    return [str(VENV_PYTHON.parent / command[0]), *command[1:]]


def become(command: list[str]) -> NoReturn:
    """Replace this process, so that Ctrl-C and signals reach the program itself."""
    sys.stdout.flush()
    os.execv(command[0], command)


TARGETS = {
    "demo": demo,
    "setup": setup,
    "test": test,
    "lint": lint,
    "format": format_code,
    "bench": bench,
    "chaos": chaos,
    "lock": lock,
}

if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1], sys.argv[2:]))
    except Problem as problem:
        tell(f"\n{problem}")
        sys.exit(1)
    except KeyboardInterrupt:
        tell("\nStopped.")
        sys.exit(130)
