"""Writes that a cookie admits need the token of a page of ours."""

import pytest

from tests.matrix.asking import ask, code_of
from tests.matrix.cases import asked, cases_of
from tests.matrix.introspection import Surface, surfaces
from tests.matrix.world import World

WRITES = [found for found in surfaces() if found.method != "GET"]
AREAS = sorted({found.area for found in WRITES})


@pytest.mark.parametrize("area", AREAS)
@pytest.mark.parametrize("person", ["super_admin", "attendee", "guest", "unproven"])
def test_a_cookie_alone_writes_nothing(area: str, person: str, world: World) -> None:
    written = []
    for surface in filter(lambda found: found.area == area, WRITES):
        for case in cases_of(surface):
            if case.carries == "session":
                response, wrote = ask(world, person, asked(world, case, person), check_csrf=True)
                written += [(str(case), code_of(response, wrote))] if wrote else []

    assert written == []


def test_the_same_call_with_a_token_is_what_the_tables_say(world: World) -> None:
    """So that the above is not about calls that never write."""
    surface = Surface("POST", "/console/webinars/webinar/<object_id>/end/")
    (case,) = cases_of(surface)

    response, wrote = ask(world, "super_admin", asked(world, case, "super_admin"))

    assert (response.status_code, wrote) == (302, True)
