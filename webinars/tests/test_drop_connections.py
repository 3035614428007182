"""`manage.py drop_connections`: sockets close one after another, told to every process (spec 8)."""

import io
import math
import time

import pytest
from asgiref.sync import sync_to_async
from django.core.management import CommandError, call_command

from eventflow import redis
from webinars.management.commands.drop_connections import Command
from webinars.realtime.events import CloseCode
from webinars.realtime.hub import Hub, hub
from webinars.realtime.socket_queue import SocketQueue
from webinars.services import dropping
from webinars.services.dropping import Drop
from webinars.tests.factories import WebinarFactory
from webinars.tests.socket_pages import a_room, joined


@sync_to_async
def drop(*arguments):
    said = io.StringIO()
    call_command("drop_connections", *arguments, stdout=said)
    return said.getvalue().splitlines()


@pytest.fixture(autouse=True)
def _alone():
    """Loops of tests before this one are gone, their connections perhaps not yet."""
    redis.client().client_kill_filter(_type="pubsub")


@pytest.fixture
def room():
    return a_room()


@pytest.fixture
async def other_process(room):
    other = Hub()
    for number in range(3):
        await other.join(room.pk, SocketQueue(person=f"p{number}", expires_at=math.inf))
    yield other
    for shard in other.shards.values():
        shard._lost(ConnectionError("the process ends"))


async def test_all_sockets_of_all_processes_close(room, other_process):
    elsewhere = a_room("elsewhere")
    left = [*other_process.rooms[str(room.pk)].sockets]
    async with joined(room) as one, joined(elsewhere) as two:
        said = await drop("--all", "--yes", "--per-second", "1000")

        assert [await page.closing() for page in (one, two)] == [1012, 1012]
    assert [queue._frames for queue in left] == [[CloseCode.RESTART]] * 3
    assert (said[0], said[-1]) == ("Sockets: 5, servers: 2. Closing takes 0 s.", "5 of 5 closed")


async def test_a_dry_run_closes_none(room, other_process):
    async with joined(room):
        said = await drop("--all", "--dry-run", "--per-second", "2")

        assert said == ["Sockets: 4, servers: 2. Closing would take 2 s."]
        assert (len(hub().rooms[str(room.pk)].sockets), other_process.census.sockets) == (1, 3)


async def test_named_rooms_only(room):
    elsewhere = a_room("elsewhere")
    async with joined(room) as one, joined(elsewhere):
        command = Drop.of_rooms([room])
        found = await sync_to_async(command.count)()
        await sync_to_async(command.begin)(per_second=100)
        progress = await sync_to_async(lambda: list(command.progress()))()

        assert await one.closing() == 1012
        assert (found.sockets, found.servers, progress[-1]) == (1, 1, (1, 1))
        assert len(hub().rooms[str(elsewhere.pk)].sockets) == 1


async def test_the_pace_is_for_all_servers_together(room, other_process):
    await hub().join(room.pk, SocketQueue(person="here", expires_at=math.inf))
    began = time.monotonic()

    await drop("--all", "--yes", "--per-second", "8")

    # Three of the four are there, so six a second: the first at once, the last after two sixths.
    assert time.monotonic() - began >= 2 / 6


async def test_nobody_there_is_no_trouble():
    assert await drop("--all", "--yes") == ["Sockets: 0, servers: 0. Closing takes 0 s."]


async def test_a_server_that_does_not_answer_is_said_when_the_others_are_done(room, other_process, monkeypatch):
    monkeypatch.setattr(dropping, "ANSWER_SECONDS", 0.3)
    async with joined(room) as page:
        (frozen,) = other_process.shards.values()
        frozen._reader.cancel()  # it is there and does not listen
        with pytest.raises(CommandError, match="Servers that did not answer: 1") as error:
            await drop("--all", "--yes")

        assert await page.closing() == 1012
    assert (error.value.returncode, other_process.census.sockets) == (2, 3)


async def test_without_redis_it_says_so(settings):
    settings.REALTIME_REDIS_URLS = ["redis://127.0.0.1:1/0"]
    with pytest.raises(CommandError, match="Redis does not answer") as error:
        await drop("--all", "--yes")

    assert error.value.returncode == 2


@pytest.mark.django_db
def test_there_must_be_such_a_webinar():
    with pytest.raises(CommandError, match=r"^There is no webinar talk\.$") as error:
        call_command("drop_connections", "talk")

    assert error.value.returncode == 1


@pytest.mark.django_db
def test_a_room_that_is_named_twice_is_one():
    webinar = WebinarFactory(slug="talk")

    assert Command()._rooms(["talk", str(webinar.pk)]) == [webinar]


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        ([], "Name webinars, or say --all."),
        (["talk", "--all"], "Name webinars, or say --all."),
        (["--all", "--per-second", "0"], "--per-second must be more than 0."),
        (["--all", "--per-second", "nan"], "--per-second must be more than 0."),
    ],
)
def test_what_makes_no_sense_is_refused(arguments, problem):
    with pytest.raises(CommandError) as error:
        call_command("drop_connections", *arguments)

    assert (str(error.value), error.value.returncode) == (problem, 1)


async def test_without_a_terminal_it_wants_a_yes(room):
    async with joined(room):
        with pytest.raises(CommandError, match="needs --yes"):
            await drop("--all")
        assert hub().census.sockets == 1
