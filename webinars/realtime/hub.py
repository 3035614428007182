"""Local fan-out: one Redis subscription per process and room, one bounded queue per socket.

Channels' own layers give every socket a channel and hop to a thread for each message, which costs twenty times as
much (docs/benchmarks.md). Here an event crosses Redis once per process, is encoded once into a frame, and the frame is
put into the queue of each socket. A socket that does not read fills only its own queue; then its frames are dropped,
and the hole in `seq` makes its page catch up from the database.
"""

import asyncio
import contextlib
import logging
import time
import uuid
import weakref
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio
from django.conf import settings
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from webinars.realtime.events import COUNTER_LIFE_SECONDS, room_channel, room_counter

logger = logging.getLogger(__name__)

OPEN_TIMEOUT_SECONDS = 3.0
SILENCE_TIMEOUT_SECONDS = 5.0
RETRY_SECONDS = 1.0
BEAT_SECONDS = 1.0
UNAVAILABLE = (RedisError, OSError, TimeoutError)


class RealtimeUnavailable(Exception):
    """Redis is away: the page is to poll and try again later."""


class SocketQueue:
    """What waits to be sent to one socket. `None` in it means: close, realtime is away.

    One reader, and a plain list: an asyncio.Queue would be a tenth of a socket's memory.
    """

    __slots__ = ("_frames", "_reader")

    def __init__(self) -> None:
        self._frames: list[str | None] = []
        self._reader: asyncio.Future[None] | None = None

    @property
    def is_full(self) -> bool:
        return len(self._frames) >= settings.REALTIME_QUEUE_FRAMES

    def restart(self, hello: str) -> None:
        """Forget what was not read; the page finds a new beginning and catches up."""
        self._frames.clear()
        self.put(hello)

    def put(self, frame: str | None) -> None:
        self._frames.append(frame)
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def close(self) -> None:
        self._frames.clear()
        self.put(None)

    def size(self) -> int:
        return len(self._frames)

    async def get(self) -> str | None:
        while not self._frames:
            self._reader = asyncio.get_running_loop().create_future()
            await self._reader
        return self._frames.pop(0)


@dataclass(eq=False)
class Room:
    """The sockets of one webinar in this process, and where its count of events stands."""

    webinar_id: str
    epoch: str = ""
    seq: int = 0
    sockets: set[SocketQueue] = field(default_factory=set)
    waiting: list[str] = field(default_factory=list)
    flush: asyncio.TimerHandle | None = None
    last_frame_at: float = 0.0
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    ready: bool = False

    def receive(self, epoch: str, seq: int, body: str) -> None:
        """One event from Redis: joins the frame that is being gathered, or starts one."""
        if epoch != self.epoch:
            self.send_frame()
            self.epoch, self.seq = epoch, seq - 1
            self.put(self.hello())
        self.seq = seq
        self.waiting.append(f'{{"seq":{seq},{body[1:]}')
        if self.flush is None:
            gap = settings.REALTIME_FRAME_MILLISECONDS / 1000
            delay = max(0.0, self.last_frame_at + gap - time.monotonic())
            self.flush = asyncio.get_running_loop().call_later(delay, self.send_frame)

    def send_frame(self) -> None:
        if self.flush is not None:
            self.flush.cancel()
            self.flush = None
        if self.waiting:
            events = ",".join(self.waiting)
            self.waiting.clear()
            self.put(f'{{"type":"events","events":[{events}]}}')

    def put(self, frame: str) -> None:
        self.last_frame_at = time.monotonic()
        for socket in self.sockets:
            if socket.is_full:
                socket.restart(self.hello())
            socket.put(frame)

    def hello(self) -> str:
        """The first frame of a socket, and of a new epoch: events that follow continue after `seq`."""
        seq = self.seq - len(self.waiting)
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return (
            f'{{"type":"hello","epoch":"{self.epoch}","seq":{seq},"serverTime":"{now}",'
            f'"heartbeatSeconds":{settings.REALTIME_HEARTBEAT_SECONDS}}}'
        )

    def keep_alive(self, now: float) -> None:
        """A frame for a quiet room, so that a page notices a dead socket or a lost last event."""
        if now - self.last_frame_at >= settings.REALTIME_HEARTBEAT_SECONDS and not self.waiting:
            self.put(f'{{"type":"heartbeat","epoch":"{self.epoch}","seq":{self.seq}}}')

    def close(self) -> None:
        if self.flush is not None:
            self.flush.cancel()
        for socket in self.sockets:
            socket.close()


class Hub:
    """The rooms of this process. Belongs to one event loop."""

    def __init__(self) -> None:
        self.rooms: dict[str, Room] = {}
        self._lock = asyncio.Lock()
        self._redis: redis.asyncio.Redis | None = None
        self._pubsub: redis.asyncio.client.PubSub | None = None
        self._reader: asyncio.Task[None] | None = None
        self._retry_at = 0.0

    async def join(self, webinar_id: uuid.UUID) -> tuple[Room, SocketQueue]:
        """A queue that already holds the hello frame and gets every event after it.

        Raises RealtimeUnavailable while Redis is away; it is asked again once a second at most.
        """
        room = self.rooms.get(str(webinar_id))
        if room is None or not room.ready:
            async with self._lock:
                room = self.rooms.get(str(webinar_id))
                if room is None or not room.ready:
                    room = await self._open(str(webinar_id))
        socket = SocketQueue()
        socket.put(room.hello())
        room.sockets.add(socket)
        return room, socket

    async def leave(self, room: Room, socket: SocketQueue) -> None:
        room.sockets.discard(socket)
        if room.sockets or self.rooms.get(room.webinar_id) is not room:
            return
        async with self._lock:
            if not room.sockets and self.rooms.get(room.webinar_id) is room:
                del self.rooms[room.webinar_id]
                if self._pubsub is not None:
                    with contextlib.suppress(*UNAVAILABLE):
                        await self._pubsub.unsubscribe(room_channel(room.webinar_id))

    async def _open(self, webinar_id: str) -> Room:
        """Subscribe first, then read the counter: no event falls between the two."""
        if time.monotonic() < self._retry_at:
            raise RealtimeUnavailable
        room = self.rooms[webinar_id] = Room(webinar_id)
        try:
            async with asyncio.timeout(OPEN_TIMEOUT_SECONDS):
                pubsub = await self._connect()
                await pubsub.subscribe(room_channel(webinar_id))
                await room.subscribed.wait()
                await self._read_counter(room)
        except UNAVAILABLE as error:
            self._lost(error)
            raise RealtimeUnavailable from error
        finally:
            if self.rooms.get(webinar_id) is room and not room.epoch:  # given up half-way: the next one begins anew
                del self.rooms[webinar_id]
        room.ready = True
        return room

    async def _connect(self) -> redis.asyncio.client.PubSub:
        if self._pubsub is None:
            self._redis = redis.asyncio.Redis.from_url(
                settings.REDIS_URL,
                socket_timeout=OPEN_TIMEOUT_SECONDS,
                socket_connect_timeout=OPEN_TIMEOUT_SECONDS,
                max_connections=8,
                retry=Retry(NoBackoff(), 0),
            )
            pubsub = self._redis.pubsub()
            await pubsub.connect()
            self._pubsub = pubsub
            self._reader = asyncio.create_task(self._read(pubsub))
        return self._pubsub

    async def _read_counter(self, room: Room) -> None:
        assert self._redis is not None
        key = room_counter(room.webinar_id)
        async with self._redis.pipeline(transaction=True) as pipeline:
            pipeline.hsetnx(key, "epoch", uuid.uuid4().hex)
            pipeline.hmget(key, ["epoch", "seq"])
            pipeline.expire(key, COUNTER_LIFE_SECONDS)
            _, (epoch, seq), _ = await pipeline.execute()
        if not room.epoch:  # otherwise an event came in meanwhile and knows better
            room.epoch, room.seq = epoch.decode(), int(seq or 0)

    async def _read(self, pubsub: redis.asyncio.client.PubSub) -> None:
        """Everything that comes from Redis, until it is gone: broken, or silent for too long."""
        try:
            heard_at = beat_at = time.monotonic()
            asked = False
            while True:
                message = await pubsub.get_message(timeout=1.0)
                now = time.monotonic()
                if message is not None:
                    heard_at, asked = now, False
                    self._handle(message)
                elif now - heard_at > SILENCE_TIMEOUT_SECONDS:
                    raise TimeoutError("Redis does not answer")
                elif not asked and now - heard_at > SILENCE_TIMEOUT_SECONDS / 2:
                    asked = True
                    await pubsub.ping()
                if now - beat_at >= BEAT_SECONDS:
                    beat_at = now
                    for room in self.rooms.values():
                        room.keep_alive(now)
        except UNAVAILABLE as error:
            self._lost(error)
        except Exception as error:  # a reader that died unseen would leave every page waiting
            logger.exception("realtime: the reader failed")
            self._lost(error)

    def _handle(self, message: dict[str, Any]) -> None:
        if message["type"] not in ("message", "subscribe"):
            return
        room = self.rooms.get(message["channel"].decode().rpartition(":")[2])
        if room is None:
            return
        if message["type"] == "subscribe":
            room.subscribed.set()
        elif not message["data"].startswith(b"! "):
            epoch, seq, body = message["data"].decode().split(" ", 2)
            room.receive(epoch, int(seq), body)

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
            _closing.add(closing)
            closing.add_done_callback(_closing.discard)


_closing: set[asyncio.Task[None]] = set()
_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop; a server process has one."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
