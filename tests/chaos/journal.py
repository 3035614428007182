"""What happened when, to everybody, in seconds since the beginning."""

import time
from collections import Counter
from dataclasses import dataclass, field

FAILED = 0  # instead of a status: no answer came


@dataclass(frozen=True)
class Call:
    began: float
    seconds: float
    what: str
    status: int
    code: str


@dataclass(frozen=True)
class Event:
    at: float
    who: str
    what: str


@dataclass
class Journal:
    origin: float = field(default_factory=time.monotonic)
    calls: list[Call] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)  # client id to seq
    asked: dict[str, int] = field(default_factory=dict)  # questions likewise

    def now(self) -> float:
        return time.monotonic() - self.origin

    def note(self, who: str, what: str) -> None:
        self.events.append(Event(self.now(), who, what))

    def problem(self, sentence: str) -> None:
        self.problems.append(f"{self.now():6.1f} s: {sentence}")

    def calls_between(self, begin: float, end: float, what: str = "") -> list[Call]:
        """Those that began in this time."""
        return [call for call in self.calls if begin <= call.began < end and call.what.startswith(what)]

    def statuses(self) -> dict[str, dict[int, int]]:
        found: dict[str, Counter[int]] = {}
        for call in self.calls:
            found.setdefault(call.what, Counter())[call.status] += 1
        return {what: dict(sorted(counts.items())) for what, counts in sorted(found.items())}
