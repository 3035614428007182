"""Pages that do not behave, and a server that is told to end: the real socket server, as the demo runs it (spec 8)."""

import contextlib
import json
import socket
import uuid
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.utils import timezone
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from eventflow.demo.programs import Child, socket_server
from eventflow.embedded import free_port
from webinars.realtime.events import EventType
from webinars.realtime.publish import close_door, publish
from webinars.tests.socket_pages import a_room, room_pass

HOST = "127.0.0.1"
QUEUE_FRAMES = 8


class Served:
    """A socket server of its own."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        environ = {"REALTIME_QUEUE_FRAMES": str(QUEUE_FRAMES), "REALTIME_FRAME_MILLISECONDS": "0"}
        command = socket_server(host=HOST, port=self.port)
        self.child = Child("sockets", command, log=folder / "sockets.log", environ=environ)

    def __enter__(self) -> "Served":
        self.child.start()
        while not self._answers():
            assert self.child.alive(), self.child.last_words()
        return self

    def __exit__(self, *_: Any) -> None:
        self.child.ask_to_end()
        self.child.end(seconds=5)

    def _answers(self) -> bool:
        with contextlib.suppress(httpx.TransportError):
            return httpx.get(f"http://{HOST}:{self.port}/healthz", trust_env=False, timeout=1).is_success
        return False

    def page(self, room: Any, token: str, **options: Any) -> ClientConnection:
        protocols: Any = options.pop("subprotocols", ["eventflow.v1", f"bearer.{token}"])
        address = f"ws://{HOST}:{self.port}/ws/webinars/{room.pk}/"
        return connect(address, subprotocols=protocols, proxy=None, close_timeout=1, max_size=None, **options)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with Served(tmp_path_factory.mktemp("sockets")) as served:
        yield served


@pytest.fixture
def room():
    return a_room()


@pytest.fixture
def reading(server, room):
    with server.page(room, room_pass(room)) as opened:
        assert frame_of(opened)["type"] == "hello"
        yield opened


def frame_of(reading):
    return json.loads(reading.recv(timeout=10))


def code_of(reading):
    """The code of the close that ends it, whatever comes before."""
    with pytest.raises(ConnectionClosed) as closed:
        while True:
            reading.recv(timeout=10)
    return closed.value.rcvd.code


def tell(room, **data):
    return publish(room.pk, EventType.PRESENCE_COUNT, data)


def test_a_frame_that_is_too_large_closes_the_socket(reading):
    reading.send("x" * 20_000)

    assert code_of(reading) == 1009


def test_too_many_frames_close_the_socket_and_nobody_elses(server, room, reading):
    with server.page(room, room_pass(room)) as other:
        frame_of(other)
        with contextlib.suppress(ConnectionClosed):
            for _ in range(100):
                reading.send("{}")

        assert code_of(reading) == 1008
        tell(room, count=1)
        assert frame_of(other)["events"][0]["data"] == {"count": 1}


@pytest.mark.parametrize(
    "said",
    [
        "nonsense",
        "",
        b"\x00\xff",
        "[" * 16_000,
        '{"type": "pass"}',
        '{"type": "pass", "pass": 7}',
        '{"type": "events", "events": [{"seq": 1}]}',
        "[]",
        "9" * 10_000,
    ],
    ids=range(9),
)
def test_what_is_not_a_pass_is_not_heard(room, reading, said):
    reading.send(said)
    tell(room, count=1)

    assert frame_of(reading)["events"] == [{"seq": 1, "type": "presence.count", "data": {"count": 1}}]


@pytest.mark.parametrize("offered", [None, ["chat"], ["eventflow.v2", "bearer.x"], ["eventflow.v1"]])
def test_a_wrong_subprotocol_is_refused(server, room, offered):
    with server.page(room, "", subprotocols=offered) as opened:
        assert code_of(opened) == 4401


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1.evil.example", "file://"])
def test_another_sites_page_is_refused_even_with_a_pass(server, room, origin):
    with server.page(room, room_pass(room), origin=origin) as opened:
        assert code_of(opened) == 4403


@pytest.mark.parametrize("origin", [None, "http://127.0.0.1:8000", "https://localhost", "http://[::1]:99"])
def test_our_own_page_may_be_on_another_port(server, room, origin):
    with server.page(room, room_pass(room), origin=origin) as opened:
        assert frame_of(opened)["type"] == "hello"


def test_a_pass_that_ends_in_mid_connection_closes_the_socket(server, room):
    almost_over = timezone.now() - timedelta(seconds=settings.LIVE_PASS_LIFE_SECONDS - 2)
    with server.page(room, room_pass(room, now=almost_over)) as opened:
        assert frame_of(opened)["type"] == "hello"
        assert code_of(opened) == 4401


def test_somebody_who_was_shut_out_does_not_come_back_with_the_same_pass(server, room):
    user_id = uuid.uuid4()
    token = room_pass(room, user_id)
    with server.page(room, token) as opened:
        frame_of(opened)
        close_door(room.pk, user_id, now=timezone.now())
        tell(room, count=1)

        assert frame_of(opened)["events"][0]["type"] == "member.banned"
        assert code_of(opened) == 4403
    with server.page(room, token) as again:
        assert code_of(again) == 4403


def test_a_page_that_stops_reading_begins_anew_and_the_others_notice_nothing(server, room, reading):
    narrow = socket.socket()
    narrow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # so that the kernel does not hold megabytes for it
    narrow.connect((HOST, server.port))
    count, text = 600, "x" * 16_000
    with server.page(room, room_pass(room), sock=narrow, max_queue=1) as stopped:
        for seq in range(1, count + 1):
            tell(room, text=text)
            assert [event["seq"] for event in frame_of(reading)["events"]] == [seq]

        assert frame_of(stopped)["seq"] == 0
        beginnings, seqs = 1, []
        known = 0
        while known < count:
            frame = frame_of(stopped)
            if frame["type"] == "hello":
                beginnings, known = beginnings + 1, frame["seq"]
            for event in frame.get("events", []):
                assert event["seq"] == known + 1  # what is missing is missing before a hello
                known = event["seq"]
                seqs.append(known)

    assert beginnings > 1
    assert len(seqs) < count


def test_a_burst_far_beyond_the_bound_loses_nobody(server, room, reading):
    count = 1_000
    for number in range(count):
        tell(room, count=number)

    known, last = 0, None
    while known < count:
        frame = frame_of(reading)
        known = frame.get("seq", known)
        for event in frame.get("events", []):
            assert event["seq"] == known + 1
            known, last = event["seq"], event["data"]

    assert last == {"count": count - 1}


def test_a_server_that_is_told_to_end_says_so(tmp_path, room):
    with Served(tmp_path) as served, served.page(room, room_pass(room)) as opened:
        assert frame_of(opened)["reconnectSeconds"] == 2
        served.child.ask_to_end()

        assert code_of(opened) == 1012
