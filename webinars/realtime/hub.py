"""Local fan-out: one Redis subscription per process and room, one bounded queue per socket (docs/realtime.md).

Channels' own layers give every socket a channel and hop to a thread for each message, which costs twenty times as
much (docs/benchmarks.md). Here an event crosses Redis once per process, is encoded once into a frame, and the frame is
put into the queue of each socket. A socket that does not read fills only its own queue; then its frames are dropped,
and a new hello makes its page catch up from the database.
"""

import asyncio
import uuid
import weakref

from webinars.realtime.room import Census, Position, Room
from webinars.realtime.shard_rooms import ShardRooms
from webinars.realtime.shards import shard_url
from webinars.realtime.socket_queue import SocketQueue


class Hub:
    """The rooms of this process. Belongs to one event loop."""

    def __init__(self) -> None:
        self.census = Census()
        self.shards: dict[str, ShardRooms] = {}

    @property
    def rooms(self) -> dict[str, Room]:
        return {webinar_id: room for shard in self.shards.values() for webinar_id, room in shard.rooms.items()}

    async def join(self, webinar_id: uuid.UUID, socket: SocketQueue, *, known: Position | None = None) -> Room:
        """The room, whose hello frame is in the queue already and whose events follow, from `known` on if possible.

        Raises ShutOut; and RealtimeUnavailable while the room's Redis is away, which is asked once a second at most.
        """
        url = shard_url(webinar_id)
        shard = self.shards.get(url)
        if shard is None:
            shard = self.shards[url] = ShardRooms(url, self.census)
        return await shard.join(str(webinar_id), socket, known)

    async def leave(self, room: Room, socket: SocketQueue) -> None:
        await self.shards[shard_url(room.webinar_id)].leave(room, socket)


_hubs: weakref.WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = weakref.WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop; a server process has one."""
    return _hubs.setdefault(asyncio.get_running_loop(), Hub())
