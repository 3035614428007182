"""Several pages of one person (spec 2, 8): the older ones learn of the newer one, against the real Redis."""

import asyncio
import json
import time
import uuid

import pytest

from webinars.realtime.hub import Hub, hub
from webinars.realtime.socket_queue import SocketQueue
from webinars.tests.socket_pages import a_room, joined, room_pass, tell

OLDER = "page=older-page&since=1000"
NEWER = "page=newer-page&since=2000"
SUPERSEDED = {"seq": None, "type": "session.superseded", "data": {"policy": "replace"}}


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


async def test_an_older_page_learns_of_a_newer_one(room, user_id):
    async with (
        joined(room, room_pass(room, user_id), query=OLDER) as older,
        joined(room, room_pass(room, user_id), query=NEWER) as newer,
        joined(room, query=OLDER) as other,
    ):
        assert await older.event() == SUPERSEDED
        await tell(room)
        assert [(await page.event())["seq"] for page in (older, newer, other)] == [1, 1, 1]


async def test_pages_of_the_same_moment_agree_which_is_the_newer(room, user_id):
    token = room_pass(room, user_id)
    at_once = "&since=5"
    async with (
        joined(room, token, query=f"page=page-bbbb{at_once}") as b,
        joined(room, token, query=f"page=page-aaaa{at_once}") as a,
    ):
        assert await a.event() == SUPERSEDED
        await tell(room)
        assert (await b.event())["seq"] == 1


async def test_an_old_page_that_comes_back_late_is_told_and_the_newer_one_is_not(room, user_id):
    token = room_pass(room, user_id)
    async with joined(room, token, query=NEWER) as newer, joined(room, token, query=OLDER) as older:
        assert await older.event() == SUPERSEDED
        await tell(room)
        assert [(await page.event())["seq"] for page in (newer, older)] == [1, 1]


async def test_the_same_page_with_a_second_socket_supersedes_nothing(room, user_id):
    token = room_pass(room, user_id)
    async with (
        joined(room, token, query=OLDER) as one,
        joined(room, token, query="page=older-page&since=1500") as two,
        joined(room, token, query=NEWER),
    ):
        assert [await page.event() for page in (one, two)] == [SUPERSEDED, SUPERSEDED]


async def test_a_page_is_told_once_however_often_the_newer_one_comes_back(room, user_id):
    token = room_pass(room, user_id)
    async with joined(room, token, query=OLDER) as older:
        async with joined(room, token, query=NEWER):
            assert await older.event() == SUPERSEDED
        async with (
            joined(room, token, query=NEWER),
            joined(room, token, query="page=in-between&since=1500") as between,
        ):
            assert await between.event() == SUPERSEDED  # so all of them have heard all of it
            await tell(room)
            assert (await older.event())["seq"] == 1


async def test_a_page_of_another_process_is_told_too(room, user_id, other_process):
    older = SocketQueue(
        person=str(user_id), expires_at=time.time() + 600, page="older-page", since=1000, policy="replace"
    )
    newer = SocketQueue(
        person=str(user_id), expires_at=time.time() + 600, page="newest-page", since=3000, policy="replace"
    )
    await other_process.join(room.pk, older)
    async with joined(room, room_pass(room, user_id), query=NEWER) as here:
        heard = [json.loads(await asyncio.wait_for(older.get(), 5)) for _ in range(2)]
        await other_process.join(room.pk, newer)

        assert heard[1]["events"] == [SUPERSEDED]
        assert await here.event() == SUPERSEDED


@pytest.mark.parametrize("policy", ["warn", "allow"])
async def test_the_policy_is_the_webinars(user_id, policy):
    room = a_room(duplicate_login_policy=policy)
    token = room_pass(room, user_id)
    async with joined(room, token, query=OLDER) as older, joined(room, token, query=NEWER):
        if policy == "warn":
            assert (await older.event())["data"] == {"policy": "warn"}
        else:
            assert await older.receive_nothing(timeout=0.3)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "page=newer-page",
        "since=2000",
        "page=short&since=2000",
        "page=newer-page&since=x",
        "page=a%00bcdefgh&since=2",
    ],
)
async def test_a_page_that_does_not_say_which_it_is_takes_no_part(room, user_id, query):
    token = room_pass(room, user_id)
    async with joined(room, token, query=OLDER) as older, joined(room, token, query=query):
        assert await older.receive_nothing(timeout=0.3)


async def test_a_page_from_the_future_is_from_now(room, user_id):
    now = int(time.time() * 1000)
    async with joined(room, room_pass(room, user_id), query=f"page=newer-page&since={now + 10**9}"):
        (opened,) = hub().rooms[str(room.pk)].sockets

    assert now <= opened.since <= time.time() * 1000


async def test_a_renewed_pass_brings_the_webinars_new_policy(room, user_id):
    room.duplicate_login_policy = "allow"
    before = room_pass(room, user_id)
    async with joined(room, before, query=OLDER) as older, joined(room, before, query=NEWER) as newer:
        room.duplicate_login_policy = "warn"
        await newer.say(json.dumps({"type": "pass", "pass": room_pass(room, user_id)}))

        assert (await older.event())["data"] == {"policy": "warn"}
