"""The websocket load client, a process of its own: many sockets, read as cheaply as Python can.

Takes one command (JSON) per line on standard input and answers each with one line of JSON:

    open      connect `sockets` sockets, wait for the hello of each
    saturate  for `seconds`, keep `window` events under way: how many deliveries a second
    pace      publish `rate` events a second for `seconds`: how long deliveries take
    stop      the last socket is not read any more
    fill      `events` for its person alone fill what lies between the server and it, which costs the others nothing
    resume    it is read again, until it got what is left for it

All the sockets of a room get the same bytes, so what a chunk of bytes means is looked up rather than parsed again.
"""

import base64
import contextlib
import json
import os
import re
import resource
import selectors
import socket
import struct
import sys
import time
import uuid
from array import array
from collections.abc import Callable
from typing import Any, NamedTuple

from bench.http_load import percentile

SILENCE_SECONDS = 10
AT_ONCE = 128
FILL_PAUSE_SECONDS = 0.005  # so that the server has written one before the next one comes
PING = 9
SEQ = re.compile(rb'\{"seq":(\d+)')
SENT = re.compile(rb'sent"?:(\d+)')  # a member of our own, or the first word of a message that was posted
HELLO_SEQ = re.compile(rb'"seq":(\d+)')


class Content(NamedTuple):
    """Of one chunk of whole frames: the numbers of its first and last event, how many events, how many frames with
    events, when they were sent."""

    first: int
    last: int
    events: int
    frames: int
    sent: tuple[int, ...]


class Reader:
    __slots__ = ("begun", "rest", "seq", "socket")

    def __init__(self, own: socket.socket) -> None:
        self.socket = own
        self.begun = False  # the handshake and the hello are behind it
        self.rest = b""
        self.seq = 0


def split(data: bytes) -> tuple[list[bytes], list[bytes], bytes]:
    """(payloads of the whole frames, those of pings, what remains)."""
    payloads: list[bytes] = []
    pings: list[bytes] = []
    at = 0
    while len(data) - at >= 2:
        head, length = 2, data[at + 1] & 127
        if length == 126:
            head = 4
            length = struct.unpack_from("!H", data, at + 2)[0] if len(data) - at >= 4 else 1 << 62
        elif length == 127:
            head = 10
            length = struct.unpack_from("!Q", data, at + 2)[0] if len(data) - at >= 10 else 1 << 62
        if len(data) - at < head + length:
            break
        kind = pings if data[at] & 15 == PING else payloads
        kind.append(data[at + head : at + head + length])
        at += head + length
    return payloads, pings, data[at:]


class Load:
    def __init__(self, job: dict[str, Any]) -> None:
        self.port = job["port"]
        self.path = job["path"]
        self.tokens: list[str] = job["tokens"]
        self.selector = selectors.DefaultSelector()
        self.readers: list[Reader] = []
        self.contents: dict[bytes, Content] = {}
        self.latencies = array("d")
        self.deliveries = self.frames = self.lost = self.published = 0
        self.dead = 0
        self.reading = 0
        self.webinar = job.get("webinar")
        self.publish = self._redis_publisher(job["webinar"]) if job.get("webinar") else self._control_publisher()

    def _redis_publisher(self, webinar: str) -> Callable[[str], None]:
        import django

        django.setup()
        from webinars.realtime.events import EventType
        from webinars.realtime.publish import publish

        room = uuid.UUID(webinar)

        def send(text: str) -> None:
            if publish(room, EventType.MESSAGE_CREATED, {"sent": time.monotonic_ns(), "body": text}) is None:
                raise RuntimeError("Redis is away")

        return send

    def _control_publisher(self) -> Callable[[str], None]:
        control = socket.create_connection(("127.0.0.1", self.port))
        control.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        control.sendall(handshake(self.port, "/control", None))
        control.recv(4096)
        commander = Reader(control)
        commander.begun = True
        self.selector.register(control, selectors.EVENT_READ, commander)  # for the server's pings

        def send(text: str) -> None:
            data = {"sent": time.monotonic_ns(), "body": text}
            event = {"seq": self.published + 1, "type": "message.created", "data": data}
            frame = json.dumps({"type": "events", "events": [event]}, separators=(",", ":")).encode()
            length = struct.pack("!BH", 126 | 128, len(frame)) if len(frame) > 125 else bytes([len(frame) | 128])
            control.sendall(b"\x81" + length + b"\0\0\0\0" + frame)

        return send

    def open(self, *, sockets: int) -> dict[str, Any]:
        began = time.perf_counter()
        waiting = 0
        while waiting < sockets or any(not reader.begun for reader in self.readers):
            while waiting < sockets and sum(not reader.begun for reader in self.readers[-2 * AT_ONCE :]) < AT_ONCE:
                self._connect(last=waiting == sockets - 1)
                waiting += 1
            self._read(SILENCE_SECONDS)
        self.reading = len(self.readers)
        return {"seconds": time.perf_counter() - began, "dead": self.dead}

    def _connect(self, *, last: bool) -> None:
        reader = Reader(socket.socket())
        if last:  # the one that will stop reading: far away, so that the kernel does not hold megabytes for it
            reader.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with contextlib.suppress(OSError):
                reader.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
        reader.socket.connect(("127.0.0.1", self.port))
        token = self.tokens[len(self.readers) % len(self.tokens)] if self.tokens else "none"
        reader.socket.sendall(handshake(self.port, self.path, f"eventflow.v1, bearer.{token}"))
        reader.socket.setblocking(False)
        self.readers.append(reader)
        self.selector.register(reader.socket, selectors.EVENT_READ, reader)

    def saturate(self, *, seconds: float, window: int, bytes: int) -> dict[str, Any]:
        text = "x" * bytes
        deliveries, frames, lost, cpu = self.deliveries, self.frames, self.lost, cpu_seconds()
        began = time.perf_counter()
        end = began + seconds
        expected = self.deliveries
        while time.perf_counter() < end:
            while expected - self.deliveries < window * self.reading:
                self.publish(text)
                self.published += 1
                expected += self.reading
            self._read(SILENCE_SECONDS)
        spent = time.perf_counter() - began
        used = cpu_seconds() - cpu
        delivered = self.deliveries - deliveries
        framed = self.frames - frames
        self._drain(expected)
        return {
            "perSecond": delivered / spent,
            "framesPerSecond": framed / spent,
            "lost": expected - self.deliveries,
            "holes": self.lost - lost,
            "clientCpu": used / spent,
        }

    def pace(self, *, seconds: float, rate: float, bytes: int) -> dict[str, Any]:
        self.latencies = array("d")
        text = "x" * bytes
        expected = self.deliveries
        lost = self.lost
        began = time.perf_counter()
        due = began
        while due < began + seconds:
            self._read(max(0.0, due - time.perf_counter()), until_silence=False)
            if time.perf_counter() >= due:
                self.publish(text)
                self.published += 1
                expected += self.reading
                due += 1 / rate
        self._drain(expected)
        ordered = sorted(self.latencies)
        return {
            "p50": percentile(ordered, 50),
            "p99": percentile(ordered, 99),
            "worst": percentile(ordered, 100),
            "lost": expected - self.deliveries,
            "holes": self.lost - lost,
        }

    def stop(self) -> dict[str, Any]:
        self.selector.unregister(self.readers[-1].socket)
        self.reading -= 1
        return {}

    def fill(self, *, events: int, bytes: int) -> dict[str, Any]:
        from webinars.realtime.events import EventType
        from webinars.realtime.publish import send_to_person

        claims = self.tokens[(len(self.readers) - 1) % len(self.tokens)].split(".")[1]
        person = uuid.UUID(json.loads(base64.urlsafe_b64decode(claims + "=="))["sub"])
        for _ in range(events):
            send_to_person(uuid.UUID(self.webinar), person, EventType.MEMBER_MUTED, {"body": "x" * bytes})
            self._read(FILL_PAUSE_SECONDS, until_silence=False)
        return {}

    def resume(self) -> dict[str, Any]:
        """What the socket that was stopped missed: its queue was bounded, so there is a hole in its numbers."""
        reader = self.readers[-1]
        lost = self.lost
        self.selector.register(reader.socket, selectors.EVENT_READ, reader)
        self.reading += 1
        newest = max(other.seq for other in self.readers)
        while reader.seq < newest and reader.socket.fileno() >= 0 and self._read(2.0):
            pass
        return {"missed": self.lost - lost, "closed": reader.socket.fileno() < 0}

    def _drain(self, expected: int) -> None:
        while self.deliveries < expected and self._read(3.0):
            pass

    def _read(self, timeout: float, *, until_silence: bool = True) -> bool:
        ready = self.selector.select(timeout)
        if not ready and until_silence and timeout == SILENCE_SECONDS:
            raise RuntimeError("the server is silent")
        now = time.monotonic_ns()
        for key, _ in ready:
            reader = key.data
            try:
                data = reader.socket.recv(262144)
            except ConnectionError:
                data = b""
            if not data:
                self._bury(reader)
            elif reader.begun and not reader.rest:
                content = self.contents.get(data)
                if content is not None:
                    self._count(reader, content, now)
                else:
                    self._take(reader, data, now)
            else:
                self._take(reader, reader.rest + data, now)
        return bool(ready)

    def _take(self, reader: Reader, data: bytes, now: int) -> None:
        if not reader.begun:
            reader.rest = data
            head, found, frames = data.partition(b"\r\n\r\n")
            payloads, pings, rest = split(frames)
            if not found or not payloads:
                return
            if not head.startswith(b"HTTP/1.1 101") or (hello := HELLO_SEQ.search(payloads[0])) is None:
                raise RuntimeError(f"refused: {head[:100]!r} {payloads[:1]!r}")
            reader.begun, reader.seq, reader.rest = True, int(hello[1]), rest
            data = frames[-len(rest) :] if rest else b""
            payloads = payloads[1:]
        else:
            payloads, pings, reader.rest = split(data)
        for ping in pings:  # or the server takes us for dead
            reader.socket.send(bytes([0x8A, 0x80 | len(ping)]) + b"\0\0\0\0" + ping)
        if payloads:
            content = read_content(payloads)
            if not reader.rest and not pings:
                if len(self.contents) > 10_000:
                    self.contents.clear()
                self.contents[data] = content
            self._count(reader, content, now)

    def _count(self, reader: Reader, content: Content, now: int) -> None:
        if not content.events:
            return
        if content.first != reader.seq + 1:
            self.lost += content.first - reader.seq - 1
        self.lost += content.last - content.first + 1 - content.events
        reader.seq = content.last
        self.deliveries += content.events
        self.frames += content.frames
        for sent in content.sent:
            self.latencies.append((now - sent) / 1e9)

    def _bury(self, reader: Reader) -> None:
        self.selector.unregister(reader.socket)
        reader.socket.close()
        if not reader.begun:
            raise RuntimeError("a socket was closed while it was being opened")
        self.dead += 1
        self.reading -= 1


def read_content(payloads: list[bytes]) -> Content:
    numbers = [int(number) for payload in payloads for number in SEQ.findall(payload)]
    sent = tuple(int(moment) for payload in payloads for moment in SENT.findall(payload))
    frames = sum(b'"type":"events"' in payload for payload in payloads)
    first, last = (numbers[0], numbers[-1]) if numbers else (0, 0)
    return Content(first, last, len(numbers), frames, sent)


def handshake(port: int, path: str, protocols: str | None) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    offered = f"Sec-WebSocket-Protocol: {protocols}\r\n" if protocols else ""
    return (
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n{offered}\r\n"
    ).encode()


def cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def main() -> None:
    load = Load(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(load, command.pop("do"))(**command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
