"""Running programs while telling a person how far they are, and in one sentence what went wrong."""

import hashlib
import os
import queue
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
LOG = ROOT / ".cache" / "setup.log"
QUIET_SECONDS = 10  # between two lines of progress where there is no terminal


class Problem(Exception):
    """One sentence for the person at the terminal: what is wrong and what to do."""


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(
    command: list[str],
    *,
    doing: str,
    environment: dict[str, str] | None = None,
    progress: Callable[[str], str | None] = lambda line: None,
    problems: Callable[[str], str | None] = lambda output: None,
) -> str:
    """Run a program, showing `doing` and what `progress` makes of its lines; its output goes to the log.

    `problems` may turn the output of a failed run into a sentence; else the usual causes are looked for.
    """
    output: list[str] = []
    began = time.monotonic()
    terminal = sys.stderr.isatty()
    detail, shown = "", 0.0
    if not terminal:
        tell(f"{doing} …")
    try:
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="replace", env=environment,
        )  # fmt: skip
    except OSError as error:
        raise Problem(f"{command[0]} could not be run: {error.strerror}.") from None
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    threading.Thread(target=_forward, args=(process.stdout, lines), daemon=True).start()
    while True:
        try:
            line = lines.get(timeout=0.5)
        except queue.Empty:
            line = ""
        if line is None:
            break
        if line:
            output.append(line)
            detail = progress(line) or detail
        passed = time.monotonic() - began
        if terminal:
            width = shutil.get_terminal_size().columns - 1
            print(f"\r\033[K{doing} … {passed:.0f} s  {detail}"[: width + 4], end="", file=sys.stderr, flush=True)
        elif passed - shown > QUIET_SECONDS:
            shown = passed
            tell(f"  {passed:.0f} s  {detail}")
    if terminal:
        print("\r\033[K", end="", file=sys.stderr)
    text = "".join(output)
    _keep(command, text)
    if process.wait():
        raise Problem(problems(text) or explain(text, doing=doing))
    tell(f"{doing}: done in {time.monotonic() - began:.0f} s.")
    return text


def _forward(stream: Iterable[str], lines: "queue.SimpleQueue[str | None]") -> None:
    for line in stream:
        lines.put(line)
    lines.put(None)


def _keep(command: list[str], text: str) -> None:
    try:
        LOG.parent.mkdir(exist_ok=True)
        with LOG.open("a") as log:
            log.write(f"\n$ {' '.join(command)}\n{text}")
    except OSError:  # a full disk is told by the program that met it
        pass


DISK = ("No space left on device", "ENOSPC")
NETWORK = (
    "Temporary failure in name resolution", "Name or service not known", "Failed to establish a new connection",
    "nodename nor servname", "Could not resolve", "Network is unreachable", "Connection refused", "timed out",
    "ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ETIMEDOUT", "ProxyError",
    "No matching distribution found",
)  # fmt: skip
COMPILER = ("command 'gcc' failed", "command 'cc' failed", "No such file or directory: 'cc'", "'gcc': No such file",
            "unable to execute", "Failed building wheel", "error: subprocess-exited-with-error")  # fmt: skip
HASHES = ("DO NOT MATCH THE HASHES", "EINTEGRITY")


def explain(output: str, *, doing: str) -> str:
    """The usual causes, most telling first."""
    if any(sign in output for sign in DISK):
        return f"{doing} failed because the disk is full: make about 1 GB of room at {ROOT}, then run make again."
    if any(sign in output for sign in COMPILER):
        return (
            f"{doing} failed because a package has no ready-made build for this machine and could not be compiled: "
            "install a C compiler (Debian, Ubuntu: apt-get install build-essential; macOS: xcode-select --install), "
            f"or use Python 3.11 or 3.12 (PYTHON=python3.12 make …). Details are in {LOG}."
        )
    if any(sign in output for sign in HASHES):
        return f"{doing} failed because a download is not the file that was pinned: try again. Details are in {LOG}."
    if any(sign in output for sign in NETWORK):
        return (
            f"{doing} failed because the network, or the package index behind it, cannot be reached: "
            f"check the connection and any proxy, then run make again. Details are in {LOG}."
        )
    last = "\n  ".join(output.strip().splitlines()[-6:])
    return f"{doing} failed; the last lines of {LOG} are:\n  {last}"


def digest(paths: Iterable[Path], *more: str) -> str:
    """One hash over the names and contents of files, to see whether a step has to run again."""
    found = hashlib.sha256("\0".join(more).encode())
    for path in sorted(paths):
        found.update(f"\0{path.relative_to(ROOT)}\0".encode())
        found.update(path.read_bytes())
    return found.hexdigest()


def apt_install(*packages: str, doing: str) -> bool:
    """Install system packages where we may: as root on Debian or Ubuntu."""
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    try:
        run(["apt-get", "update"], doing="Reading the package lists", environment=environment)
        command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
        run(command, doing=doing, environment=environment)
    except Problem as problem:
        tell(str(problem))
        return False
    return True
