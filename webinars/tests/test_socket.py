"""The socket (spec 8), against the real Redis."""

import json
import math

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from eventflow import redis
from webinars.realtime import shard_rooms
from webinars.realtime.events import EventType, room_channel, room_counter
from webinars.realtime.hub import hub
from webinars.realtime.publish import broadcast, publish
from webinars.realtime.socket_queue import SocketQueue
from webinars.tests.socket_pages import a_room, events_of, socket, tell


@pytest.fixture
def room():
    return a_room()


async def test_hello_comes_first_and_events_continue_after_it(room):
    await tell(room, 3)

    async with socket(room) as page:
        hello = await page.frame()
        await tell(room, text="안녕")
        (event,) = await events_of(page, 1)

    assert {name: hello[name] for name in ("type", "seq", "heartbeatSeconds", "reconnectSeconds")} == {
        "type": "hello",
        "seq": 3,
        "heartbeatSeconds": 20,
        "reconnectSeconds": 2,
    }
    assert hello["epoch"]
    assert event == {"seq": 4, "type": "presence.count", "data": {"count": 0, "text": "안녕"}}


async def test_every_page_gets_every_event_in_order(room):
    async with socket(room) as one, socket(room) as two:
        hellos = [await page.frame() for page in (one, two)]
        await tell(room, 50)
        received = [await events_of(page, 50) for page in (one, two)]

    assert hellos[0]["epoch"] == hellos[1]["epoch"]
    for events in received:
        assert [(e["seq"], e["data"]["count"]) for e in events] == [(n + 1, n) for n in range(50)]


async def test_events_of_an_instant_share_a_frame(room, settings):
    settings.REALTIME_FRAME_MILLISECONDS = 300
    async with socket(room) as page:
        await page.frame()
        await tell(room)
        alone = await page.frame()
        await tell(room, 20)
        shared = await page.frame()

    assert (len(alone["events"]), len(shared["events"])) == (1, 20)


async def test_rooms_do_not_hear_each_other(room):
    other = a_room("other")
    async with socket(room) as here, socket(other) as there:
        await here.frame()
        await there.frame()
        await tell(other)
        (event,) = await events_of(there, 1)

        assert event["seq"] == 1
        assert await here.receive_nothing()


async def test_a_lost_count_begins_a_new_epoch(room):
    async with socket(room) as page:
        before = await page.frame()
        await tell(room, 2)
        await events_of(page, 2)
        await sync_to_async(redis.client().delete)(room_counter(room.pk))
        await tell(room)
        after = await page.frame()
        (event,) = await events_of(page, 1)

    assert (after["type"], after["seq"]) == ("hello", 0)
    assert after["epoch"] != before["epoch"]
    assert event["seq"] == 1


@pytest.mark.parametrize(
    ("token", "path", "code"),
    [
        ("nonsense", None, 4401),
        ("", None, 4401),
        (None, "/ws/webinars/another/", 4403),
    ],
)
async def test_refusals_carry_a_code(room, token, path, code):
    async with socket(room, token, path) as page:
        output = await page.receive_output()

    assert (output["type"], output["code"]) == ("websocket.close", code)


@pytest.mark.parametrize("offered", [[], ["eventflow.v1"], ["chat"], ["eventflow.v1", "bearer.a", "bearer.b"]])
async def test_a_socket_needs_the_subprotocol_and_one_pass(room, offered):
    async with socket(room, subprotocols=offered) as page:
        output = await page.receive_output()

    assert (output["type"], output["code"]) == ("websocket.close", 4401)


async def test_the_uuid_names_the_room_too(room):
    async with socket(room, path=f"/ws/webinars/{room.pk}/") as page:
        assert (await page.frame())["type"] == "hello"


async def test_without_redis_the_page_is_told_to_come_back(room, settings):
    settings.REALTIME_REDIS_URLS = ["redis://127.0.0.1:1/0"]

    async with socket(room) as page:
        output = await page.receive_output()

    assert (output["type"], output["code"]) == ("websocket.close", 1013)


async def test_losing_redis_closes_every_socket_and_they_may_come_back(room, monkeypatch):
    monkeypatch.setattr(shard_rooms, "RETRY_SECONDS", 0.0)
    async with socket(room) as page:
        await page.frame()
        await sync_to_async(redis.client().client_kill_filter)(_type="pubsub")
        output = await page.receive_output()

    assert (output["type"], output["code"]) == ("websocket.close", 1013)
    assert hub().rooms == {}
    async with socket(room) as page:
        assert (await page.frame())["type"] == "hello"


async def test_other_addresses_are_closed(room):
    async with socket(room, path="/ws/nowhere/", subprotocols=[]) as page:
        output = await page.receive_output()

    assert (output["type"], output["code"]) == ("websocket.close", 4404)


async def test_a_malformed_event_closes_the_sockets_rather_than_leave_them_waiting(room):
    async with socket(room) as page:
        await page.frame()
        await sync_to_async(redis.client().publish)(room_channel(room.pk), "nonsense")
        output = await page.receive_output()

    assert (output["type"], output["code"]) == ("websocket.close", 1013)


async def test_what_a_page_says_is_not_listened_to(room):
    async with socket(room) as page:
        await page.frame()
        await page.send_input({"type": "websocket.receive", "text": '{"type": "events", "events": []}'})
        await page.send_input({"type": "websocket.receive", "bytes": b"\x00\xff"})
        await tell(room)

        assert len(await events_of(page, 1)) == 1


async def test_leaving_forgets_the_socket_and_the_room(room):
    async with socket(room) as one:
        await one.frame()
        async with socket(room) as two:
            await two.frame()
            assert len(hub().rooms[str(room.pk)].sockets) == 2
        assert len(hub().rooms[str(room.pk)].sockets) == 1

    assert hub().rooms == {}


async def test_a_page_that_does_not_read_loses_frames_and_disturbs_nobody(room, settings):
    settings.REALTIME_QUEUE_FRAMES = 4
    settings.REALTIME_FRAME_MILLISECONDS = 0
    async with socket(room) as reading:
        await reading.frame()
        stopped = SocketQueue(person="somebody", expires_at=math.inf)  # nobody empties it
        await hub().join(room.pk, stopped)
        for _ in range(10):
            await tell(room)
            await events_of(reading, 1)

        waiting = [json.loads(await stopped.get()) for _ in range(stopped.size())]

    beginning, last = waiting  # what was not read is dropped; the page begins anew, and catches up
    assert (beginning["type"], beginning["seq"]) == ("hello", 9)
    assert [event["seq"] for event in last["events"]] == [10]


@pytest.mark.django_db(transaction=True)
def test_a_broadcast_waits_for_the_commit(room):
    with transaction.atomic():
        broadcast(room.pk, EventType.PRESENCE_COUNT, {"count": 1})
        inside = redis.client().hget(room_counter(room.pk), "seq")

    assert (inside, redis.client().hget(room_counter(room.pk), "seq")) == (None, b"1")


@pytest.mark.django_db(transaction=True)
def test_a_rolled_back_broadcast_is_not_sent(room):
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        broadcast(room.pk, EventType.PRESENCE_COUNT, {"count": 1})
        _ = 1 / 0

    assert redis.client().exists(room_counter(room.pk)) == 0


def test_publishing_without_redis_is_no_error(room, settings):
    redis.pause.begin()

    assert publish(room.pk, EventType.PRESENCE_COUNT, {"count": 1}) is None
