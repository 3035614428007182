"""What is done to the parts, in an order drawn by chance from a seed."""

import asyncio
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from eventflow.demo.programs import Child
from eventflow.embedded import Server
from tests.chaos.browsers import Window
from tests.chaos.journal import Journal
from tests.chaos.page import Page
from tests.chaos.surroundings import Surroundings

FROZEN_SECONDS = 10.0
RECOVERY_SECONDS = 12.0  # after a frozen part nothing else happens for so long, so that the return can be judged
LIVE_WITHIN = 45.0

Disturbance = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Frozen:
    part: str
    begin: float
    end: float
    live: frozenset[str]  # pages that had their socket when it began
    holds_room: bool


class Disturber:
    def __init__(
        self,
        *,
        parts: Surroundings,
        room_url: str,
        pages: Sequence[Page],
        windows: Sequence[Window],
        journal: Journal,
        chance: random.Random,
    ) -> None:
        self.parts = parts
        self.room_url = room_url  # of the Redis server that holds the webinar's room
        self.pages = pages
        self.windows = windows
        self.journal = journal
        self.chance = chance
        self.frozen: list[Frozen] = []

    def kinds(self) -> dict[str, Disturbance]:
        found: dict[str, Disturbance] = {"cut sockets": self.cut_sockets, "restart PostgreSQL": self.restart_postgres}
        if self.windows:
            found["browsers offline"] = self.browsers_offline
        for shard in self.parts.shards:
            found[f"stop {shard.name}"] = lambda shard=shard: self.stop_redis(shard)
            found[f"freeze {shard.name}"] = lambda shard=shard: self.freeze_redis(shard)
        for child in (*self.parts.serving.web, *self.parts.serving.sockets):
            found[f"kill {child.name}"] = lambda child=child: self.kill(child)
        return found

    async def run(self, *, seconds: float, without: Sequence[str] = ()) -> None:
        """Every kind once, in an order of chance, then any, until the time is over."""
        kinds = {name: do for name, do in self.kinds().items() if not any(part in name for part in without)}
        end = self.journal.now() + seconds
        bag: list[str] = []
        while self.journal.now() < end:
            if not bag:
                bag = self.chance.sample(sorted(kinds), len(kinds))
            name = bag.pop()
            self.journal.note("chaos", name)
            await kinds[name]()
            await asyncio.sleep(self.chance.uniform(0.5, 3.0))

    async def cut_sockets(self) -> None:
        share = self.chance.choice([0.2, 0.5, 1.0])
        for page in self.pages:
            if self.chance.random() < share:
                page.cut()

    async def browsers_offline(self) -> None:
        seconds = self.chance.uniform(1.0, 6.0)
        away = [window for window in self.windows if self.chance.random() < 0.6]
        await asyncio.gather(*(window.be_offline(seconds) for window in away))

    async def restart_postgres(self) -> None:
        await asyncio.to_thread(self.parts.postgres.stop)
        await asyncio.sleep(self.chance.uniform(0.0, 2.0))
        await asyncio.to_thread(self.parts.postgres.start)

    async def stop_redis(self, shard: Server) -> None:
        await asyncio.to_thread(shard.stop)
        await asyncio.sleep(self.chance.uniform(0.5, 5.0))
        await asyncio.to_thread(shard.start)

    async def freeze_redis(self, shard: Server) -> None:
        """It holds its connections and says nothing."""
        assert shard.process is not None
        await self.until_pages_are_live()
        live = frozenset(page.name for page in self.pages if page.state == "live")
        begin = self.journal.now()
        shard.process.send_signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(FROZEN_SECONDS)
        finally:
            shard.process.send_signal(signal.SIGCONT)
        holds_room = getattr(shard, "url", "") == self.room_url
        self.frozen.append(Frozen(shard.name, begin, self.journal.now(), live, holds_room))
        await asyncio.sleep(RECOVERY_SECONDS)

    async def until_pages_are_live(self) -> None:
        """Or until they have had time enough: what a page does is only judged when it had its socket before."""
        deadline = self.journal.now() + LIVE_WITHIN
        while any(page.state != "live" for page in self.pages) and self.journal.now() < deadline:
            await asyncio.sleep(0.1)

    async def kill(self, child: Child) -> None:
        await self.parts.kill(child)
        await asyncio.sleep(self.chance.uniform(0.0, 3.0))
        child.start()
        await self.parts.wait_until_ready([child])
