"""Every socket: with the pass that a person's page has, had, or has of another webinar."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.utils import timezone

from tests.matrix import table
from tests.matrix.asking import forget
from tests.matrix.introspection import socket_routes
from tests.matrix.world import PEOPLE, World
from webinars.realtime.events import SUBPROTOCOL
from webinars.realtime.publish import close_door
from webinars.tests.socket_pages import Page

TABLE = "sockets"
# By address: which webinar's it is, and which webinar the pass is for.
CASES = {
    "/ws/webinars/<w>/": [("live", "live"), ("open", "open"), ("live", "open")],
    "/": [("live", "live")],
}
NAMES = {
    f"WS {route} # {place}, with a pass for {kept}": (route, place, kept)
    for route, cases in CASES.items()
    for place, kept in cases
}


def test_every_socket_is_asked() -> None:
    assert list(CASES) == socket_routes()


@pytest.mark.parametrize("case", NAMES)
def test_everybody_hears_what_the_table_says(case: str, world: World, ledger: Any) -> None:
    route, place, kept = NAMES[case]
    path = route.replace("<w>", str(world.webinars[place].pk)) if "<w>" in route else "/ws/elsewhere/"
    forget()
    for name in ("banned", "removed"):  # as whoever bans or removes them does
        close_door(world.webinars[place].pk, world.people[name].pk, now=timezone.now())

    row = {person: async_to_sync(greeting)(path, world.passes.get((person, kept))) for person in PEOPLE}

    assert ledger.compare(case, row) == []


def test_each_row_is_about_something_that_is_there() -> None:
    assert table.without_a_case(table.read(TABLE), NAMES) == []


async def greeting(path: str, token: str | None) -> str:
    """`hello`, or the code of the close."""
    page = Page(path, [SUBPROTOCOL, *([f"bearer.{token}"] if token else [])])
    await page.accepted()
    output = await page.receive_output(timeout=5)
    code = "hello" if output["type"] == "websocket.send" else str(output["code"])
    await page.send_input({"type": "websocket.disconnect", "code": 1005})
    await page.wait()
    return code
