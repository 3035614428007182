"""The set-up that `make` runs, as far as it can be tried without a bare machine."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent


@pytest.fixture
def telling(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "scripts" / "bootstrap"))
    import telling

    monkeypatch.setattr(telling, "LOG", Path(os.devnull))
    return telling


@pytest.mark.parametrize(("output", "sentence"), [
    ("error: [Errno 28] No space left on device", "failed because the disk is full"),
    ("npm error code ENOSPC", "failed because the disk is full"),
    ("Failed to establish a new connection: [Errno -3] Temporary failure in name resolution", "the network"),
    ("npm error code EAI_AGAIN", "the network"),
    ("error: command 'gcc' failed: No such file or directory", "install a C compiler"),
    ("ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE", "not the file that was pinned"),
])  # fmt: skip
def test_usual_causes_become_a_sentence(telling, output, sentence):
    explained = telling.explain(f"Collecting something\n{output}\n", doing="Installing Python packages")

    assert explained.startswith("Installing Python packages failed")
    assert sentence in explained
    assert "Traceback" not in explained


def test_an_unusual_cause_shows_the_last_lines(telling):
    assert telling.explain("one\ntwo\n", doing="Building the front end").endswith("are:\n  one\n  two")


def test_a_program_that_fails_is_told_as_a_problem(telling):
    command = [sys.executable, "-c", "print('No space left on device'); raise SystemExit(1)"]

    with pytest.raises(telling.Problem, match="the disk is full"):
        telling.run(command, doing="Filling the disk")


def test_progress_is_shown_while_a_program_runs(telling, capfd):
    output = telling.run([sys.executable, "-c", "print('Collecting django')"], doing="Installing")

    assert output == "Collecting django\n"
    assert capfd.readouterr().err.splitlines() == ["Installing …", "Installing: done in 0 s."]


def test_a_missing_program_is_told(telling):
    with pytest.raises(telling.Problem, match="no-such-program could not be run: No such file or directory"):
        telling.run(["no-such-program"], doing="Trying")


def test_a_digest_changes_with_names_and_contents(telling, tmp_path, monkeypatch):
    monkeypatch.setattr(telling, "ROOT", tmp_path)
    first, second = tmp_path / "first", tmp_path / "second"
    first.write_text("a")
    second.write_text("a")

    digests = {telling.digest([first]), telling.digest([second]), telling.digest([first, second])}
    first.write_text("b")
    digests.add(telling.digest([first]))

    assert len(digests) == 4


def fake_python(folder: Path, version: tuple[int, int]) -> None:
    """A program that answers the version question as that Python would, and says its name otherwise."""
    program = folder / f"python{version[0]}.{version[1]}"
    program.write_text(
        f"""#!{sys.executable}
import sys
if sys.argv[1:2] == ["-c"]:
    version = {version}
    exec(sys.argv[2].replace("sys.version_info[:2]", "version"))
print("{program.name}", *sys.argv[1:])
"""
    )
    program.chmod(0o755)


@pytest.mark.parametrize(("there", "chosen"), [
    ([(3, 11), (3, 13)], "python3.11"),
    ([(3, 13), (3, 12)], "python3.12"),
    ([(3, 13)], "python3.13"),
])  # fmt: skip
def test_a_python_with_ready_made_wheels_is_preferred(tmp_path, there, chosen):
    for version in there:
        fake_python(tmp_path, version)

    done = run_with_path(tmp_path)

    assert (done.returncode, done.stdout) == (0, f"{chosen} --hello\n")


def test_without_a_python_that_fits_a_sentence_says_what_to_do(tmp_path):
    fake_python(tmp_path, (3, 10))
    (tmp_path / "python3.10").rename(tmp_path / "python3")

    done = run_with_path(tmp_path)

    assert done.returncode == 1
    assert done.stderr.startswith("EventFlow needs Python 3.11 or newer and found none: install it")


def run_with_path(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(ROOT / "scripts" / "python.sh"), "--hello"],
        env={"PATH": str(folder)}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.fixture
def python_packages(telling, monkeypatch, tmp_path):
    import python_packages

    monkeypatch.setattr(python_packages, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(python_packages, "VENV_PYTHON", tmp_path / ".venv" / "bin" / "python")
    return python_packages


def test_a_python_without_venv_is_told_with_the_package_to_install(python_packages, telling, monkeypatch, tmp_path):
    bare = tmp_path / "python3"
    bare.write_text("#!/bin/sh\necho 'The virtual environment was not created: ensurepip is not available.'\nexit 1\n")
    bare.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(bare))
    monkeypatch.setattr(os, "geteuid", lambda: 1000)  # who may not install packages

    with pytest.raises(telling.Problem) as problem:
        python_packages.ensure_venv()

    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    assert str(problem.value) == (
        f"Python's venv module is missing: install it (Debian, Ubuntu: sudo apt-get install {package}), "
        "then run make again."
    )


def test_development_packages_stand_for_the_runtime_ones_too(python_packages):
    assert python_packages.files_of("requirements.txt") == ["requirements.txt"]
    assert python_packages.files_of("requirements-dev.txt") == ["requirements-dev.txt", "requirements.txt"]


def test_no_file_names_a_package_index():
    for name in ("requirements.txt", "requirements-dev.txt", "requirements-node.txt", "package-lock.json"):
        text = (ROOT / name).read_text()
        assert "index-url" not in text
        assert '"resolved"' not in text
        assert "://" not in text
