"""Signing in and up, and what belongs to no webinar: here no role counts, only whether somebody is signed in."""

import pytest

from tests.matrix.cases import cases_of
from tests.matrix.introspection import Surface, surfaces
from tests.matrix.table import read, without_a_case

TABLE = "accounts"
ASKED = (
    "super_admin",
    "agency_owner",
    "client_viewer",
    "rival_owner",
    "attendee",
    "banned",
    "unproven",
    "guest",
    "anonymous",
)
OURS = [found for found in surfaces() if found.area == "accounts"]


@pytest.mark.parametrize("surface", OURS, ids=str)
def test_everybody_gets_what_the_table_says(surface: Surface, ledger) -> None:
    ledger.check(cases_of(surface))


def test_each_row_is_about_something_that_is_there() -> None:
    assert without_a_case(read(TABLE, ASKED), [str(case) for found in OURS for case in cases_of(found)]) == []
