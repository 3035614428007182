"""Who writes while everything breaks: people who post and ask and try again until they are heard, and a moderator."""

import asyncio
import contextlib
import random
import uuid

from tests.chaos.caller import Caller, Refused
from tests.chaos.journal import Journal

PAUSE = 2.5  # seconds between two messages of a person
RETRY = (0.5, 1.5)
PING_EVERY = 4.0
MODERATE_EVERY = 2.0
ASK_EVERY = 12.0


class Poster:
    """Posts one message after the other, each with the same `client_id` until it is acknowledged."""

    def __init__(self, name: str, *, call: Caller, chance: random.Random) -> None:
        self.name = name
        self.call = call
        self.journal: Journal = call.journal
        self.chance = chance
        self.stopping = asyncio.Event()
        self.ids: list[str] = []

    async def run(self) -> None:
        """Until `stopping` is set and the message under way was acknowledged."""
        await asyncio.gather(self.post(), self.ping(), self.ask())

    async def pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), self.chance.uniform(0.5, 1.5) * seconds)

    async def post(self) -> None:
        number = 0
        await self.pause(PAUSE)
        while not self.stopping.is_set():
            number += 1
            client_id = self.new_id()
            body = {"body": f"{self.name} says {number}", "client_id": client_id}
            message = (await self.until_answered("messages", body))["message"]
            self.journal.acknowledged[client_id] = message["seq"]
            self.ids.append(message["id"])
            await self.pause(PAUSE)

    async def ask(self) -> None:
        await self.pause(ASK_EVERY)
        while not self.stopping.is_set():
            client_id = self.new_id()
            body = {"body": f"{self.name} asks", "client_id": client_id}
            question = (await self.until_answered("questions", body))["question"]
            self.journal.asked[client_id] = question["seq"]
            await self.pause(ASK_EVERY)

    async def ping(self) -> None:
        while not self.stopping.is_set():
            with contextlib.suppress(Refused):
                await self.call("POST", "presence/ping", {"view_state": {"is_visible": True}})
            await self.pause(PING_EVERY)

    async def until_answered(self, path: str, body: dict[str, str]) -> dict[str, dict]:
        while True:
            try:
                return await self.call("POST", path, body)
            except Refused as refused:
                if refused.status in (400, 403, 404, 405, 409, 410, 500):
                    self.journal.problem(f"{self.name} was refused at {path}: {refused}")
                await asyncio.sleep(max(refused.retry_after or 0, self.chance.uniform(*RETRY)))

    def new_id(self) -> str:
        return str(uuid.UUID(int=self.chance.getrandbits(128), version=4))


class Moderator:
    """Deletes messages and restores some of them."""

    def __init__(self, *, call: Caller, posters: list[Poster], chance: random.Random) -> None:
        self.call = call
        self.posters = posters
        self.chance = chance
        self.deleted: list[str] = []
        self.acts = 0

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * MODERATE_EVERY)
            said = [message for poster in self.posters for message in poster.ids if message not in self.deleted]
            if self.deleted and self.chance.random() < 0.3:
                restored = self.deleted.pop(self.chance.randrange(len(self.deleted)))
                await self.act("POST", f"messages/{restored}/restore", {})
            elif said:
                chosen = self.chance.choice(said)
                self.deleted.append(chosen)
                await self.act("DELETE", f"messages/{chosen}", None)

    async def act(self, method: str, path: str, body: dict[str, str] | None) -> None:
        while True:
            try:
                await self.call(method, path, body)
            except Refused as refused:
                if refused.status in (400, 403, 404, 405, 409, 410, 500):
                    self.call.journal.problem(f"the moderator was refused at {method} {path}: {refused}")
                    return
                await asyncio.sleep(max(refused.retry_after or 0, self.chance.uniform(*RETRY)))
            else:
                self.acts += 1
                return
