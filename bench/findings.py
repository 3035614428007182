"""What was measured, and the one table of it."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Finding:
    """One line of the table. `met` is None where there is no target, only a figure."""

    what: str
    ceiling: str = ""
    ours: str = ""
    ratio: float | None = None
    target: str = ""
    met: bool | None = None
    data: Any = None

    def cells(self) -> list[str]:
        ratio = "" if self.ratio is None else f"{self.ratio:.2f}"
        ok = {None: "", True: "yes", False: "NO"}[self.met]
        return [self.what, self.ceiling, self.ours, ratio, self.target, ok]


def per_second(value: float) -> str:
    return f"{value:,.0f}/s"


def milliseconds(seconds: float) -> str:
    value = seconds * 1000
    return f"{value:.2f} ms" if value < 10 else f"{value:,.0f} ms"


def median(values: Sequence[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def shortest(repetitions: int, call: Callable[[], Any]) -> float:
    """Seconds: the median of the faster half, which neighbours on the machine disturbed least."""
    call()
    times = []
    for _ in range(repetitions):
        started = time.perf_counter()
        call()
        times.append(time.perf_counter() - started)
    return median(sorted(times)[: (repetitions + 1) // 2])


def table(findings: list[Finding]) -> str:
    """Markdown, so that it can be kept in docs/benchmarks.md as it is."""
    rows = [["what", "ceiling", "ours", "ratio", "target", "ok"], *(finding.cells() for finding in findings)]
    widths = [max(len(row[column]) for row in rows) for column in range(6)]
    rows.insert(1, ["-" * width for width in widths])
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in rows]
    return "\n".join(lines)
