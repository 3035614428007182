"""Whether a pinned package has a known vulnerability: part of `make lint`.

One question about all of them, Python's and the front end's alike, to the OSV database, and one more about each that
is found: quicker than asking the package indexes about each package, which this asks nothing. Without an answer within
a few seconds a line says that nothing was audited, and lint goes on; what is found fails it.
"""

import json
import os
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from telling import ROOT, Problem, tell

DATABASE = "https://api.osv.dev"  # AUDIT_URL names a mirror of it
SECONDS = 8.0
PYTHON_PINS = ("requirements.txt", "requirements-dev.txt", "requirements-node.txt")
FRONT_END_PINS = "package-lock.json"
ACCEPTED = ROOT / "scripts" / "accepted_vulnerabilities.json"
MOST_AT_ONCE = 1000  # as OSV takes


@dataclass(frozen=True, order=True)
class Package:
    ecosystem: str  # as OSV names it
    name: str
    version: str

    def question(self) -> dict[str, Any]:
        return {"package": {"ecosystem": self.ecosystem, "name": self.name}, "version": self.version}


class Unanswered(Exception):
    """Why there is no answer, as the end of a sentence."""


def audit() -> list[str]:
    """What was found, a line each; tells when nobody could be asked."""
    try:
        found = list(known_vulnerabilities(pinned(ROOT), accepted=read_accepted(ACCEPTED)))
    except Unanswered as reason:
        tell(f"Dependencies: not audited: {reason}.")
        return []
    for line in found:
        tell(line)
    return found


def pinned(root: Path) -> list[Package]:
    packages = {package for name in PYTHON_PINS for package in python_pins((root / name).read_text())}
    return sorted(packages | set(front_end_pins((root / FRONT_END_PINS).read_text())))


def python_pins(text: str) -> Iterator[Package]:
    for name, version in re.findall(
        r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", text, flags=re.MULTILINE
    ):
        yield Package("PyPI", re.sub(r"[-_.]+", "-", name).lower(), version)


def front_end_pins(text: str) -> Iterator[Package]:
    for place, entry in json.loads(text)["packages"].items():
        if place and "version" in entry:
            yield Package("npm", entry.get("name") or place.rpartition("node_modules/")[2], entry["version"])


def read_accepted(path: Path) -> dict[str, str]:
    """By id, the reason why that one does not concern us; one without a reason does."""
    reasons: dict[str, str] = json.loads(path.read_text())
    if unexplained := [one for one, reason in reasons.items() if not reason.strip()]:
        raise Problem(f"{path.name} gives no reason for {', '.join(unexplained)}.")
    return reasons


def known_vulnerabilities(packages: list[Package], *, accepted: dict[str, str]) -> Iterator[str]:
    for at in range(0, len(packages), MOST_AT_ONCE):
        some = packages[at : at + MOST_AT_ONCE]
        answer = ask("/v1/querybatch", {"queries": [package.question() for package in some]})
        try:
            ids = [[one["id"] for one in result.get("vulns") or []] for result in answer["results"]]
        except (KeyError, TypeError, AttributeError):
            raise Unanswered("the database of vulnerabilities answered something else") from None
        if len(ids) != len(some):
            raise Unanswered("the database of vulnerabilities did not answer about all packages")
        for package, known in zip(some, ids, strict=True):
            yield from (told for one in known if (told := about(package, one, accepted=accepted)))


def about(package: Package, vulnerability: str, *, accepted: dict[str, str]) -> str | None:
    """None for what was accepted, under whichever of its names, or withdrawn."""
    known = ask(f"/v1/vulns/{vulnerability}")
    names = [vulnerability, *known.get("aliases", [])]
    if known.get("withdrawn") or any(name in accepted for name in names):
        return None
    said = known.get("summary") or str(known.get("details", "")).strip().partition("\n")[0]
    return f"{package.name} {package.version} ({package.ecosystem}): {', '.join(names)}: {said}"


def ask(path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    url = os.environ.get("AUDIT_URL", DATABASE).rstrip("/") + path
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data=data, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as response:
            answer = json.load(response)
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        raise Unanswered(f"the database of vulnerabilities cannot be asked ({reason})") from None
    if not isinstance(answer, dict):
        raise Unanswered("the database of vulnerabilities answered something else")
    return answer
