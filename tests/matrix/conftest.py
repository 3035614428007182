"""One world per file, and rows that are put back after every cell."""

import logging
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType

from tests.matrix import table
from tests.matrix.asking import Asked, ask, code_of, forget
from tests.matrix.cases import asked
from tests.matrix.world import World, a_world

DRAFTS = os.environ.get("MATRIX_DRAFTS")


@pytest.fixture(scope="module")
def db(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """In place of pytest-django's: open for a whole file, whose world is one transaction."""
    with django_db_blocker.unblock():
        yield


@pytest.fixture(scope="module")
def world(db: None) -> Iterator[World]:
    ContentType.objects.clear_cache()
    forget()
    logging.disable()  # thousands of refusals; what breaks stands in the cell
    with a_world() as found:
        yield found
    logging.disable(logging.NOTSET)


class Ledger:
    """Compares cases with their table. Where `MATRIX_DRAFTS` names a folder, what was found is written there."""

    def __init__(self, world: World, name: str, people: Sequence[str]) -> None:
        self.world = world
        self.name = name
        self.people = people
        self.written = table.read(name, people)
        self.found: dict[str, table.Row] = {}

    def check(self, cases: Iterable[Any], asked: Callable[[World, Any, str], Asked] = asked) -> None:
        problems = [problem for case in cases for problem in self.compare(str(case), self.row_of(case, asked))]
        if problems:
            pytest.fail("\n".join(problems), pytrace=False)

    def row_of(self, case: Any, asked: Callable[[World, Any, str], Asked]) -> table.Row:
        """Limits count for each cell alone; what was kept from an answer to one person meets the next one's."""
        row: table.Row = {}
        forget()
        for person in self.people:
            request = asked(self.world, case, person)
            if request.method != "GET":
                forget()
            row[person] = code_of(*ask(self.world, person, request))
        return row

    def compare(self, case: str, row: table.Row) -> list[str]:
        self.found[case] = row
        return table.differences(case, self.written.get(case), row)

    def draft(self) -> None:
        if DRAFTS and self.found:
            (Path(DRAFTS) / f"{self.name}.txt").write_text(table.text_of(self.found))


@pytest.fixture(scope="module")
def ledger(world: World, request: pytest.FixtureRequest) -> Iterator[Ledger]:
    found = Ledger(world, request.module.TABLE, getattr(request.module, "ASKED", table.EVERYBODY))
    yield found
    found.draft()
