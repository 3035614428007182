"""A page that comes back after a short break gets what it missed from the socket (docs/realtime.md)."""

import pytest
from asgiref.sync import sync_to_async
from hypothesis import example, given
from hypothesis import strategies as st

from eventflow import redis
from webinars.realtime import recent
from webinars.realtime.events import EventType, room_recent
from webinars.realtime.hub import hub
from webinars.realtime.publish import publish
from webinars.realtime.recent import Recent
from webinars.realtime.room import MOST_MISSED_CHARACTERS
from webinars.tests.socket_pages import a_room, events_of, joined, socket, tell


async def hello(room, **query):
    async with socket(room, query="&".join(f"{name}={value}" for name, value in query.items())) as page:
        return await page.frame()


async def test_what_was_missed_comes_before_what_follows():
    room = a_room()
    async with joined(room) as other:
        await tell(room, 2)
        await events_of(other, 2)
        epoch = hub().rooms[str(room.pk)].epoch

        async with socket(room, query=f"epoch={epoch}&seq=1") as page:
            greeting = await page.frame()
            missed = await events_of(page, 1)
            await tell(room, 1)
            following = await events_of(page, 1)

    assert (greeting["type"], greeting["epoch"], greeting["seq"]) == ("hello", epoch, 1)
    assert [event["seq"] for event in (*missed, *following)] == [2, 3]


async def test_a_page_that_missed_nothing_is_told_so():
    room = a_room()
    async with joined(room) as other:
        await tell(room, 3)
        await events_of(other, 3)
        epoch = hub().rooms[str(room.pk)].epoch

        assert (await hello(room, epoch=epoch, seq=3))["seq"] == 3


async def test_more_than_one_socket_should_hold_comes_from_the_database():
    room, count = a_room(), 20
    async with joined(room) as other:
        await tell(room, count, text="x" * (MOST_MISSED_CHARACTERS // (count - 1)))
        await events_of(other, count)
        epoch = hub().rooms[str(room.pk)].epoch

        assert [(await hello(room, epoch=epoch, seq=known))["seq"] for known in (0, 5)] == [count, 5]


async def test_a_process_that_did_not_listen_knows_from_redis():
    room = a_room()
    await tell(room, 4)
    kept = await sync_to_async(redis.client().lrange)(room_recent(room.pk), 0, -1)
    epoch = kept[0].decode().split(" ")[0]

    async with socket(room, query=f"epoch={epoch}&seq=1") as page:
        greeting = await page.frame()
        missed = await events_of(page, 3)

    assert greeting["seq"] == 1
    assert [event["data"]["count"] for event in missed] == [1, 2, 3]


async def test_what_is_no_longer_kept_is_not_pretended(monkeypatch):
    room = a_room()
    await tell(room, 4)
    first, *_ = await sync_to_async(redis.client().lrange)(room_recent(room.pk), 0, -1)
    epoch = first.decode().split(" ")[0]
    await sync_to_async(redis.client().ltrim)(room_recent(room.pk), -2, -1)

    assert (await hello(room, epoch=epoch, seq=2))["seq"] == 2
    assert (await hello(room, epoch=epoch, seq=1))["seq"] == 4


@pytest.mark.parametrize(
    "query",
    [{"seq": 1}, {"epoch": "f" * 32, "seq": 1}, {"epoch": "x", "seq": 1}, {"seq": 9}, {"seq": "-1"}, {"seq": ""}],
)
async def test_who_knows_something_else_begins_with_what_is_now(query):
    room = a_room()
    await tell(room, 3)
    async with joined(room):
        epoch = hub().rooms[str(room.pk)].epoch
        known = {"epoch": epoch, **query} if query != {"seq": 1} else query

        assert (await hello(room, **known))["seq"] == 3


async def test_an_event_that_did_not_reach_redis_makes_the_next_one_begin_anew(settings):
    room = a_room()
    async with joined(room) as page:
        await tell(room, 2)
        await events_of(page, 2)
        epoch = hub().rooms[str(room.pk)].epoch
        redis.server(settings.REDIS_URL).pause.begin()
        assert await tell(room, 1) == [None]
        redis.server(settings.REDIS_URL).pause.end()

        await tell(room, 2)
        greeting = await page.frame()
        following = await events_of(page, 2)

        assert greeting["type"] == "hello"
        assert greeting["epoch"] != epoch
        assert [event["seq"] for event in following] == [1, 2]
        assert (await hello(room, epoch=epoch, seq=2))["epoch"] == greeting["epoch"]


async def test_redis_keeps_no_more_than_is_asked_for():
    room = a_room()
    publish_many = sync_to_async(
        lambda: [publish(room.pk, EventType.PRESENCE_COUNT, {"count": n}) for n in range(recent.MOST_EVENTS + 5)]
    )
    await publish_many()

    assert await sync_to_async(redis.client().llen)(room_recent(room.pk)) == recent.MOST_EVENTS
    assert 0 < await sync_to_async(redis.client().ttl)(room_recent(room.pk)) <= 300


@given(
    begin=st.integers(0, 5),
    steps=st.lists(st.integers(1, 3), max_size=30),
    kept_from=st.integers(1, 10),
    after=st.integers(0, 60),
    upto=st.integers(0, 60),
)
@example(begin=3, steps=[], kept_from=2, after=1, upto=0)
def test_what_it_gives_is_whole_or_nothing(begin, steps, kept_from, after, upto):
    """A step over a number leaves a gap, before which nothing counts. What was kept may reach up to what was heard."""
    events, heard, last = Recent(), set(), begin
    events.begin(begin)
    for step in steps:
        last += step
        heard.add(last)
        events.add(last, str(last))
    kept = range(kept_from, begin + 4)
    events.put_before((seq, str(seq)) for seq in kept)

    first = last + 1
    while first - 1 in heard:
        first -= 1
    while first - 1 in kept:
        first -= 1
    wanted = [str(seq) for seq in range(after + 1, upto + 1)]
    assert events.between(after, upto) == (wanted if first <= after + 1 and upto <= last else None)
