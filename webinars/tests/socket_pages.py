"""Pages at the other end of sockets that are served by this process, in the test's own event loop."""

import json
import uuid
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.utils import timezone

from eventflow.asgi import application
from webinars.models import Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import publish
from webinars.selectors.access import Access, Person, Reason, RoomRole
from webinars.services.live_pass import issue_pass


def a_room(slug: str = "room", **fields: Any) -> Webinar:
    """A webinar that needs no database: the socket never asks it."""
    return Webinar(id=uuid.uuid4(), slug=slug, client_id=uuid.uuid4(), agency_id=uuid.uuid4(), **fields)


def room_pass(room: Webinar, user_id: uuid.UUID | None = None, *, now: datetime | None = None) -> str:
    person = Person(user_id=user_id or uuid.uuid4(), name="A")
    access = Access(True, Reason.OK, RoomRole.ATTENDEE)
    return issue_pass(webinar=room, access=access, person=person, now=now or timezone.now()).token


class Page(ApplicationCommunicator):
    """The other end of a socket."""

    def __init__(
        self, path: str, subprotocols: Sequence[str], *, query: str = "", headers: Sequence[tuple[bytes, bytes]] = ()
    ) -> None:
        scope = {
            "type": "websocket",
            "path": path,
            "query_string": query.encode(),
            "headers": [*headers],
            "subprotocols": [*subprotocols],
        }
        super().__init__(application, scope)

    async def accepted(self) -> str | None:
        """The subprotocol that the server chose."""
        await self.send_input({"type": "websocket.connect"})
        answer = await self.receive_output(timeout=5)
        assert answer["type"] == "websocket.accept"
        chosen: str | None = answer["subprotocol"]
        return chosen

    async def frame(self) -> dict[str, Any]:
        output = await self.receive_output(timeout=5)
        assert output["type"] == "websocket.send", output
        frame: dict[str, Any] = json.loads(output["text"])
        return frame

    async def closing(self) -> int:
        """The code of the close that comes next."""
        output = await self.receive_output(timeout=5)
        assert output["type"] == "websocket.close", output
        code: int = output["code"]
        return code

    async def event(self) -> dict[str, Any]:
        """The only event of the next frame that has any."""
        while (frame := await self.frame())["type"] == "heartbeat":
            pass
        (event,) = frame["events"]
        found: dict[str, Any] = event
        return found

    async def say(self, text: str) -> None:
        await self.send_input({"type": "websocket.receive", "text": text})


@asynccontextmanager
async def socket(
    room: Webinar,
    token: str | None = None,
    path: str | None = None,
    subprotocols: Sequence[str] | None = None,
    **options: Any,
) -> AsyncIterator[Page]:
    token = token if token is not None else room_pass(room)
    offered = subprotocols if subprotocols is not None else ["eventflow.v1", f"bearer.{token}"]
    page = Page(path or f"/ws/webinars/{room.slug}/", offered, **options)
    assert await page.accepted() == ("eventflow.v1" if "eventflow.v1" in offered else None)
    try:
        yield page
    finally:
        await page.send_input({"type": "websocket.disconnect", "code": 1005})
        await page.wait()


@asynccontextmanager
async def joined(room: Webinar, token: str | None = None, **options: Any) -> AsyncIterator[Page]:
    """A socket that has its hello behind it."""
    async with socket(room, token, **options) as page:
        assert (await page.frame())["type"] == "hello"
        yield page


async def tell(room: Webinar, count: int = 1, **data: Any) -> list[int | None]:
    publish_all = sync_to_async(
        lambda: [publish(room.pk, EventType.PRESENCE_COUNT, {"count": n, **data}) for n in range(count)]
    )
    return await publish_all()


async def events_of(page: Page, count: int) -> list[dict[str, Any]]:
    events: list[dict[str, Any]] = []
    while len(events) < count:
        frame = await page.frame()
        assert frame["type"] == "events"
        events += frame["events"]
    return events
