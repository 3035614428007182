"""The calls of many pages over a few connections, as through a proxy. They wait their turn; the wait counts."""

import selectors
import socket
import time
from array import array
from collections import deque
from collections.abc import Callable, Sequence

from bench.http_load import whole_answer

AT_ONCE = 48
CALL_SECONDS = 10.0  # as long as a page waits for an answer

Done = Callable[[str], None]  # told the status, or what became of the call instead


class Connection:
    """One of the few to the web servers, with at most one call under way."""

    __slots__ = ("answer", "began", "done", "socket")

    def __init__(self) -> None:
        self.socket: socket.socket | None = None
        self.answer = b""
        self.began = 0.0
        self.done: Callable[[str], None] | None = None


class Calls:
    """Sends what it is given, to the web servers in turn. `seconds` are how long the answers took."""

    def __init__(self, selector: selectors.BaseSelector, web: Sequence[int]) -> None:
        self.selector = selector
        self.web = web
        self.waiting: deque[tuple[float, bytes, Done]] = deque()
        self.connections = [Connection() for _ in range(AT_ONCE)]
        self.idle = list(self.connections)
        self.seconds = array("d")

    @property
    def under_way(self) -> bool:
        return bool(self.waiting) or len(self.idle) < len(self.connections)

    def send(self, request: bytes, done: Done) -> None:
        self.waiting.append((time.monotonic(), request, done))
        self._send()

    def _send(self) -> None:
        while self.waiting and self.idle:
            began, request, done = self.waiting.popleft()
            if time.monotonic() - began > CALL_SECONDS:
                self.seconds.append(time.monotonic() - began)
                done("given up")
                continue
            connection = self.idle.pop()
            connection.began, connection.done, connection.answer = began, done, b""
            if connection.socket is None:
                port = self.web[self.connections.index(connection) % len(self.web)]
                try:
                    connection.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
                except OSError:
                    connection.socket = None
                    self._answered(connection, "network")
                    continue
                connection.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.socket.setblocking(False)
                self.selector.register(
                    connection.socket, selectors.EVENT_READ, lambda here=connection: self._read(here)
                )
            try:
                connection.socket.send(request)
            except OSError:
                self._broken(connection)

    def _read(self, connection: Connection) -> None:
        assert connection.socket is not None
        try:
            data = connection.socket.recv(262144)
        except ConnectionError:
            data = b""
        if not data:
            self._broken(connection)
            return
        connection.answer += data
        if whole_answer(connection.answer):
            self._answered(connection, connection.answer[9:12].decode())

    def _broken(self, connection: Connection) -> None:
        assert connection.socket is not None
        self.selector.unregister(connection.socket)
        connection.socket.close()
        connection.socket = None
        if connection.done is not None:
            self._answered(connection, "network")

    def _answered(self, connection: Connection, status: str) -> None:
        done, connection.done = connection.done, None
        self.seconds.append(time.monotonic() - connection.began)
        self.idle.append(connection)
        assert done is not None
        done(status)
        self._send()
