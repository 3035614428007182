import asyncio
import contextlib
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer

from webinars.realtime.events import BEARER_PREFIX, SUBPROTOCOL, CloseCode
from webinars.realtime.hub import RealtimeUnavailable, Room, SocketQueue, hub
from webinars.services.live_pass import InvalidPass, LivePass, verify_pass


class NowhereConsumer(AsyncWebsocketConsumer):
    """Every other address."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(CloseCode.NOT_FOUND)


class RoomConsumer(AsyncWebsocketConsumer):
    """One page's socket: admitted by its pass, told every event, listened to for nothing (spec 8).

    Refusals are accepted first and then closed with a code, since browsers hide why a handshake failed.
    """

    room: Room | None = None
    queue: SocketQueue
    writer: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        live_pass = self._pass()
        if live_pass is None:
            await self._refuse(CloseCode.INVALID_PASS)
        elif not live_pass.is_for(self.scope["url_route"]["kwargs"]["w"]):
            await self._refuse(CloseCode.REFUSED)
        else:
            await self._join(live_pass)

    async def _join(self, live_pass: LivePass) -> None:
        try:
            self.room, self.queue = await hub().join(live_pass.webinar_id)
        except RealtimeUnavailable:
            await self._refuse(CloseCode.TRY_AGAIN_LATER)
            return
        await self.accept(SUBPROTOCOL)
        self.writer = asyncio.create_task(self._write())

    async def disconnect(self, code: int) -> None:
        if self.writer is not None:
            self.writer.cancel()
        if self.room is not None:
            await hub().leave(self.room, self.queue)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Everything a person does is an HTTP call; what comes here is not read."""

    async def _write(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # the page is gone; `disconnect` follows
            while (frame := await self.queue.get()) is not None:
                await self.base_send({"type": "websocket.send", "text": frame})
            await self.close(CloseCode.TRY_AGAIN_LATER)

    async def _refuse(self, code: CloseCode) -> None:
        await self.accept(SUBPROTOCOL if SUBPROTOCOL in self.scope["subprotocols"] else None)
        await self.close(code)

    def _pass(self) -> LivePass | None:
        offered: list[Any] = self.scope["subprotocols"]
        if SUBPROTOCOL not in offered:
            return None
        tokens = [name.removeprefix(BEARER_PREFIX) for name in offered if name.startswith(BEARER_PREFIX)]
        with contextlib.suppress(InvalidPass):
            return verify_pass(tokens[0]) if len(tokens) == 1 else None
        return None
