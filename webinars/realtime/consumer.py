"""The socket: it carries events to pages, and from them only a renewed pass (spec 8)."""

import asyncio
import contextlib
import json
import re
import time
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer

from eventflow.socket_origin import is_own_page
from webinars.realtime.events import BEARER_PREFIX, SUBPROTOCOL, CloseCode
from webinars.realtime.hub import hub
from webinars.realtime.room import MOST_FRAMES_HEARD, Position, Room
from webinars.realtime.shard_rooms import RealtimeUnavailable, ShutOut
from webinars.realtime.socket_queue import SocketQueue
from webinars.services.live_pass import InvalidPass, LivePass, verify_pass

PAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")
EPOCH = re.compile(r"[0-9a-f]{32}")
SEQ = re.compile(r"[0-9]{1,15}")
MILLISECONDS = re.compile(r"[0-9]{1,15}")


class NowhereConsumer(AsyncWebsocketConsumer):
    """Every other address."""

    async def connect(self) -> None:
        await self.accept()
        await self.close(CloseCode.NOT_FOUND)


class RoomConsumer(AsyncWebsocketConsumer):
    """One page's socket: admitted by its pass, told every event, listened to for a renewed pass only (spec 8).

    Refusals are accepted first and then closed with a code, since browsers hide why a handshake failed.
    """

    room: Room | None = None
    queue: SocketQueue
    live_pass: LivePass
    writer: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        live_pass = self._pass()
        if not self._is_from_own_page():
            await self._refuse(CloseCode.REFUSED)
        elif live_pass is None:
            await self._refuse(CloseCode.INVALID_PASS)
        elif not live_pass.is_for(self.scope["url_route"]["kwargs"]["w"]):
            await self._refuse(CloseCode.REFUSED)
        else:
            await self._join(live_pass)

    async def _join(self, live_pass: LivePass) -> None:
        page, since = self._page()
        queue = SocketQueue(
            person=live_pass.subject,
            expires_at=live_pass.expires_at,
            page=page,
            since=since,
            policy=live_pass.duplicates,
        )
        try:
            self.room = await hub().join(live_pass.webinar_id, queue, known=self._known())
        except RealtimeUnavailable:
            await self._refuse(CloseCode.TRY_AGAIN_LATER)
            return
        except ShutOut:
            await self._refuse(CloseCode.REFUSED)
            return
        self.queue = queue
        try:
            await self.accept(SUBPROTOCOL)
        except OSError:  # the page went meanwhile, and there will be no `disconnect`
            await hub().leave(self.room, queue)
            raise
        self.scope["headers"].clear()  # the pass is in there; and it is kilobytes for each socket
        self.scope["subprotocols"].clear()
        self.writer = asyncio.create_task(self._write())

    async def disconnect(self, code: int) -> None:
        if self.writer is not None:
            self.writer.cancel()
        if self.room is not None:
            await hub().leave(self.room, self.queue)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Everything a person does is an HTTP call; what is not a renewed pass is counted and not heard."""
        if self.room is None:
            return
        self.queue.heard += 1
        if self.queue.heard > MOST_FRAMES_HEARD:
            self.room.turn_out(self.queue, CloseCode.TOO_MANY_FRAMES)
        elif text_data is not None and (token := renewed_pass(text_data)) is not None:
            self._renew(self.room, token)

    def _renew(self, room: Room, token: str) -> None:
        try:
            live_pass = verify_pass(token)
        except InvalidPass:
            room.turn_out(self.queue, CloseCode.INVALID_PASS)
            return
        if live_pass.subject != self.queue.person or str(live_pass.webinar_id) != room.webinar_id:
            room.turn_out(self.queue, CloseCode.REFUSED)
        else:
            room.renew(self.queue, expires_at=live_pass.expires_at, policy=live_pass.duplicates)

    async def _write(self) -> None:
        with contextlib.suppress(OSError, RuntimeError):  # the page is gone; `disconnect` follows
            while isinstance(frame := await self.queue.get(), str):
                await self.base_send({"type": "websocket.send", "text": frame})
            await self.close(frame)

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

    def _is_from_own_page(self) -> bool:
        """The pass is what counts, and no other site's page has it; a browser that says where it comes from must come
        from here all the same. Programs say nothing."""
        headers: dict[bytes, bytes] = dict(self.scope["headers"])
        origin = headers.get(b"origin")
        return origin is None or is_own_page(
            origin.decode("latin-1"), host=headers.get(b"host", b"").decode("latin-1")
        )

    def _page(self) -> tuple[str | None, int]:
        """Which page this is and since when, if it says so in the agreed form; the future has not come."""
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        page, since = query.get("page", [""])[0], query.get("since", [""])[0]
        if not PAGE_ID.fullmatch(page) or not MILLISECONDS.fullmatch(since):
            return None, 0
        return page, min(int(since), int(time.time() * 1000))

    def _known(self) -> Position | None:
        """Up to where the page heard everything before it lost its last socket."""
        query = parse_qs(self.scope["query_string"].decode("latin-1"))
        epoch, seq = query.get("epoch", [""])[0], query.get("seq", [""])[0]
        return Position(epoch, int(seq)) if EPOCH.fullmatch(epoch) and SEQ.fullmatch(seq) else None


def renewed_pass(text: str) -> str | None:
    """The token of `{"type": "pass", "pass": …}`."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        return None
    if not isinstance(frame, dict) or frame.get("type") != "pass" or not isinstance(frame.get("pass"), str):
        return None
    return str(frame["pass"])
