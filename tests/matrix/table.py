"""The tables of who gets what, as texts that are written by hand and read in a diff.

A line is a case (method, address, and after `#` the state or manner if there are several), then one code per person
under their head. A table whose addresses ask for no role has fewer people; its head says which.
"""

from collections.abc import Iterable, Sequence
from pathlib import Path

from tests.matrix.world import PEOPLE

FOLDER = Path(__file__).parent / "tables"
EVERYBODY = list(PEOPLE)
WIDTH = 5

Row = dict[str, str]


def read(name: str, people: Sequence[str] = EVERYBODY) -> dict[str, Row]:
    """By case, each person's code. Raises ValueError for a line that is not one."""
    path = FOLDER / f"{name}.txt"
    rows: dict[str, Row] = {}
    for number, line in enumerate(path.read_text().splitlines() if path.exists() else [], 1):
        if not line.strip() or line.startswith("#"):
            continue
        case, bar, cells = line.rpartition("|")
        codes = cells.split()
        if not bar or len(codes) != len(people) or case.strip() in rows:
            raise ValueError(f"{path.name}:{number}: not a case with {len(people)} codes, or here twice: {line}")
        rows[case.strip()] = dict(zip(people, codes, strict=True))
    return rows


def line_of(case: str, row: Row, *, width: int = 0) -> str:
    return f"{case.ljust(width)} | {' '.join(code.ljust(WIDTH) for code in row.values())}".rstrip()


def text_of(rows: dict[str, Row]) -> str:
    width = max(len(case) for case in rows)
    head = {name: PEOPLE[name] for name in next(iter(rows.values()))}
    return "\n".join(line_of(case, row, width=width) for case, row in {"#": head, **rows}.items()) + "\n"


def differences(case: str, written: Row | None, found: Row) -> list[str]:
    """What does not agree, in words; the whole line for a case that has none."""
    if written is None:
        return [f"No row for this case. After thinking about each cell, add:\n{line_of(case, found)}"]
    return [
        f"{case}: {name} should get {written[name]}, gets {code}"
        for name, code in found.items()
        if written[name] != code
    ]


def without_a_case(rows: Iterable[str], cases: Iterable[str]) -> list[str]:
    return sorted(set(rows) - set(cases))
