"""The demo's balancer with real connections. The processes behind it are small servers of this test."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest

from eventflow.demo import balancer as module
from eventflow.demo.balancer import Balancer
from eventflow.embedded import free_port

Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
LARGE = 8 * 1024 * 1024


class Process:
    """A backend that says its name to whoever connects, then does as `talk` does."""

    def __init__(self, name: str, talk: Talk | None = None) -> None:
        self.name = name
        self.talk = talk
        self.port = free_port()
        self.heard: list[bytes] = []
        self.writers: list[asyncio.StreamWriter] = []

    async def start(self) -> None:
        self.server = await asyncio.start_server(self.serve, "127.0.0.1", self.port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        self.heard.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(self.name.encode() + b"\n")
        if self.talk is not None:
            await self.talk(reader, writer)

    async def die(self) -> None:
        """As a killed process does: nobody listens, and what was open is broken."""
        self.server.close()
        for writer in self.writers:
            if not writer.transport.is_closing():
                writer.transport.abort()
        await self.server.wait_closed()


class Front:
    """The balancer with its processes, and visitors' connections to it."""

    def __init__(self) -> None:
        self.web = [Process("web 1"), Process("web 2")]
        self.sockets = [Process("sockets 1"), Process("sockets 2")]

    async def start(self) -> None:
        for process in (*self.web, *self.sockets):
            await process.start()
        self.balancer = Balancer(
            web=[process.port for process in self.web], sockets=[process.port for process in self.sockets]
        )
        self.port = await self.balancer.start(0)

    async def stop(self) -> None:
        await self.balancer.stop()
        for process in (*self.web, *self.sockets):
            await process.die()

    async def connect(self, path: str = "/") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET {path} HTTP/1.1\r\nHost: here\r\n\r\n".encode())
        return reader, writer

    async def who_answers(self, path: str = "/") -> str:
        reader, writer = await self.connect(path)
        line = await asyncio.wait_for(reader.readline(), 5)
        writer.close()
        return line.decode().strip()


@pytest.fixture
async def front() -> AsyncIterator[Front]:
    made = Front()
    await made.start()
    yield made
    await made.stop()


async def everything(reader: asyncio.StreamReader) -> bytes:
    """Up to the end of the connection, however it ends."""
    found = b""
    with contextlib.suppress(ConnectionError):
        while data := await asyncio.wait_for(reader.read(65536), 5):
            found += data
    return found


async def test_pages_and_sockets_have_processes_of_their_own_taken_in_turn(front):
    answered = [await front.who_answers(path) for path in ["/", "/ws/webinars/demo/", "/api/", "/ws/webinars/demo/"]]

    assert answered == ["web 1", "sockets 1", "web 2", "sockets 2"]
    assert front.web[0].heard == [b"GET / HTTP/1.1\r\nHost: here\r\n\r\n"]


async def test_a_request_line_in_pieces_is_put_together(front):
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    for piece in (b"GET /w", b"s/webinars/demo/ HTTP/1.1\r", b"\nHost: here\r\n\r\n"):
        writer.write(piece)
        await writer.drain()
        await asyncio.sleep(0)

    assert await asyncio.wait_for(reader.readline(), 5) == b"sockets 1\n"
    assert front.sockets[0].heard == [b"GET /ws/webinars/demo/ HTTP/1.1\r\nHost: here\r\n\r\n"]
    writer.close()


async def test_a_process_that_refuses_is_skipped_and_taken_again_when_it_is_back(front):
    await front.web[0].die()

    assert [await front.who_answers() for _ in range(3)] == ["web 2"] * 3

    await front.web[0].start()

    assert sorted([await front.who_answers(), await front.who_answers()]) == ["web 1", "web 2"]


async def test_without_any_process_a_visitor_is_told_to_come_again(front):
    for process in front.web:
        await process.die()

    reader, _ = await front.connect()

    answer = await everything(reader)
    assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\n")


async def test_the_death_of_a_process_ends_its_connections_and_no_others(front):
    (first, _), (second, writer) = await front.connect(), await front.connect()
    assert [await first.readline(), await second.readline()] == [b"web 1\n", b"web 2\n"]

    await front.web[0].die()

    assert await everything(first) == b""
    front.web[1].writers[0].write(b"still here\n")
    assert await asyncio.wait_for(second.readline(), 5) == b"still here\n"
    writer.close()


async def test_what_a_process_said_before_it_closed_arrives_whole(front):
    async def say_much_and_close(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"x" * LARGE)
        writer.close()

    front.web[0].talk = say_much_and_close
    reader, _ = await front.connect()

    assert len(await everything(reader)) == len(b"web 1\n") + LARGE


async def test_the_end_of_what_a_visitor_says_is_handed_on_and_the_answer_still_comes(front):
    async def answer_at_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"%d bytes\n" % len(await reader.read()))
        writer.close()

    front.web[0].talk = answer_at_the_end
    reader, writer = await front.connect()
    writer.write(b"y" * 100_000)
    writer.write_eof()

    assert await everything(reader) == b"web 1\n100000 bytes\n"


@pytest.mark.parametrize("first", ["the process", "the visitor"])
async def test_nothing_is_left_of_a_connection_when_both_have_said_everything(front, first):
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if first == "the visitor":
            await reader.read()
        writer.close()

    front.web[0].talk = front.web[1].talk = answer
    for _ in range(3):
        reader, writer = await front.connect()
        if first == "the visitor":
            writer.write_eof()
        assert (await everything(reader)).startswith(b"web ")
        writer.close()

    async with asyncio.timeout(5):
        while front.balancer.visitors:
            await asyncio.sleep(0)


async def test_a_visitor_that_does_not_read_stops_its_process_and_not_the_balancers_memory(front):
    written = 0
    stopped = asyncio.Event()

    async def talk_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal written
        [visitor] = front.balancer.visitors
        while visitor.other.transport.is_reading() and written < 64 * LARGE:
            if writer.transport.get_write_buffer_size() == 0:
                writer.write(b"z" * 65536)
                written += 65536
            await asyncio.sleep(0)  # the balancer's turn
        stopped.set()

    front.web[0].talk = talk_on
    _, writer = await front.connect()
    writer.transport.pause_reading()

    await asyncio.wait_for(stopped.wait(), 30)

    assert written < 64 * LARGE
    [visitor] = front.balancer.visitors
    assert visitor.transport.get_write_buffer_size() < 1024 * 1024


async def test_a_process_that_does_not_read_stops_its_visitor_and_not_the_balancers_memory(front):
    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.pause_reading()

    front.web[0].talk = keep_silent
    reader, writer = await front.connect()
    assert await reader.readline() == b"web 1\n"
    [visitor] = front.balancer.visitors
    written = 0

    async with asyncio.timeout(30):
        while visitor.transport.is_reading() and written < 64 * LARGE:
            if writer.transport.get_write_buffer_size() == 0:
                writer.write(b"z" * 65536)
                written += 65536
            await asyncio.sleep(0)  # the balancer's turn

    assert written < 64 * LARGE
    assert visitor.other.transport.get_write_buffer_size() < 1024 * 1024
    writer.transport.abort()


@pytest.mark.parametrize("line", [b"nonsense\r\n", b"GET http://elsewhere.example/ HTTP/1.1\r\n", b"x" * 20_000])
async def test_what_is_no_request_is_refused(front, line):
    reader, writer = await asyncio.open_connection("127.0.0.1", front.port)
    writer.write(line)

    assert (await everything(reader)).startswith(b"HTTP/1.1 400 Bad Request\r\n")
    assert [process.heard for process in front.web] == [[], []]


async def test_who_says_nothing_is_not_waited_for(front, monkeypatch):
    monkeypatch.setattr(module, "FIRST_LINE_SECONDS", 0.05)
    reader, _ = await asyncio.open_connection("127.0.0.1", front.port)

    assert await everything(reader) == b""


async def test_stopping_ends_every_connection(front):
    reader, _ = await front.connect()
    await reader.readline()

    await front.balancer.stop()

    assert await everything(reader) == b""
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", front.port)
