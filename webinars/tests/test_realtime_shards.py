"""Rooms on two Redis servers (spec 8), one of which ends."""

import asyncio
import signal
import uuid
from collections import Counter

import pytest
from asgiref.sync import sync_to_async

from eventflow import checkup, redis
from eventflow.checks import check_room_servers
from eventflow.embedded import EmbeddedRedis
from webinars.realtime import shard_rooms
from webinars.realtime.events import EventType, room_counter
from webinars.realtime.hub import hub
from webinars.realtime.publish import publish
from webinars.realtime.shards import room_server, shard_url
from webinars.selectors.room import _counter
from webinars.tests.room_events import heard
from webinars.tests.socket_pages import a_room, joined, socket, tell

URLS = ["redis://:secret@one.example:6379/0", "redis://two.example:6379/0", "redis://three.example:6379/0"]


@pytest.fixture(scope="module")
def second(tmp_path_factory):
    folder = tmp_path_factory.mktemp("second")
    server = EmbeddedRedis(folder=folder / "redis", log=folder / "redis.log", url="")
    server.start()
    yield server
    server.stop()


@pytest.fixture
def two(second, settings):
    """A room on each of two servers."""
    if not second.alive():
        second.start()
    settings.REALTIME_REDIS_URLS = [settings.REDIS_URL, second.url]
    for url in settings.REALTIME_REDIS_URLS:
        redis.server(url).pause.end()
    return [room_on(url) for url in settings.REALTIME_REDIS_URLS]


def room_on(url):
    while True:
        room = a_room(f"room-{uuid.uuid4().hex[:8]}")
        if shard_url(room.pk) == url:
            return room


def test_rooms_spread_over_all_servers_and_stay_where_they_are(settings):
    settings.REALTIME_REDIS_URLS = URLS
    rooms = [uuid.uuid5(uuid.NAMESPACE_OID, str(number)) for number in range(300)]
    before = {room: shard_url(room) for room in rooms}

    settings.REALTIME_REDIS_URLS = [url.replace("secret", "changed") for url in reversed(URLS)]
    same = {room: shard_url(room).replace("changed", "secret") for room in rooms}
    settings.REALTIME_REDIS_URLS = URLS[:2]
    fewer = {room: shard_url(room) for room in rooms}

    assert all(70 <= count <= 130 for count in Counter(before.values()).values())
    assert same == before
    assert {room for room in rooms if fewer[room] != before[room]} == {
        room for room in rooms if before[room] == URLS[2]
    }


async def test_both_have_rooms_that_work(two, settings):
    here, there = two
    async with joined(here) as one, joined(there) as other:
        await tell(here)
        await tell(there, 2)
        assert (await one.event())["seq"] == 1
        assert [event["seq"] for event in (await other.frame())["events"]] in ([1], [1, 2])
        assert set(hub().rooms) == {str(here.pk), str(there.pk)}

    where = [
        [redis.server(url).client.exists(room_counter(room.pk)) for room in two]
        for url in settings.REALTIME_REDIS_URLS
    ]
    assert where == [[1, 0], [0, 1]]
    assert [_counter(room.pk)[1] for room in two] == [1, 2]


async def test_one_that_ends_closes_its_rooms_only(two, second, monkeypatch):
    monkeypatch.setattr(shard_rooms, "RETRY_SECONDS", 0.0)
    here, there = two
    async with joined(here) as one, joined(there) as other:
        await sync_to_async(second.stop)()
        assert await other.closing() == 1013
        async with socket(there) as again:
            assert await again.closing() == 1013
        assert await sync_to_async(publish)(there.pk, EventType.PRESENCE_COUNT, {}) is None

        assert await tell(here) == [1]  # no pause for this one
        assert (await one.event())["seq"] == 1

        await sync_to_async(second.start)()
        room_server(there.pk).pause.end()
        async with joined(there) as back:
            assert await tell(there) == [1]
            assert (await back.frame())["type"] == "hello"  # one was lost meanwhile, so the count begins anew
            assert (await back.event())["seq"] == 1


async def test_one_that_is_frozen_is_given_up_after_a_few_silent_turns(two, second, monkeypatch):
    monkeypatch.setattr(shard_rooms, "TURN_SECONDS", 0.1)
    monkeypatch.setattr(shard_rooms, "OPEN_TIMEOUT_SECONDS", 0.3)
    here, there = two
    async with joined(here) as one, joined(there) as other:
        second.process.send_signal(signal.SIGSTOP)
        try:
            assert await other.closing() == 1013
            async with socket(there) as again:
                assert await again.closing() == 1013
            await tell(here)
            assert (await one.event())["seq"] == 1
        finally:
            second.process.send_signal(signal.SIGCONT)


async def test_a_process_that_was_too_busy_to_listen_does_not_take_redis_for_dead(monkeypatch):
    monkeypatch.setattr(shard_rooms, "TURN_SECONDS", 0.02)
    room = a_room()
    async with joined(room) as page:
        for _ in range(2):  # longer than all silent turns together, without a look at what came
            redis.client().blpop(["nothing"], timeout=0.3)
            await asyncio.sleep(0)
        await tell(room)

        assert (await page.event())["seq"] == 1


def test_a_pause_of_one_is_none_of_the_others(two):
    here, there = two
    room_server(there.pk).pause.begin()

    assert (publish(there.pk, EventType.PRESENCE_COUNT, {}), publish(here.pk, EventType.PRESENCE_COUNT, {})) == (
        None,
        1,
    )
    assert redis.attempt(lambda: "asked", otherwise="left alone") == "asked"

    redis.pause.begin()
    room_server(there.pk).pause.end()
    assert (publish(there.pk, EventType.PRESENCE_COUNT, {}), publish(here.pk, EventType.PRESENCE_COUNT, {})) == (
        1,
        None,
    )


def test_what_is_heard_comes_from_the_rooms_own_server(two):
    for room in two:
        with heard(room) as events:
            publish(room.pk, EventType.PRESENCE_COUNT, {"count": 1})
        assert events == [{"type": "presence.count", "data": {"count": 1}}]


@pytest.mark.django_db
def test_readiness_and_doctor_look_at_all(two, second, client, caplog):
    well = client.get("/readyz").json()["redis"], [finding.ok for finding in checkup.room_servers()]
    second.stop()
    state = client.get("/readyz").json()["redis"]
    (finding,) = checkup.room_servers()

    assert well == ("ok", [True])
    place = f"127.0.0.1:{second.port}/0"
    assert state == "away"  # to anybody; the place is for who reads the log
    assert f"Redis is away at {place}" in caplog.text
    assert (finding.name, finding.ok) == (f"Redis for rooms at {place}", False)
    assert "REALTIME_REDIS_URLS" in finding.advice
    assert second.password not in f"{state} {finding} {caplog.text}"


@pytest.mark.parametrize(
    ("urls", "problems"),
    [
        (URLS, []),
        (["127.0.0.1:6379"], ["REALTIME_REDIS_URLS must be addresses that begin with redis://."]),
        ([URLS[1], URLS[1]], ["REALTIME_REDIS_URLS names a server twice."]),
    ],
)
def test_the_list_is_checked(settings, urls, problems):
    settings.REALTIME_REDIS_URLS = urls

    assert [problem.msg for problem in check_room_servers(None)] == problems
