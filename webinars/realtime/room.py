"""The sockets of one webinar in this process: what they are told, and who may stay."""

import asyncio
import json
import logging
import time
import uuid
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from django.conf import settings

from webinars.realtime.events import CloseCode, Control, EventType, control, room_channel
from webinars.realtime.recent import Recent
from webinars.realtime.socket_queue import SocketQueue, personal_frame
from webinars.realtime.tallies import KINDS

logger = logging.getLogger(__name__)

ANNOUNCE_SECONDS = 0.05
MOST_EVENTS_IN_FRAME = 200
MOST_MISSED_CHARACTERS = 262_144  # for a page that comes back; others share their frames, it has this one for itself
MOST_FRAMES_HEARD = 20  # from one page between two looks; it has one to say every nine minutes
SOCKETS_BACK_PER_SECOND = 300
FIRST_WAIT_SECONDS = (2, 30)


@dataclass
class Census:
    """How many sockets this process has in all its rooms, and a name by which others know it."""

    sockets: int = 0
    process: str = field(default_factory=lambda: uuid.uuid4().hex)

    def reconnect_seconds(self) -> int:
        """Over how long pages should spread when they lose their sockets all at once."""
        shortest, longest = FIRST_WAIT_SECONDS
        return min(longest, max(shortest, -(-self.sockets // SOCKETS_BACK_PER_SECOND)))


class Position(NamedTuple):
    """A moment in a room's count of events."""

    epoch: str
    seq: int


def numbered(seq: int, body: str) -> str:
    return f'{{"seq":{seq},{body[1:]}'


def frame_of(events: Iterable[str]) -> str:
    return f'{{"type":"events","events":[{",".join(events)}]}}'


class Redis(Protocol):
    """What a room asks of its server, without waiting for it."""

    def say(self, channel: str, message: str) -> None: ...

    def run(self, work: Coroutine[Any, Any, None]) -> None: ...

    async def flush(self, webinar_id: str, name: str) -> int: ...


@dataclass(eq=False)
class Room:
    """One webinar's sockets, and where its count of events stands."""

    webinar_id: str
    redis: Redis
    census: Census
    epoch: str = ""
    seq: int = 0
    sockets: set[SocketQueue] = field(default_factory=set)
    people: dict[str, list[SocketQueue]] = field(default_factory=dict)
    banned: dict[str, int] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    recent: Recent = field(default_factory=Recent)
    flush: asyncio.TimerHandle | None = None
    last_frame_at: float = field(default_factory=time.monotonic)
    heartbeat_at: float = 0.0
    told_seconds: int = FIRST_WAIT_SECONDS[0]
    newcomers: list[SocketQueue] = field(default_factory=list)
    tallies: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    subscribed: asyncio.Event = field(default_factory=asyncio.Event)
    ready: bool = False
    closed: bool = False

    # Who is here

    def admit(self, socket: SocketQueue, *, known: Position | None = None) -> None:
        """`known`: up to where the page heard everything. If that is not long ago it gets what came since, and misses
        nothing."""
        missed = self._missed(known)
        if known is None or missed is None:
            socket.put(self.hello())
        else:
            socket.put(self.hello(seq=known.seq))
            if missed:
                socket.put(frame_of(missed))
        self.sockets.add(socket)
        self.people.setdefault(socket.person, []).append(socket)
        self.census.sockets += 1
        self.announce(socket)

    def remove(self, socket: SocketQueue) -> None:
        if socket not in self.sockets:
            return
        self.sockets.discard(socket)
        self.census.sockets -= 1
        same = self.people[socket.person]
        same.remove(socket)
        if not same:
            del self.people[socket.person]

    def turn_out(self, socket: SocketQueue, code: CloseCode, *, last: str | None = None) -> None:
        """It gets `last`, then nothing more."""
        if socket in self.sockets:
            self.remove(socket)
            socket.close(code, last=last)

    def is_shut_out(self, person: str) -> bool:
        return self.banned.get(person, 0) > time.time()

    def renew(self, socket: SocketQueue, *, expires_at: float, policy: str) -> None:
        socket.expires_at = expires_at
        if socket.policy != policy:  # changed while the page was open
            socket.policy = policy
            self.announce(socket)

    def look_around(self, now: float) -> None:
        """Every few seconds, for all sockets at once: a timer for each would cost more memory than the queue."""
        expired = []
        for socket in self.sockets:
            socket.heard = 0
            if socket.expires_at <= now:
                expired.append(socket)
        for socket in expired:
            self.turn_out(socket, CloseCode.INVALID_PASS)

    def close(self) -> None:
        self.closed = True
        self.subscribed.set()  # whoever waits to open it need not wait any longer
        for timer in (self.flush, *self.tallies.values()):
            if timer is not None:
                timer.cancel()
        for socket in self.sockets:
            socket.close(CloseCode.TRY_AGAIN_LATER)

    # What everybody is told

    def receive(self, epoch: str, seq: int, body: str) -> None:
        """One event from Redis: joins the frame that is being gathered, or starts one."""
        if epoch != self.epoch:
            self.send_frame()
            self.epoch, self.seq = epoch, seq - 1
            self.recent.begin(seq - 1)
            self.put(self.hello())
        self.seq = seq
        event = numbered(seq, body)
        self.recent.add(seq, event)
        self.waiting.append(event)
        if len(self.waiting) >= MOST_EVENTS_IN_FRAME:
            self.send_frame()
        elif self.flush is None:
            gap = settings.REALTIME_FRAME_MILLISECONDS / 1000
            delay = max(0.0, self.last_frame_at + gap - time.monotonic())
            self.flush = asyncio.get_running_loop().call_later(delay, self.send_frame)

    def keep(self, recent: Iterable[str]) -> None:
        """What Redis kept of the last events, each as it was published."""
        parts = (event.split(" ", 2) for event in recent)
        self.recent.put_before(
            (int(seq), numbered(int(seq), body)) for epoch, seq, body in parts if epoch == self.epoch
        )

    def send_frame(self) -> None:
        if self.flush is not None:
            self.flush.cancel()
            self.flush = None
        if self.waiting:
            self.put(frame_of(self.waiting))
            self.waiting.clear()  # only now: a queue that begins anew begins before this frame

    def put(self, frame: str) -> None:
        self.last_frame_at = time.monotonic()
        for socket in self.sockets:
            if socket.is_full:
                socket.restart(self.hello())
            socket.put(frame)

    def _missed(self, known: Position | None) -> list[str] | None:
        """What was sent since, without what still waits to be sent; None when not all of it is known, or it is more
        than one socket's frame should be."""
        if known is None or known.epoch != self.epoch or known.seq > self.seq:
            return None
        missed = self.recent.between(known.seq, max(known.seq, self.seq - len(self.waiting)))
        if missed is not None and sum(map(len, missed)) > MOST_MISSED_CHARACTERS:
            return None
        return missed

    def hello(self, *, seq: int | None = None) -> str:
        """The first frame of a socket, and of a new epoch: events that follow continue after `seq`."""
        seq = self.seq - len(self.waiting) if seq is None else seq
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        return (
            f'{{"type":"hello","epoch":"{self.epoch}","seq":{seq},"serverTime":"{now}",'
            f'"heartbeatSeconds":{settings.REALTIME_HEARTBEAT_SECONDS},'
            f'"reconnectSeconds":{self.census.reconnect_seconds()}}}'
        )

    def keep_alive(self, now: float) -> None:
        """A frame for a quiet room, so that a page notices a dead socket or a lost last event. And for a busy one when
        pages should spread more widely than their hello said, since so many came."""
        seconds = self.census.reconnect_seconds()
        quiet = now - self.last_frame_at >= settings.REALTIME_HEARTBEAT_SECONDS
        grown = seconds != self.told_seconds and now - self.heartbeat_at >= settings.REALTIME_HEARTBEAT_SECONDS
        if quiet or grown:
            self.told_seconds, self.heartbeat_at = seconds, now
            seq = self.seq - len(self.waiting)
            self.put(f'{{"type":"heartbeat","epoch":"{self.epoch}","seq":{seq},"reconnectSeconds":{seconds}}}')

    # What processes tell each other

    def obey(self, kind: str, content: str) -> None:
        """A message without a number. Whatever is wrong with it, the numbered ones go on."""
        try:
            if (act := self._acts().get(kind)) is not None:  # otherwise one of a newer version's
                act(json.loads(content))
        except Exception:
            logger.exception("realtime: a message between processes was not understood")

    def _acts(self) -> dict[str, Callable[[Any], None]]:
        return {
            Control.TELL: self._tell,
            Control.PAGES: self._hear_of_pages,
            Control.SHUT_OUT: self._shut_out,
            Control.LET_IN: self._let_in,
            Control.TALLY: lambda told: self.flush_later(*told),
        }

    def _tell(self, told: dict[str, Any]) -> None:
        frame = personal_frame(told["event"]["type"], told["event"]["data"])
        for socket in self.people.get(told["person"], ()):
            self._put_personal(socket, frame)

    def _put_personal(self, socket: SocketQueue, frame: str) -> None:
        if socket.is_full:
            socket.restart(self.hello())
        socket.put(frame)

    def _shut_out(self, told: dict[str, Any]) -> None:
        """Without `until` the door stays open: a pass that is given anew counts."""
        if told["until"]:
            self.banned[told["person"]] = told["until"]
        removal = told.get("removal")
        event = EventType.MEMBER_REMOVED if removal else EventType.MEMBER_BANNED
        last = personal_frame(event, {"code": removal} if removal else {})
        for socket in tuple(self.people.get(told["person"], ())):
            self.turn_out(socket, CloseCode.REFUSED, last=last)

    def _let_in(self, told: dict[str, Any]) -> None:
        self.banned[told["person"]] = 0  # said, rather than forgotten: an older list may still be on its way

    # Several pages of one person

    def announce(self, socket: SocketQueue) -> None:
        """Tell every process of this page, together with those that come in the same instant."""
        if not socket.policy or socket.page is None or socket in self.newcomers:
            return
        self.newcomers.append(socket)
        if len(self.newcomers) == 1:
            asyncio.get_running_loop().call_later(ANNOUNCE_SECONDS, self._announce)

    def _announce(self) -> None:
        pages = [[s.person, s.page, s.since, s.policy] for s in self.newcomers if s in self.sockets]
        self.newcomers = []
        if pages and not self.closed:
            self.redis.say(room_channel(self.webinar_id), control(Control.PAGES, pages))

    def _hear_of_pages(self, pages: list[tuple[str, str, int, str]]) -> None:
        """Older pages of the same people are told. A newer one that is here makes itself known again instead: whoever
        said this may have been cut off when it came."""
        newest: dict[str, tuple[str, str, int, str]] = {}
        for heard in pages:
            known = newest.get(heard[0])
            if known is None or (known[2], known[1]) < (heard[2], heard[1]):
                newest[heard[0]] = heard
        for person, page, since, policy in newest.values():
            newer = None
            for socket in self.people.get(person, ()):
                if socket.page is None or socket.page == page:
                    continue
                if socket.is_older_than(page, since):
                    self._supersede(socket, (since, page), policy)
                elif newer is None or newer.is_older_than(socket.page, socket.since):
                    newer = socket
            if newer is not None:
                self.announce(newer)

    def _supersede(self, socket: SocketQueue, newer: tuple[int, str], policy: str) -> None:
        if socket.told_of < newer:
            socket.told_of = newer
            self._put_personal(socket, personal_frame(EventType.SESSION_SUPERSEDED, {"policy": policy}))

    # Figures that wait to be told

    def flush_later(self, name: str, milliseconds: int) -> None:
        if name in KINDS and name not in self.tallies and not self.closed:
            loop = asyncio.get_running_loop()
            self.tallies[name] = loop.call_later(milliseconds / 1000, lambda: self.redis.run(self._flush(name)))

    async def _flush(self, name: str) -> None:
        """Every process with this room does, and Redis lets one of them."""
        del self.tallies[name]
        wait = await self.redis.flush(self.webinar_id, name)
        if wait > 0:
            self.flush_later(name, wait)
