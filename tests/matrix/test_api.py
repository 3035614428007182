"""A webinar's API: by the pass of a live page, and by the session of whoever is signed in."""

import pytest

from tests.matrix.cases import cases_of
from tests.matrix.introspection import Surface, surfaces
from tests.matrix.table import read, without_a_case

TABLE = "api"
OURS = [found for found in surfaces() if found.area == "api"]


@pytest.mark.parametrize("surface", OURS, ids=str)
def test_everybody_gets_what_the_table_says(surface: Surface, ledger) -> None:
    ledger.check(cases_of(surface))


def test_each_row_is_about_something_that_is_there() -> None:
    assert without_a_case(read(TABLE), [str(case) for found in OURS for case in cases_of(found)]) == []
