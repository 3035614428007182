"""Figures that change faster than pages need to know (spec 8): votes, against the real Redis."""

import json
import math
import uuid

import pytest
from asgiref.sync import sync_to_async
from django.db import transaction

from eventflow import redis
from webinars.realtime.events import room_counter, room_gate, room_tally
from webinars.realtime.hub import Hub, hub
from webinars.realtime.publish import tally, tell_votes
from webinars.realtime.socket_queue import SocketQueue
from webinars.tests.room_events import controls_heard, heard
from webinars.tests.socket_pages import a_room, joined, tell


@pytest.fixture
def room():
    return a_room()


@sync_to_async
def vote(room, **votes):
    tally(room.pk, "votes", votes)


def event(seq, **votes):
    return {"seq": seq, "type": "question.updated", "data": {"votes": votes}}


async def test_the_first_is_told_at_once_and_what_follows_together_when_the_second_is_over(room, settings):
    settings.REALTIME_FRAME_MILLISECONDS = 0
    async with joined(room) as page:
        await vote(room, a=1)
        await vote(room, a=2)
        await vote(room, b=7)
        await vote(room, a=3)
        left = await sync_to_async(redis.client().pttl)(room_gate(room.pk, "votes"))

        assert await page.event() == event(1, a=1)
        assert await page.event() == event(2, a=3, b=7)
        assert 0 < left <= 1000
        assert await sync_to_async(redis.client().exists)(room_tally(room.pk, "votes")) == 0


def test_it_is_said_how_long_what_waits_has_to(room):
    tally(room.pk, "votes", {"a": 1})
    redis.client().pexpire(room_gate(room.pk, "votes"), 400)  # 600 ms later
    with controls_heard(room) as said:
        tally(room.pk, "votes", {"a": 2})

    [(kind, (name, wait))] = said
    assert (kind, name) == ("tally", "votes")
    assert 0 < wait <= 400


async def test_several_processes_tell_it_once(room):
    others = [Hub(), Hub()]
    for other in others:
        await other.join(room.pk, SocketQueue(person="somebody", expires_at=math.inf))
    async with joined(room) as page:
        await vote(room, a=1)
        await vote(room, a=2)
        assert (await page.event())["seq"] == 1
        assert await page.event() == event(2, a=2)
        for other in others:
            for shard in other.shards.values():
                assert await shard.flush(str(room.pk), "votes") == 0
        await tell(room)
        assert (await page.event())["seq"] == 3
    for other in others:
        for shard in other.shards.values():
            shard._lost(ConnectionError("the process ends"))


async def test_what_nobody_was_there_to_hear_is_told_when_somebody_comes(room):
    await vote(room, a=1)
    await vote(room, a=2)

    async with joined(room) as page:
        assert await page.event() == event(2, a=2)


async def test_a_flush_before_its_time_says_how_long_to_wait(room):
    async with joined(room):
        (shard,) = hub().shards.values()
        await vote(room, a=1)
        await vote(room, a=2)

        assert 0 < await shard.flush(str(room.pk), "votes") <= 1000
        assert await sync_to_async(redis.client().hgetall)(room_tally(room.pk, "votes")) == {b"a": b"2"}


async def test_a_process_that_missed_it_is_helped_by_the_next_vote(room):
    """Nobody was told that something waits; the next figure brings what is left with it."""
    client = redis.client()
    await sync_to_async(client.hset)(room_tally(room.pk, "votes"), "a", "5")
    async with joined(room) as page:
        await vote(room, b=1)

        assert await page.event() == event(1, a=5, b=1)


@pytest.mark.django_db(transaction=True)
def test_votes_wait_for_the_commit(room):
    question = uuid.uuid4()
    with heard(room) as nothing, pytest.raises(ZeroDivisionError), transaction.atomic():
        tell_votes(room.pk, {question: 3})
        _ = 1 / 0
    with heard(room) as events, transaction.atomic():
        tell_votes(room.pk, {question: 3})

    assert nothing == []
    assert events == [{"type": "question.updated", "data": {"votes": {str(question): 3}}}]


def test_names_and_values_are_what_they_were(room):
    with heard(room) as events:
        tally(room.pk, "votes", {'a"b/한\\': {"n": [1, "x"]}})

    assert events[0]["data"]["votes"] == {'a"b/한\\': {"n": [1, "x"]}}
    assert json.loads(redis.client().hget(room_counter(room.pk), "seq")) == 1


def test_votes_without_redis_are_no_error(room):
    redis.pause.begin()

    tally(room.pk, "votes", {"a": 1})

    redis.pause.end()
    assert redis.client().exists(room_tally(room.pk, "votes"), room_counter(room.pk)) == 0
