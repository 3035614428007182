"""One page's socket as the rooms of this process see it."""

import asyncio
from typing import Any

from django.conf import settings

from webinars.realtime.events import CloseCode, EventType, as_json

MOST_KEPT = 8


class PersonalFrame(str):
    """A frame for one person. Nothing heals its loss, so a queue that begins anew keeps it."""

    __slots__ = ()


def personal_frame(event_type: EventType | str, data: dict[str, Any]) -> PersonalFrame:
    event = as_json({"seq": None, "type": str(event_type), "data": data})
    return PersonalFrame(f'{{"type":"events","events":[{event}]}}')


class SocketQueue:
    """What waits to be sent to one socket, and whose it is. A number among the frames means: close with that code.

    One reader, and a plain list: an asyncio.Queue would be a tenth of a socket's memory.
    """

    __slots__ = ("_frames", "_reader", "expires_at", "heard", "page", "person", "policy", "since", "told_of")

    def __init__(
        self, *, person: str, expires_at: float, page: str | None = None, since: int = 0, policy: str = ""
    ) -> None:
        """`expires_at` in Unix seconds; `since` in milliseconds: when this page was opened, or taken back."""
        self._frames: list[str | CloseCode] = []
        self._reader: asyncio.Future[None] | None = None
        self.person = person
        self.expires_at = expires_at
        self.page = page
        self.since = since
        self.policy = policy
        self.told_of = (0, "")  # the newest other page that this one knows of: since when, and its id
        self.heard = 0  # frames that came from the page since the room looked last

    @property
    def is_full(self) -> bool:
        return len(self._frames) >= settings.REALTIME_QUEUE_FRAMES

    def restart(self, hello: str) -> None:
        """Forget what was not read; the page finds a new beginning and catches up."""
        kept = [frame for frame in self._frames if isinstance(frame, PersonalFrame)][-MOST_KEPT:]
        self._frames.clear()
        for frame in (hello, *kept):
            self.put(frame)

    def put(self, frame: str | CloseCode) -> None:
        self._frames.append(frame)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def close(self, code: CloseCode, *, last: str | None = None) -> None:
        self._frames.clear()
        if last is not None:
            self.put(last)
        self.put(code)

    def size(self) -> int:
        return len(self._frames)

    async def get(self) -> str | CloseCode:
        while not self._frames:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._frames.pop(0)

    def is_older_than(self, page: str, since: int) -> bool:
        """Two pages opened in the same millisecond are told apart by their ids, alike in every process."""
        return self.page is not None and (self.since, self.page) < (since, page)
