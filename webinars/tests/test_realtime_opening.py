"""Rooms that open while much else happens, and while their Redis goes (spec 8)."""

import asyncio
import json
import math
import time
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.utils import timezone

from webinars.realtime import shard_rooms
from webinars.realtime.events import CloseCode, Control
from webinars.realtime.hub import Hub
from webinars.realtime.publish import close_door
from webinars.realtime.room import Room
from webinars.realtime.shard_rooms import RealtimeUnavailable
from webinars.realtime.socket_queue import SocketQueue
from webinars.tests.socket_pages import a_room

ROOMS = 5 * shard_rooms.MOST_CONNECTIONS


@pytest.fixture
async def process():
    """The rooms of a process of its own."""
    made = Hub()
    yield made
    for shard in made.shards.values():
        shard._lost(ConnectionError("the process ends"))


def a_socket(person="somebody", **page):
    return SocketQueue(person=person, expires_at=math.inf, **page)


async def test_many_rooms_that_speak_in_the_same_instant_are_all_heard(process):
    """More at once than there are connections; and one that opens at that moment closes none of them."""
    rooms, older = [a_room() for _ in range(ROOMS)], []
    for room in rooms:
        older.append(a_socket(page="older-page", since=1, policy="warn"))
        await process.join(room.pk, older[-1])
        await process.join(room.pk, a_socket(page="newer-page", since=2, policy="warn"))
    for room in process.rooms.values():
        room._announce()  # as all do after a moment in which the process was busy
    await process.join(a_room().pk, a_socket())

    async with asyncio.timeout(5):
        frames = [[await socket.get(), await socket.get()] for socket in older]

    told = [json.loads(second)["events"][0]["type"] for _, second in frames]
    assert told == ["session.superseded"] * ROOMS
    assert len(process.rooms) == ROOMS + 1


async def test_whenever_redis_goes_while_a_room_opens_nobody_is_left_in_a_room_that_is_closed(monkeypatch):
    monkeypatch.setattr(shard_rooms, "OPEN_TIMEOUT_SECONDS", 60.0)  # it is not the time limit that ends the waiting
    refused = turns = 0
    done = False
    while not done:
        process, socket = Hub(), a_socket()
        await process.join(a_room().pk, a_socket())
        joining = asyncio.create_task(process.join(a_room().pk, socket))
        for _ in range(turns):
            await asyncio.sleep(0)
        turns += 1
        done = joining.done()
        (shard,) = process.shards.values()
        shard._lost(ConnectionError("Redis is gone"))
        async with asyncio.timeout(5):
            try:
                await joining
            except RealtimeUnavailable:
                refused += 1
            else:
                frames = [await socket.get() for _ in range(socket.size())]
                assert (frames == [CloseCode.TRY_AGAIN_LATER]) is (not process.rooms)
        shard._lost(ConnectionError("the process ends"))

    assert refused > 0


async def test_a_room_that_has_just_opened_is_not_quiet_yet(process):
    socket = a_socket()
    room = await process.join(a_room().pk, socket)

    room.keep_alive(time.monotonic())

    assert [json.loads(await socket.get())["type"] for _ in range(socket.size())] == ["hello"]


async def test_somebody_who_is_let_in_again_while_a_room_opens_is_in(process):
    """The list that the room reads may be older than what it hears meanwhile."""
    webinar, person = a_room(), uuid.uuid4()
    await process.join(webinar.pk, a_socket())
    await sync_to_async(close_door)(webinar.pk, person, now=timezone.now())
    (shard,) = process.shards.values()
    opening = Room(str(webinar.pk), shard, process.census)

    opening.obey(Control.LET_IN, json.dumps({"person": str(person)}))
    await shard._read_state(opening)

    assert not opening.is_shut_out(str(person))
