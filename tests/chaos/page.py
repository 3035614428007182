"""A live page without a browser: the socket, the fallback and the catching-up as `webinars/static/webinars/` does them
(socket.js, room.js, polling.js, message_sync.js), with the same waits and the same breaker."""

import asyncio
import contextlib
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

import websockets

from tests.chaos.caller import Caller, Refused
from tests.chaos.store import MessageStore

HELLO_WITHIN = 10.0
FIRST_WAIT, LONGEST_WAIT, STEADY_AFTER = 2.0, 30.0, 10.0
SILENCE_FACTOR = 1.5
POLLING_AFTER, POLLING_SPREAD = 4.0, (2.0, 5.0)
CROWD = 2.0
ON_THE_WAY = 2.0
POLL_EVERY = 2.0
FAILURES_TO_OPEN, BREAKER_OPEN = 5, 60.0
FINAL_STATUSES = {400, 401, 403, 404, 410}
REALTIME_AWAY = 1013
FINAL_CODES = {4403, 4404}
BAD_PASS = 4401
ANSWERS_AT_MOST = 200


class Stopped(Exception):
    """The page was told something that asking again cannot change."""


class Page:
    """`run` until it is cancelled. `state` is what the page would show: live, reconnecting or polling."""

    def __init__(self, name: str, *, call: Caller, sockets_url: str, chance: random.Random) -> None:
        self.name = name
        self.call = call
        self.journal = call.journal
        self.sockets_url = sockets_url
        self.chance = chance
        self.store = MessageStore()
        self.page_id = uuid.UUID(int=chance.getrandbits(128), version=4).hex
        self.since = 0
        self.state = "reconnecting"
        self.epoch = ""
        self.seq = 0
        self.heartbeat = 25.0
        self.first_wait = FIRST_WAIT
        self.attempt = 0
        self.opened_at: float | None = None
        self.fallback: asyncio.Task[None] | None = None
        self.catching_up: asyncio.Task[None] | None = None
        self.again = False
        self.open_until = 0.0
        self.failures = 0
        self.timers: set[asyncio.Task[None]] = set()
        self.connection: websockets.ClientConnection | None = None

    async def run(self) -> None:
        try:
            while True:
                code = await self.stay_connected()
                self.lost(code)
                steady = self.opened_at is not None and self.journal.now() - self.opened_at > STEADY_AFTER
                if steady:
                    self.attempt = 0
                self.opened_at = None
                if code == BAD_PASS:
                    with contextlib.suppress(Refused):
                        self.call.token = (await self.call("POST", "token", {}))["token"]
                longest = min(LONGEST_WAIT, max(FIRST_WAIT, self.first_wait) * 2**self.attempt)
                self.attempt += 1
                await asyncio.sleep(self.chance.uniform(1.0, longest))
        except Stopped as reason:
            self.show("stopped")
            self.journal.problem(f"{self.name} was stopped for good: {reason}")
        finally:
            for task in [self.fallback, self.catching_up, *self.timers]:
                if task is not None:
                    task.cancel()

    def cut(self) -> None:
        """The line breaks without a word, as in a tunnel."""
        if self.connection is not None:
            self.connection.transport.abort()

    def show(self, state: str) -> None:
        if state != self.state:
            self.state = state
            self.journal.note(self.name, state)

    async def stay_connected(self) -> int:
        """Answers the close code of the connection, 1006 without one."""
        url = f"{self.sockets_url}/ws/webinars/{self.call.webinar}/?page={self.page_id}&since={self.since}"
        if self.epoch:
            url += f"&epoch={self.epoch}&seq={self.seq}"
        protocols = [websockets.Subprotocol("eventflow.v1"), websockets.Subprotocol(f"bearer.{self.call.token}")]
        try:
            async with websockets.connect(
                url, subprotocols=protocols, compression=None, proxy=None, open_timeout=HELLO_WITHIN, close_timeout=1
            ) as self.connection:
                limit = HELLO_WITHIN
                while True:
                    frame = json.loads(await asyncio.wait_for(self.connection.recv(), limit))
                    self.receive(frame)
                    limit = self.heartbeat * SILENCE_FACTOR
        except websockets.ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else 1006
            if code == REALTIME_AWAY:
                self.epoch = ""
            if code in FINAL_CODES:
                raise Stopped(f"the socket was closed with {code}") from None
            return code
        except (OSError, websockets.WebSocketException, TimeoutError, EOFError):
            return 1006
        finally:
            self.connection = None

    def lost(self, code: int) -> None:
        if self.state == "live":
            self.journal.note(self.name, f"lost {code}")
            self.show("reconnecting")
        if self.fallback is None:
            self.fallback = asyncio.create_task(self.fall_back())

    def receive(self, frame: dict[str, Any]) -> None:
        if seconds := frame.get("reconnectSeconds"):
            self.first_wait = float(seconds)
        if frame["type"] == "hello":
            self.hello(frame)
        elif frame["type"] == "events":
            self.events(frame["events"])
        elif frame["type"] == "heartbeat":
            behind = frame["epoch"] != self.epoch or frame["seq"] > self.seq
            self.epoch, self.seq = frame["epoch"], frame["seq"]
            if behind:
                self.soon(0, CROWD)

    def hello(self, frame: dict[str, Any]) -> None:
        self.heartbeat = float(frame["heartbeatSeconds"])
        goes_on = (frame["epoch"], frame["seq"]) == (self.epoch, self.seq)
        self.epoch, self.seq = frame["epoch"], frame["seq"]
        if self.state == "live":
            self.soon(0, CROWD)
            return
        self.opened_at = self.journal.now()
        if self.fallback is not None:
            self.fallback.cancel()
            self.fallback = None
        self.show("live")
        if not goes_on:
            self.soon(0, 0)

    def events(self, events: list[dict[str, Any]]) -> None:
        hole = False
        for event in events:
            if event["seq"] is not None:
                if event["seq"] <= self.seq:
                    continue
                hole = hole or event["seq"] != self.seq + 1
                self.seq = event["seq"]
            self.hear(event["type"], event["data"])
        if hole:
            self.soon(0, CROWD)

    def hear(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "message.created":
            self.store.add([data["message"]])
        elif kind == "message.deleted":
            self.store.delete(data)
        elif kind == "presence.count":
            self.soon(ON_THE_WAY, 2 * ON_THE_WAY, unless=lambda: not self.store.is_behind(data))
            return
        if self.store.is_incomplete:
            self.soon(0, CROWD)

    def soon(self, least: float, most: float, *, unless: Callable[[], bool] = lambda: False) -> None:
        """Catch up after a moment, a different one on each page."""

        async def later() -> None:
            await asyncio.sleep(self.chance.uniform(least, most))
            if not unless():
                self.catch_up_now()

        timer = asyncio.create_task(later())
        self.timers.add(timer)
        timer.add_done_callback(self.timers.discard)

    def catch_up_now(self) -> None:
        if self.catching_up is not None and not self.catching_up.done():
            self.again = True
            return
        self.catching_up = asyncio.create_task(self.until_caught_up())

    async def until_caught_up(self) -> None:
        while True:
            self.again = False
            wait = await self.ask()
            if wait is None and not self.again:
                return
            await asyncio.sleep(wait or 0)

    async def fall_back(self) -> None:
        least, most = POLLING_SPREAD
        spread = min(most, max(least, self.first_wait / 2))
        await asyncio.sleep(POLLING_AFTER + self.chance.uniform(0, spread))
        while True:
            wait = await self.ask()
            if wait is None:
                self.show("polling")
                wait = POLL_EVERY * self.chance.uniform(0.8, 1.2)
            await asyncio.sleep(wait)

    async def ask(self) -> float | None:
        """Fetch what is missing. Answers None, or after how many seconds it may be asked again."""
        if (pause := self.open_until - self.journal.now()) > 0:
            return pause + self.chance.uniform(0, 2)
        try:
            await self.catch_up()
        except Refused as refused:
            return self.slow_down(refused)
        self.failures = 0
        return None

    def slow_down(self, refused: Refused) -> float:
        if refused.status in FINAL_STATUSES:
            self.journal.problem(f"{self.name} was refused for good: {refused}")
        self.failures += 1
        if refused.status == 429 or self.failures >= FAILURES_TO_OPEN:
            asked_for = refused.retry_after if refused.status == 429 else None
            self.open_until = self.journal.now() + (BREAKER_OPEN if asked_for is None else asked_for)
            self.failures = FAILURES_TO_OPEN - 1  # half-open: one more failure opens it again
        backoff = min(60.0, POLL_EVERY * 2**self.failures) * self.chance.uniform(0.8, 1.2)
        return max(backoff, self.open_until - self.journal.now(), refused.retry_after or 0)

    async def catch_up(self) -> None:
        while True:
            after, changed_after = self.store.last_seq, self.store.last_changed
            answer = await self.call(
                "GET", f"messages?after={after}&limit={ANSWERS_AT_MOST}&changed_after={changed_after}"
            )
            whole = self.store.add_answer(answer, after=after, changed_after=changed_after, full=ANSWERS_AT_MOST)
            if whole:
                return
