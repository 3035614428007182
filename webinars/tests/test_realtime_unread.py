"""Connections whose other end does not read, or talks without end: the socket server's protocol, over TCP (spec 8)."""

import asyncio
import contextlib
import socket
from functools import partial

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from eventflow import socket_protocol
from eventflow.asgi import application
from eventflow.security_headers import PLAIN_HEADERS
from eventflow.socket_protocol import MOST_FRAMES, SocketProtocol
from webinars.realtime.hub import hub
from webinars.tests.socket_pages import a_room, room_pass, tell

NO_MASK = b"\x00\x00\x00\x00"
MASKED_PING = b"\x89\xfd" + NO_MASK + b"p" * 125
FLOODS = {
    "pings": b"\x89\x80" + NO_MASK,
    "pongs": b"\x8a\x80" + NO_MASK,
    "texts": b"\x81\x80" + NO_MASK,
    "pieces of a message": b"\x00\x80" + NO_MASK,
}
BEGINNING_OF_A_MESSAGE = b"\x01\x80" + NO_MASK


@pytest.fixture
def connections():
    """What the server knows of its connections, each a task until the room has let it go."""
    return ServerState()


@pytest.fixture
async def server(connections):
    config = Config(application, ws_per_message_deflate=False, lifespan="off", log_config=None, ws_ping_interval=None)
    config.load()
    make = partial(SocketProtocol, config=config, server_state=connections, app_state={})
    listening = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    yield listening.sockets[0].getsockname()
    listening.close()


async def opened(address, room):
    """A connection that has a socket of the room and a narrow window, whose answers are not read from now on."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, address)
    lines = [
        f"GET /ws/webinars/{room.pk}/ HTTP/1.1",
        "Host: 127.0.0.1",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Key: {'A' * 22}==",
        "Sec-WebSocket-Version: 13",
        f"Sec-WebSocket-Protocol: eventflow.v1, bearer.{room_pass(room)}",
    ]
    await loop.sock_sendall(connection, "\r\n".join([*lines, "", ""]).encode())
    assert (await loop.sock_recv(connection, 1024)).startswith(b"HTTP/1.1 101")
    return connection


async def until_gone(room, connections):
    async with asyncio.timeout(15):
        await asyncio.gather(*connections.tasks)

    assert str(room.pk) not in hub().rooms


async def test_somebody_who_stops_reading_is_let_go_though_their_computer_answers(server, connections, monkeypatch):
    monkeypatch.setattr(socket_protocol, "UNREAD_MILLISECONDS", 300)
    room = a_room()
    connection = await opened(server, room)
    with contextlib.closing(connection):
        for _ in range(400):  # more than what the kernel holds for it
            await tell(room, text="x" * 16_000)
        await until_gone(room, connections)

    assert hub().census.sockets == 0


async def test_whoever_pings_and_does_not_read_is_let_go(server, connections):
    room = a_room()
    connection = await opened(server, room)
    with contextlib.closing(connection):
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(15):
                for _ in range(2000):
                    await asyncio.get_running_loop().sock_sendall(connection, MASKED_PING * 500)
        await until_gone(room, connections)

    assert hub().census.sockets == 0


@pytest.mark.parametrize("kind", FLOODS)
async def test_whoever_sends_frames_without_end_is_cut_off_after_few_of_them(server, connections, kind):
    room = a_room()
    connection = await opened(server, room)
    loop = asyncio.get_running_loop()
    with contextlib.closing(connection):
        if kind == "pieces of a message":
            await loop.sock_sendall(connection, BEGINNING_OF_A_MESSAGE)
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(15):
                while str(room.pk) in hub().rooms:
                    await loop.sock_sendall(connection, FLOODS[kind] * 1000)
        await until_gone(room, connections)

    assert hub().census.sockets == 0


async def test_as_many_pings_as_a_program_may_have_reason_to_send_are_answered(server):
    room, count = a_room(), MOST_FRAMES // 2
    connection = await opened(server, room)
    loop = asyncio.get_running_loop()
    with contextlib.closing(connection):
        await loop.sock_sendall(connection, FLOODS["pings"] * count)
        answers = b""
        async with asyncio.timeout(5):
            while answers.count(b"\x8a\x00") < count:
                answers += await loop.sock_recv(connection, 4096)

        assert hub().census.sockets == 1


UPGRADE = ["Upgrade: websocket", "Connection: Upgrade"]


@pytest.mark.parametrize(
    "lines",
    [
        UPGRADE,
        [*UPGRADE, "Sec-WebSocket-Key: short", "Sec-WebSocket-Version: 13"],
        [*UPGRADE, f"Sec-WebSocket-Key: {'A' * 22}==", "Sec-WebSocket-Version: 7"],
    ],
)
async def test_a_handshake_that_is_refused_has_the_headers_of_every_other_answer(server, lines):
    reader, writer = await asyncio.open_connection(*server)
    writer.write("\r\n".join(["GET /ws/webinars/x/ HTTP/1.1", "Host: 127.0.0.1", *lines, "", ""]).encode())

    answer = (await reader.read()).decode()
    writer.close()

    assert answer.split(" ")[1] in ("400", "426")
    assert [name for name, value in PLAIN_HEADERS if f"\r\n{name}: {value}\r\n" not in answer] == []
