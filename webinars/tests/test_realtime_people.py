"""What one person's pages are told, and who may stay (spec 8), against the real Redis."""

import asyncio
import json
import time
import uuid
from contextlib import AsyncExitStack
from datetime import timedelta

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction
from django.utils import timezone

from eventflow import redis
from eventflow.asgi import application
from webinars.realtime.events import Control, EventType, control, room_banned, room_channel
from webinars.realtime.hub import Hub, hub
from webinars.realtime.publish import (
    close_door,
    close_doors,
    close_pages,
    let_in_again,
    open_door,
    send_to_person,
    shut_out,
    tell_person,
)
from webinars.realtime.room import Census
from webinars.realtime.shard_rooms import ShutOut
from webinars.realtime.socket_queue import SocketQueue
from webinars.tests.room_events import controls_heard
from webinars.tests.socket_pages import a_room, events_of, joined, room_pass, socket, tell

MUTED = {"seq": None, "type": "member.muted", "data": {"until": None}}


@pytest.fixture
def room():
    return a_room()


@pytest.fixture
def user_id():
    return uuid.uuid4()


@pytest.fixture
async def other_process():
    """Another process's rooms: a hub of its own, with connections of its own."""
    other = Hub()
    yield other
    for shard in other.shards.values():
        shard._lost(ConnectionError("the process ends"))


@sync_to_async
def mute(room, user_id):
    send_to_person(room.pk, user_id, EventType.MEMBER_MUTED, {"until": None})


@sync_to_async
def ban(room, user_id, *, now=None):
    close_door(room.pk, user_id, now=now or timezone.now())


async def test_all_pages_of_one_person_are_told_and_nobody_else(room, user_id):
    async with (
        joined(room, room_pass(room, user_id)) as one,
        joined(room, room_pass(room, user_id)) as two,
        joined(room) as somebody_else,
    ):
        await mute(room, user_id)
        await tell(room)

        assert [await page.event() for page in (one, two)] == [MUTED, MUTED]
        assert [(await page.event())["seq"] for page in (one, two, somebody_else)] == [1, 1, 1]  # it did not count


@pytest.mark.django_db(transaction=True)
def test_everything_waits_for_the_commit_and_nothing_is_said_after_a_rollback(room, user_id):
    def act():
        tell_person(room.pk, user_id, EventType.MEMBER_MUTED, {"until": None})
        shut_out(room.pk, user_id)
        let_in_again(room.pk, user_id)

    with controls_heard(room) as nothing, pytest.raises(ZeroDivisionError), transaction.atomic():
        act()
        _ = 1 / 0
    with controls_heard(room) as said, transaction.atomic():
        act()

    assert nothing == []
    assert [kind for kind, _ in said] == ["tell", "shut-out", "let-in"]
    assert {content["person"] for _, content in said} == {str(user_id)}


async def test_a_queue_that_begins_anew_keeps_what_nothing_else_would_heal(room, user_id, settings):
    settings.REALTIME_QUEUE_FRAMES = 3
    settings.REALTIME_FRAME_MILLISECONDS = 0
    stopped = SocketQueue(person=str(user_id), expires_at=time.time() + 600)
    await hub().join(room.pk, stopped)
    async with joined(room) as reading:
        await mute(room, user_id)
        for _ in range(5):
            await tell(room)
            await events_of(reading, 1)

    frames = [json.loads(await stopped.get()) for _ in range(stopped.size())]
    assert [frame["type"] for frame in frames] == ["hello", "events", "events"]
    assert frames[1]["events"] == [MUTED]
    assert frames[0]["seq"] + 1 == frames[2]["events"][0]["seq"]


async def test_what_processes_misunderstand_stops_no_event(room):
    async with joined(room) as page:
        say = sync_to_async(redis.client().publish)
        for message in ("! tell nonsense", "! tell {}", "! pages [[1]]", "! tally 7", "! drop {}", "! newer {}", "! "):
            await say(room_channel(room.pk), message)
        await tell(room)

        assert (await page.event())["seq"] == 1


# The life of a pass


async def test_a_pass_that_is_over_closes_its_socket_and_a_renewed_one_does_not(room, user_id):
    half_an_hour_on = time.time() + 300
    old = room_pass(room, user_id, now=timezone.now() - timedelta(seconds=400))
    async with joined(room, old) as renewed, joined(room, old) as expired:
        await renewed.say(json.dumps({"type": "pass", "pass": room_pass(room, user_id)}))
        while {s.expires_at < half_an_hour_on for s in hub().rooms[str(room.pk)].sockets} != {True, False}:
            await tell(room)
            await renewed.frame()
            await expired.frame()
        hub().rooms[str(room.pk)].look_around(half_an_hour_on)
        await tell(room)

        assert await expired.closing() == 4401
        assert (await renewed.frame())["type"] == "events"


@pytest.mark.parametrize("shown", ["nonsense", "expired", "of another person", "of another webinar"])
async def test_a_pass_that_does_not_renew_closes_the_socket(room, user_id, shown):
    token, code = {
        "nonsense": lambda: ("nonsense", 4401),
        "expired": lambda: (room_pass(room, user_id, now=timezone.now() - timedelta(hours=1)), 4401),
        "of another person": lambda: (room_pass(room), 4403),
        "of another webinar": lambda: (room_pass(a_room(), user_id), 4403),
    }[shown]()
    async with joined(room, room_pass(room, user_id)) as page:
        await page.say(json.dumps({"type": "pass", "pass": token}))

        assert await page.closing() == code


# Who was shut out


async def test_who_is_shut_out_hears_it_loses_all_sockets_and_gets_no_other(room, user_id, other_process):
    elsewhere = SocketQueue(person=str(user_id), expires_at=time.time() + 600)
    await other_process.join(room.pk, elsewhere)
    assert json.loads(await elsewhere.get())["type"] == "hello"
    token = room_pass(room, user_id)
    async with joined(room, token) as one, joined(room, token) as two, joined(room) as somebody_else:
        await ban(room, user_id)
        for page in (one, two):
            assert await page.event() == {"seq": None, "type": "member.banned", "data": {}}
            assert await page.closing() == 4403
        _, code = [await asyncio.wait_for(elsewhere.get(), 5) for _ in range(2)]
        assert code == 4403

        async with socket(room, token) as again:
            assert await again.closing() == 4403
        with pytest.raises(ShutOut):
            await other_process.join(room.pk, SocketQueue(person=str(user_id), expires_at=time.time() + 600))
        await tell(room)
        assert (await somebody_else.event())["seq"] == 1


async def test_whose_rights_changed_hears_it_loses_all_sockets_and_may_open_others(room, user_id):
    async with joined(room, room_pass(room, user_id)) as page, joined(room) as somebody_else:
        await sync_to_async(close_pages)(room.pk, user_id)
        heard = await page.event()
        code = await page.closing()
        await tell(room)
        others_next = (await somebody_else.event())["seq"]

    async with joined(room, room_pass(room, user_id)) as again:
        await tell(room)
        next_heard = (await again.event())["seq"]

    assert (heard["type"], heard["data"], code) == ("member.removed", {"code": "access_changed"}, 4403)
    assert (others_next, next_heard) == (1, 2)


async def test_who_is_taken_off_a_list_hears_another_word_than_who_is_banned(room, user_id):
    async with joined(room, room_pass(room, user_id)) as page:
        await sync_to_async(close_doors)(room.pk, [user_id], now=timezone.now())
        heard = await page.event()
        code = await page.closing()

        async with socket(room, room_pass(room, user_id)) as again:
            refused = await again.closing()

    assert (heard["type"], heard["data"]) == ("member.removed", {"code": "not_registered"})
    assert (code, refused) == (4403, 4403)


async def test_a_room_that_opens_later_knows_who_was_shut_out(room, user_id, settings):
    token = room_pass(room, user_id)
    await ban(room, user_id)

    async with socket(room, token) as page:
        assert await page.closing() == 4403
    assert hub().rooms == {}
    life = await sync_to_async(redis.client().ttl)(room_banned(room.pk))
    assert settings.LIVE_PASS_LIFE_SECONDS - 5 <= life <= settings.LIVE_PASS_LIFE_SECONDS


async def test_who_is_let_in_again_comes_in_with_the_same_pass(room, user_id):
    token = room_pass(room, user_id)
    async with joined(room):
        await ban(room, user_id)
        async with socket(room, token) as page:
            assert await page.closing() == 4403
        await sync_to_async(open_door)(room.pk, user_id)
        await tell(room)
        async with socket(room, token) as page:
            assert (await page.frame())["type"] == "hello"

    assert await sync_to_async(redis.client().exists)(room_banned(room.pk)) == 0


async def test_nobody_is_shut_out_longer_than_a_pass_lives(room, user_id):
    long_ago = timezone.now() - timedelta(hours=1)
    await ban(room, user_id, now=long_ago)

    async with socket(room, room_pass(room, user_id)) as page:
        assert (await page.frame())["type"] == "hello"


async def test_somebody_who_stopped_reading_is_forgotten_at_once(room, user_id):
    stopped = SocketQueue(person=str(user_id), expires_at=time.time() + 600)
    await hub().join(room.pk, stopped)
    async with joined(room) as reading:
        await ban(room, user_id)
        await tell(room)
        await reading.event()

        assert [type(frame).__name__ for frame in stopped._frames] == ["PersonalFrame", "CloseCode"]
        assert hub().census.sockets == 1


# How many sockets, and how they come back


@pytest.mark.parametrize(("sockets", "seconds"), [(0, 2), (600, 2), (601, 3), (5000, 17), (9000, 30), (50_000, 30)])
def test_the_first_wait_grows_with_the_crowd(sockets, seconds):
    assert Census(sockets).reconnect_seconds() == seconds


async def test_a_busy_room_learns_that_it_has_grown(room, settings):
    async with joined(room) as page:
        opened = hub().rooms[str(room.pk)]
        beat = opened.heartbeat_at = time.monotonic()
        await tell(room)
        assert (await page.event())["seq"] == 1
        hub().census.sockets += 2999
        opened.keep_alive(beat + settings.REALTIME_HEARTBEAT_SECONDS - 1)
        opened.keep_alive(beat + settings.REALTIME_HEARTBEAT_SECONDS)
        opened.last_frame_at = beat + settings.REALTIME_HEARTBEAT_SECONDS
        opened.keep_alive(beat + 2 * settings.REALTIME_HEARTBEAT_SECONDS - 1)  # nothing new
        opened.last_frame_at = beat
        await tell(room)
        frames = [await page.frame() for _ in range(2)]
        hub().census.sockets -= 2999

    assert [frame["type"] for frame in frames] == ["heartbeat", "events"]
    assert (frames[0]["seq"], frames[0]["reconnectSeconds"]) == (1, 10)


async def test_a_page_that_goes_while_it_is_let_in_is_forgotten(room):
    async def receive():
        return {"type": "websocket.connect"}

    async def send(message):
        raise ConnectionResetError

    scope = {
        "type": "websocket",
        "path": f"/ws/webinars/{room.pk}/",
        "query_string": b"",
        "headers": [],
        "subprotocols": ["eventflow.v1", f"bearer.{room_pass(room)}"],
    }
    with pytest.raises(ConnectionResetError):
        await application(scope, receive, send)

    assert (hub().rooms, hub().census.sockets) == ({}, 0)


async def test_every_socket_is_counted_once(room, user_id):
    token = room_pass(room, user_id)
    async with AsyncExitStack() as pages:
        for _ in range(3):
            await pages.enter_async_context(joined(room, token))
        await pages.enter_async_context(joined(a_room("other")))
        assert hub().census.sockets == 4
        await ban(room, user_id)
        await sync_to_async(redis.client().publish)(room_channel(room.pk), control(Control.TELL, {}))
        await tell(room)

    assert hub().census.sockets == 0
    assert hub().rooms == {}
