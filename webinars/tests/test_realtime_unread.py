"""Connections whose other end does not read: the real socket server's protocol, over TCP (spec 8)."""

import asyncio
import contextlib
import socket
from functools import partial

import pytest
from uvicorn.config import Config
from uvicorn.server import ServerState

from eventflow import socket_protocol
from eventflow.asgi import application
from eventflow.socket_protocol import SocketProtocol
from webinars.realtime.hub import hub
from webinars.tests.socket_pages import a_room, room_pass, tell

MASKED_PING = b"\x89\xfd\x00\x00\x00\x00" + b"p" * 125


@pytest.fixture
async def server():
    config = Config(application, ws_per_message_deflate=False, lifespan="off", log_config=None, ws_ping_interval=None)
    config.load()
    make = partial(SocketProtocol, config=config, server_state=ServerState(), app_state={})
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


async def until_gone(room):
    async with asyncio.timeout(15):
        while str(room.pk) in hub().rooms:
            await asyncio.sleep(0.02)


async def test_somebody_who_stops_reading_is_let_go_though_their_computer_answers(server, monkeypatch):
    monkeypatch.setattr(socket_protocol, "UNREAD_MILLISECONDS", 300)
    room = a_room()
    connection = await opened(server, room)
    with contextlib.closing(connection):
        for _ in range(400):  # more than what the kernel holds for it
            await tell(room, text="x" * 16_000)
        await until_gone(room)

    assert hub().census.sockets == 0


async def test_whoever_pings_and_does_not_read_is_let_go(server):
    room = a_room()
    connection = await opened(server, room)
    with contextlib.closing(connection):
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(15):
                for _ in range(2000):
                    await asyncio.get_running_loop().sock_sendall(connection, MASKED_PING * 500)
        await until_gone(room)

    assert hub().census.sockets == 0
