"""The room's load client, a process of its own: thousands of pages, each with a socket, that come back when they lose
it as the live page does (socket.js, room.js, polling.js), and then ask what they missed.

Takes one command (JSON) per line on standard input and answers each with one line of JSON:

    open    connect `sockets` pages, wait for the hello of each
    listen  read for `seconds`, then until `messages` have come to every page or nothing comes any more
    storm   until every page has lost its socket and is back, `seconds` at most

A page's calls go over a few connections, as through a proxy, and wait their turn there: the wait counts.
"""

import errno
import heapq
import json
import random
import re
import selectors
import socket
import sys
import time
import uuid
from array import array
from collections import Counter
from collections.abc import Callable
from typing import Any

from bench.http_load import percentile
from bench.page_calls import Calls
from bench.socket_load import HELLO_SEQ, Content, cpu_seconds, handshake, read_content, split

AT_ONCE = 256  # handshakes under way while opening
HELLO_SECONDS = 10.0
SILENCE_SECONDS = 10.0
FIRST_WAIT, LONGEST_WAIT = 2.0, 30.0
POLLING_AFTER, POLLING_SPREAD, POLL_EVERY = 4.0, (2.0, 5.0), 2.0
CLOSE, REALTIME_AWAY = 8, 1013
EPOCH = re.compile(rb'"epoch":"([0-9a-f]+)"')
RECONNECT = re.compile(rb'"reconnectSeconds":(\d+)')
MESSAGE_SEQ = re.compile(rb'"message":\{"id":"[^"]*","seq":(\d+)')


class Page:
    __slots__ = ("asking", "attempt", "connected", "epoch", "failures", "first_wait", "lost_at", "missed_after",
                 "number", "port", "rest", "seq", "socket", "token", "turn")  # fmt: skip

    def __init__(self, number: int, port: int, token: str) -> None:
        self.number = number
        self.port = port
        self.token = token
        self.socket: socket.socket | None = None
        self.connected = False  # the handshake and the hello are behind it
        self.rest = b""
        self.epoch = ""
        self.seq = 0
        self.first_wait = FIRST_WAIT
        self.attempt = 0
        self.failures = 0
        self.lost_at = 0.0
        self.missed_after = 0
        self.asking = False
        self.turn = 0  # what was planned for an earlier turn is void


class Pages:
    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.ports: list[int] = job["ports"]
        self.webinar: str = job["webinar"]
        with open(job["passes"]) as file:  # noqa: PTH123
            self.tokens = [token for token, _ in json.load(file)]
        self.selector = selectors.DefaultSelector()
        self.pages: list[Page] = []
        self.timers: list[tuple[float, int, Callable[[], None]]] = []
        self.planned = 0
        self.opening = 0
        self.live = 0
        self.contents: dict[bytes, Content] = {}
        self.latencies = array("d")
        self.last_at: dict[int, int] = {}
        self.arrived: Counter[int] = Counter()
        self.holes = 0
        self.message_seq = 0
        self.refused: Counter[str] = Counter()
        self.closed: Counter[str] = Counter()
        self.calls = Calls(self.selector, job["web"])
        self.statuses: Counter[str] = Counter()
        self.back_after = array("d")
        self.chance = random.Random(1)

    # --- Commands

    def open(self, *, sockets: int) -> dict[str, Any]:
        began = time.perf_counter()
        while self.live < sockets:
            while len(self.pages) < sockets and self.opening < AT_ONCE:
                number = len(self.pages)
                page = Page(number, self.ports[number % len(self.ports)], self.tokens[number])
                self.pages.append(page)
                self._connect(page)
            self._turn(SILENCE_SECONDS)
        return {"seconds": time.perf_counter() - began, "refused": dict(self.refused)}

    def listen(self, *, seconds: float, messages: int | None = None) -> dict[str, Any]:
        self.latencies = array("d")
        self.last_at.clear()
        self.arrived.clear()
        holes, cpu, began = self.holes, cpu_seconds(), time.perf_counter()
        while (left := began + seconds - time.perf_counter()) > 0:
            self._turn(left)
        used = (cpu_seconds() - cpu) / (time.perf_counter() - began)
        expected = len(self.arrived) if messages is None else messages
        quiet_at = time.perf_counter() + SILENCE_SECONDS
        while sum(self.arrived.values()) < expected * self.live and time.perf_counter() < quiet_at:
            self._turn(0.5)
        ordered = sorted(self.latencies)
        last = sorted((at - sent) / 1e9 for sent, at in self.last_at.items())
        return {
            "deliveries": len(ordered),
            "p50": percentile(ordered, 50),
            "p95": percentile(ordered, 95),
            "p99": percentile(ordered, 99),
            "worst": percentile(ordered, 100),
            "lastPageP50": percentile(last, 50),
            "lastPageP95": percentile(last, 95),
            "lost": expected * self.live - sum(self.arrived.values()),
            "holes": self.holes - holes,
            "clientCpu": used,
            "live": self.live,
        }

    def storm(self, *, seconds: float) -> dict[str, Any]:
        self.back_after = array("d")
        self.calls.seconds = array("d")
        self.statuses.clear()
        self.refused.clear()
        self.closed.clear()
        cpu, began = cpu_seconds(), time.perf_counter()
        while time.perf_counter() < began + seconds:
            self._turn(0.2)
            if len(self.back_after) >= len(self.pages) and self.live == len(self.pages) and not self.calls.under_way:
                break
        spent = time.perf_counter() - began
        back, calls = sorted(self.back_after), sorted(self.calls.seconds)
        return {
            "seconds": spent,
            "lost": len(self.back_after),
            "live": self.live,
            "backP50": percentile(back, 50),
            "backP95": percentile(back, 95),
            "backLast": percentile(back, 100),
            "refused": dict(self.refused),
            "closed": dict(self.closed),
            "calls": len(calls),
            "callsP50": percentile(calls, 50),
            "callsP95": percentile(calls, 95),
            "callsWorst": percentile(calls, 100),
            "statuses": dict(self.statuses),
            "clientCpu": (cpu_seconds() - cpu) / spent,
        }

    # --- The loop

    def _turn(self, longest: float) -> None:
        now = time.monotonic()
        if self.timers:
            longest = min(longest, max(0.0, self.timers[0][0] - now))
        for key, _ in self.selector.select(longest):
            key.data()
        now = time.monotonic()
        while self.timers and self.timers[0][0] <= now:
            heapq.heappop(self.timers)[2]()

    def _after(self, seconds: float, do: Callable[[], None]) -> None:
        self.planned += 1
        heapq.heappush(self.timers, (time.monotonic() + seconds, self.planned, do))

    # --- Sockets

    def _connect(self, page: Page) -> None:
        page.turn += 1
        self.opening += 1
        own = socket.socket()
        own.setblocking(False)
        page.socket, page.rest = own, b""
        code = own.connect_ex(("127.0.0.1", page.port))
        if code not in (0, errno.EINPROGRESS):
            self.refused[f"connect: {errno.errorcode.get(code, code)}"] += 1
            self._lost(page)
            return
        self.selector.register(own, selectors.EVENT_WRITE, lambda: self._connected(page))
        turn = page.turn
        self._after(HELLO_SECONDS, lambda: self._too_late(page, turn))

    def _too_late(self, page: Page, turn: int) -> None:
        if page.turn == turn and not page.connected and page.socket is not None:
            self.refused["no hello in time"] += 1
            self._lost(page)

    def _connected(self, page: Page) -> None:
        assert page.socket is not None
        if code := page.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.refused[f"connect: {errno.errorcode.get(code, code)}"] += 1
            self._lost(page)
            return
        self.selector.modify(page.socket, selectors.EVENT_READ, lambda: self._read(page))
        page_id = uuid.UUID(int=page.number + 1).hex
        path = f"/ws/webinars/{self.webinar}/?page={page_id}&since={self.job['since']}"
        if page.epoch:
            path += f"&epoch={page.epoch}&seq={page.seq}"
        page.socket.send(handshake(page.port, path, f"eventflow.v1, bearer.{page.token}"))

    def _read(self, page: Page) -> None:
        assert page.socket is not None
        try:
            data = page.socket.recv(262144)
        except ConnectionError:
            data = b""
        if not data:
            if not page.connected:
                self.refused["closed before hello"] += 1
            self._lost(page)
            return
        now = time.monotonic_ns()
        if page.connected and not page.rest:
            content = self.contents.get(data)
            if content is not None:
                self._count(page, content, now)
                return
        self._take(page, page.rest + data, now)

    def _take(self, page: Page, data: bytes, now: int) -> None:
        if not page.connected:
            head, found, frames = data.partition(b"\r\n\r\n")
            if not found or (head.startswith(b"HTTP/1.1 101") and len(frames) < 2):
                page.rest = data
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self.refused[f"HTTP {head[9:12].decode()}"] += 1
                self._lost(page)
                return
            data = frames
        if data[0] & 15 == CLOSE:
            code = int.from_bytes(data[2:4]) if len(data) >= 4 else 0
            if code == REALTIME_AWAY:
                page.epoch = ""
            (self.closed if page.connected else self.refused)[f"closed with {code}"] += 1
            self._lost(page)
            return
        payloads, pings, rest = split(data)
        if not page.connected:
            if not payloads:
                page.rest = b"HTTP/1.1 101\r\n\r\n" + data
                return
            self._hello(page, payloads.pop(0))
        page.rest = rest
        for ping in pings:  # or the server takes us for dead
            assert page.socket is not None
            page.socket.send(bytes([0x8A, 0x80 | len(ping)]) + b"\0\0\0\0" + ping)
        if payloads:
            content = read_content(payloads)
            for payload in payloads:
                for number in MESSAGE_SEQ.findall(payload):
                    self.message_seq = max(self.message_seq, int(number))
            if not rest and not pings:
                if len(self.contents) > 1000:
                    self.contents.clear()
                self.contents[data] = content
            self._count(page, content, now)

    def _hello(self, page: Page, hello: bytes) -> None:
        found, epoch = HELLO_SEQ.search(hello), EPOCH.search(hello)
        if found is None or epoch is None:
            raise RuntimeError(f"no hello: {hello!r}")
        heard = (page.epoch, page.seq)
        page.epoch, page.seq = epoch[1].decode(), int(found[1])
        goes_on = heard == (page.epoch, page.seq)
        if wait := RECONNECT.search(hello):
            page.first_wait = float(wait[1])
        page.connected = True
        page.turn += 1
        page.attempt = 0
        self.opening -= 1
        self.live += 1
        if page.lost_at:
            self.back_after.append(time.monotonic() - page.lost_at)
            for what in () if goes_on else ("messages", "questions", "state"):
                self._ask(page, what)

    def _count(self, page: Page, content: Content, now: int) -> None:
        if not content.events:
            return
        if content.first != page.seq + 1:
            self.holes += content.first - page.seq - 1
        self.holes += content.last - content.first + 1 - content.events
        page.seq = content.last
        for sent in content.sent:
            self.latencies.append((now - sent) / 1e9)
            self.last_at[sent] = now
            self.arrived[sent] += 1

    def _lost(self, page: Page) -> None:
        if page.socket is not None:
            if page.socket.fileno() >= 0 and page.socket.fileno() in self.selector.get_map():
                self.selector.unregister(page.socket)
            page.socket.close()
            page.socket = None
        if page.connected:
            page.connected = False
            self.live -= 1
            page.lost_at = time.monotonic()
            page.missed_after = self.message_seq
            least, most = POLLING_SPREAD
            spread = min(most, max(least, page.first_wait / 2))
            self._after(POLLING_AFTER + self.chance.uniform(0, spread), lambda: self._poll(page))
        else:
            self.opening -= 1
        longest = min(LONGEST_WAIT, max(FIRST_WAIT, page.first_wait) * 2**page.attempt)
        page.attempt += 1
        self._after(self.chance.uniform(1.0, longest), lambda: self._connect(page))

    # --- Calls

    def _poll(self, page: Page) -> None:
        if not page.connected and not page.asking:
            page.asking = True
            self._ask(page, "messages", then=lambda: self._polled(page))

    def _polled(self, page: Page) -> None:
        page.asking = False
        self._after(POLL_EVERY * self.chance.uniform(0.8, 1.2), lambda: self._poll(page))

    def _ask(self, page: Page, what: str, *, then: Callable[[], None] | None = None) -> None:
        query = f"messages?after={page.missed_after}&limit=200&changed_after=0" if what == "messages" else what
        request = (
            f"GET /api/webinars/{self.webinar}/{query} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
            f"User-Agent: Mozilla/5.0 (bench)\r\nAuthorization: Bearer {page.token}\r\n\r\n"
        ).encode()

        def done(status: str) -> None:
            self.statuses[status] += 1
            if status == "200":
                page.failures = 0
            else:  # asked again a little later, as the page does
                page.failures += 1
                wait = min(60.0, POLL_EVERY * 2**page.failures) * self.chance.uniform(0.8, 1.2)
                if then is None:
                    self._after(wait, lambda: self._ask(page, what))
            if then is not None:
                then()

        self.calls.send(request, done)


def main() -> None:
    pages = Pages(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        command = json.loads(line)
        answer = getattr(pages, command.pop("do"))(**command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
