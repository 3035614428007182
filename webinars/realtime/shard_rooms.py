"""The rooms of this process that live on one Redis server, and the connection that feeds them."""

import asyncio
import contextlib
import logging
import time
import uuid
from collections.abc import Coroutine
from typing import Any

import redis.asyncio
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from webinars.realtime.dropping import drop
from webinars.realtime.events import (
    CONTROL,
    COUNTER_LIFE_SECONDS,
    PROCESSES_CHANNEL,
    Control,
    room_banned,
    room_channel,
    room_counter,
    room_recent,
    room_tally,
)
from webinars.realtime.room import Census, Position, Room
from webinars.realtime.scripts import FLUSH
from webinars.realtime.socket_queue import SocketQueue
from webinars.realtime.tallies import GAP_MILLISECONDS, KINDS, flush_arguments, script_keys

logger = logging.getLogger(__name__)

OPEN_TIMEOUT_SECONDS = 3.0
RETRY_SECONDS = 1.0
MOST_CONNECTIONS = 8
# The reader waits for messages in turns. Silence is counted in turns, not by the clock: a process that is too busy to
# listen must not take Redis for dead.
TURN_SECONDS = 1.0
SILENT_TURNS_BEFORE_ASKING = 2
SILENT_TURNS = 5
BEAT_SECONDS = 1.0
LOOK_AROUND_BEATS = 3
UNAVAILABLE = (RedisError, OSError, TimeoutError)


class RealtimeUnavailable(Exception):
    """The room's Redis is away: the page is to poll and try again later."""


class ShutOut(Exception):
    """This person may not come in, whatever their pass says."""


class ShardRooms:
    """Rooms that come and go together with their server."""

    def __init__(self, url: str, census: Census) -> None:
        self.url = url
        self.census = census
        self.rooms: dict[str, Room] = {}
        self._lock = asyncio.Lock()
        self._redis: redis.asyncio.Redis | None = None
        self._pubsub: redis.asyncio.client.PubSub | None = None
        self._reader: asyncio.Task[None] | None = None
        self._retry_at = 0.0
        self._beats = 0
        self._tasks: set[asyncio.Task[Any]] = set()

    async def join(self, webinar_id: str, socket: SocketQueue, known: Position | None) -> Room:
        room = self.rooms.get(webinar_id)
        if room is None or not room.ready:
            async with self._lock:
                room = self.rooms.get(webinar_id)
                if room is None or not room.ready:
                    room = await self._open(webinar_id)
        if room.is_shut_out(socket.person):
            await self._close_if_empty(room)
            raise ShutOut
        room.admit(socket, known=known)
        return room

    async def leave(self, room: Room, socket: SocketQueue) -> None:
        room.remove(socket)
        await self._close_if_empty(room)

    async def _close_if_empty(self, room: Room) -> None:
        if room.sockets or self.rooms.get(room.webinar_id) is not room:
            return
        async with self._lock:
            if not room.sockets and self.rooms.get(room.webinar_id) is room:
                del self.rooms[room.webinar_id]
                room.close()
                if self._pubsub is not None:
                    with contextlib.suppress(*UNAVAILABLE):
                        await self._pubsub.unsubscribe(room_channel(room.webinar_id))

    async def _open(self, webinar_id: str) -> Room:
        """Subscribe first, then read where the room stands: nothing falls between the two."""
        if time.monotonic() < self._retry_at:
            raise RealtimeUnavailable
        room = self.rooms[webinar_id] = Room(webinar_id, self, self.census)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_SECONDS):
                pubsub = await self._connect()
                await pubsub.subscribe(room_channel(webinar_id))
                await room.subscribed.wait()
                if not room.closed:  # by the reader, which noticed first that Redis is gone
                    await self._read_state(room)
            room.ready = not room.closed
        except Exception as error:
            if room.closed:
                pass  # Redis went meanwhile, which its client says in many ways
            elif not isinstance(error, UNAVAILABLE):
                raise
            elif any(other.ready for other in self.rooms.values()):  # whether Redis is away is for the reader to say
                logger.warning("realtime: a room did not open (%s)", type(error).__name__)
                self._retry_at = time.monotonic() + RETRY_SECONDS
            else:
                self._lost(error)
        finally:
            if not room.ready and self.rooms.get(webinar_id) is room:  # given up half-way: the next one begins anew
                del self.rooms[webinar_id]
        if not room.ready:
            raise RealtimeUnavailable
        return room

    async def _connect(self) -> redis.asyncio.client.PubSub:
        if self._pubsub is None:
            pool = redis.asyncio.BlockingConnectionPool.from_url(
                self.url,
                socket_timeout=OPEN_TIMEOUT_SECONDS,
                socket_connect_timeout=OPEN_TIMEOUT_SECONDS,
                max_connections=MOST_CONNECTIONS,
                timeout=2 * OPEN_TIMEOUT_SECONDS,  # many rooms speak in the same instant; each waits its turn
                retry=Retry(NoBackoff(), 0),
            )
            self._redis = redis.asyncio.Redis(connection_pool=pool)
            pubsub = self._redis.pubsub()
            await pubsub.connect()
            await pubsub.subscribe(PROCESSES_CHANNEL)
            self._pubsub = pubsub
            self._reader = asyncio.create_task(self._read(pubsub))
        return self._pubsub

    async def _read_state(self, room: Room) -> None:
        assert self._redis is not None
        key = room_counter(room.webinar_id)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hsetnx(key, "epoch", uuid.uuid4().hex)
            pipeline.hmget(key, ["epoch", "seq"])
            pipeline.expire(key, COUNTER_LIFE_SECONDS)
            pipeline.lrange(room_recent(room.webinar_id), 0, -1)
            pipeline.hgetall(room_banned(room.webinar_id))
            for name in KINDS:
                pipeline.exists(room_tally(room.webinar_id, name))
            _, (epoch, seq), _, recent, banned, *waiting = await pipeline.execute()
        if not room.epoch:  # otherwise an event came in meanwhile and knows better
            room.epoch, room.seq = epoch.decode(), int(seq or 0)
            room.recent.begin(room.seq)
        room.keep(event.decode() for event in recent)
        room.banned = {person.decode(): int(until) for person, until in banned.items()} | room.banned
        for name, waits in zip(KINDS, waiting, strict=True):
            if waits:  # left by processes that are gone
                room.flush_later(name, GAP_MILLISECONDS)

    async def _read(self, pubsub: redis.asyncio.client.PubSub) -> None:
        """Everything that comes from Redis, until it is gone: broken, or silent for too long."""
        try:
            beat_at = time.monotonic()
            silent_turns = 0
            while True:
                message = await pubsub.get_message(timeout=TURN_SECONDS)
                now = time.monotonic()
                if message is not None:
                    silent_turns = 0
                    self._handle(message)
                else:
                    silent_turns += 1
                    if silent_turns == SILENT_TURNS:
                        raise TimeoutError("Redis does not answer")
                    if silent_turns == SILENT_TURNS_BEFORE_ASKING:
                        await pubsub.ping()
                if now - beat_at >= BEAT_SECONDS:
                    beat_at = now
                    self._beat(now)
        except UNAVAILABLE as error:
            self._lost(error)
        except Exception as error:  # a reader that died unseen would leave every page waiting
            logger.exception("realtime: the reader failed")
            self._lost(error)

    def _beat(self, now: float) -> None:
        self._beats += 1
        for room in self.rooms.values():
            room.keep_alive(now)
            if self._beats % LOOK_AROUND_BEATS == 0:
                room.look_around(time.time())

    def _handle(self, message: dict[str, Any]) -> None:
        if message["type"] not in ("message", "subscribe"):
            return
        channel = message["channel"].decode()
        room = self.rooms.get(channel.rpartition(":")[2])
        if message["type"] == "subscribe":
            if room is not None:
                room.subscribed.set()
            return
        first, _, rest = message["data"].decode().partition(" ")
        if first == CONTROL:
            kind, _, content = rest.partition(" ")
            self._obey(channel, room, kind, content)
        elif room is not None:
            seq, body = rest.split(" ", 1)
            room.receive(first, int(seq), body)

    def _obey(self, channel: str, room: Room | None, kind: str, content: str) -> None:
        if kind == Control.DROP:
            every = list(self.rooms.values()) if channel == PROCESSES_CHANNEL else []
            rooms = [room] if room is not None else every
            self.run(drop(self, self.census.process, rooms, content))
        elif room is not None:
            room.obey(kind, content)

    def say(self, channel: str, message: str) -> None:
        self.run(self._publish(channel, message))

    async def _publish(self, channel: str, message: str) -> None:
        if self._redis is not None:
            await self._redis.publish(channel, message)

    async def flush(self, webinar_id: str, name: str) -> int:
        """Tell what waits; answers the milliseconds after which to try again, or 0."""
        if self._redis is None:
            return 0
        script = self._redis.register_script(FLUSH)
        try:
            wait: int = await script(keys=script_keys(webinar_id, name), args=flush_arguments(webinar_id, name))
        except UNAVAILABLE:
            return GAP_MILLISECONDS
        return wait

    async def report(self, job: str, member: str, state: str) -> None:
        """For whoever waits in `drop_connections`."""
        if self._redis is not None:
            async with self._redis.pipeline(transaction=True) as pipeline:
                pipeline.hset(job, member, state)
                pipeline.expire(job, 3600)
                await pipeline.execute()

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside the reader, which must not wait. What fails is not repeated: without Redis the rooms close."""
        task = asyncio.get_running_loop().create_task(self._guarded(work))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except UNAVAILABLE as error:
            logger.warning("realtime: Redis did not take a message (%s)", type(error).__name__)
        except Exception:
            logger.exception("realtime: a task failed")

    def _lost(self, error: BaseException) -> None:
        """Redis is away: every socket is closed, its page polls and comes back."""
        logger.warning("realtime: Redis is away (%s)", type(error).__name__)
        self._retry_at = time.monotonic() + RETRY_SECONDS
        rooms, self.rooms = self.rooms, {}
        for room in rooms.values():
            room.close()
        lost, self._redis, self._pubsub = self._redis, None, None
        reader, self._reader = self._reader, None
        if reader is not None and reader is not asyncio.current_task():
            reader.cancel()
        if lost is not None:
            closing = asyncio.get_running_loop().create_task(lost.connection_pool.disconnect())
            self._tasks.add(closing)
            closing.add_done_callback(self._tasks.discard)
