"""The demo's balancer: one address in front of several web and socket processes, as a proxy is in production.

`python -m eventflow.demo.balancer --listen 8000 --web 8001 8002 --sockets 8003 8004`. It reads the first line of
what a visitor sends, takes a process that accepts, and from then on only carries bytes both ways: a connection stays
with its process, whichever request comes next on it. Browsers open a connection of its own for a websocket, so `/ws/`
tells which kind of process is meant. For this machine and the demo; in production nginx or a cloud's does this.
"""

import argparse
import asyncio
import itertools
import resource
import signal
from collections.abc import Sequence

HOST = "127.0.0.1"
LONGEST_LINE = 16_384
FIRST_LINE_SECONDS = 10.0
CONNECT_SECONDS = 2.0
BACKLOG = 4096
FILES = 32_768
SOCKET_PATH = b"/ws/"
NOBODY = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nContent-Type: text/plain; charset=utf-8\r\n"
    b"Content-Length: 27\r\nConnection: close\r\n\r\nNo process is running yet.\n"
)
UNREADABLE = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Backends:
    """Processes of one kind on this machine, taken in turn."""

    def __init__(self, ports: Sequence[int]) -> None:
        self.ports = ports
        self._turns = itertools.cycle(range(len(ports)))

    async def connect(self, end: "Process") -> bool:
        """A connection to the next process that accepts; what it says goes through `end`. False when none does."""
        first = next(self._turns)
        loop = asyncio.get_running_loop()
        for offset in range(len(self.ports)):
            port = self.ports[(first + offset) % len(self.ports)]
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    await loop.create_connection(lambda: end, HOST, port)
            except (OSError, TimeoutError):
                continue
            return True
        return False


class End(asyncio.Protocol):
    """One end of a pair: what arrives here is written to the other, no faster than the other takes it."""

    transport: asyncio.Transport
    other: "End"
    ended = False  # it said everything

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        self.other.transport.write(data)

    def eof_received(self) -> bool:
        """Whoever has said everything may still be listening: the end of one direction is handed on, no more, and the
        connection is over when both have said everything."""
        self.ended = True
        if self.other.ended:
            self.other.transport.close()
        elif not self.other.transport.is_closing():
            self.other.transport.write_eof()
        return not self.other.ended

    def pause_writing(self) -> None:
        self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if not self.other.transport.is_closing():
            self.other.transport.resume_reading()

    def connection_lost(self, error: Exception | None) -> None:
        """What was received before is still handed on; a broken line is broken at the other end, too."""
        if error is None:
            self.other.transport.close()
        else:
            self.other.transport.abort()


class Process(End):
    """The end towards one of our processes."""

    def __init__(self, visitor: "Visitor") -> None:
        self.other = visitor


class Visitor(End):
    """The end towards a browser. Until it is known which process is meant, what it sends is kept."""

    def __init__(self, web: Backends, sockets: Backends, visitors: set["Visitor"]) -> None:
        self.web = web
        self.sockets = sockets
        self.visitors = visitors
        self.kept = b""
        self.joined = False
        self.joining: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        self.visitors.add(self)
        self.limit = asyncio.get_running_loop().call_later(FIRST_LINE_SECONDS, self.transport.close)

    def data_received(self, data: bytes) -> None:
        if self.joined:
            super().data_received(data)
            return
        self.kept += data
        if self.joining is not None:
            return
        line, found, _ = self.kept.partition(b"\r\n")
        if found:
            self.transport.pause_reading()  # what else it sends waits for its process outside our memory
            self.joining = asyncio.create_task(self._join(line))
        elif len(self.kept) > LONGEST_LINE:
            self._refuse(UNREADABLE)

    async def _join(self, line: bytes) -> None:
        self.limit.cancel()
        words = line.split(b" ")
        if len(words) != 3 or not words[1].startswith(b"/"):
            self._refuse(UNREADABLE)
            return
        backends = self.sockets if words[1].startswith(SOCKET_PATH) else self.web
        process = Process(self)
        if not await backends.connect(process):
            self._refuse(NOBODY)
            return
        self.other = process
        self.joined = True
        if self.transport.is_closing():  # gone meanwhile
            process.transport.abort()
            return
        self.transport.resume_reading()  # before the process may say that this is too much for it
        process.transport.write(self.kept)
        self.kept = b""

    def _refuse(self, answer: bytes) -> None:
        self.limit.cancel()
        if not self.transport.is_closing():
            self.transport.write(answer)
            self.transport.close()

    def eof_received(self) -> bool:
        return super().eof_received() if self.joined else False

    def pause_writing(self) -> None:
        if self.joined:
            super().pause_writing()

    def resume_writing(self) -> None:
        if self.joined:
            super().resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        self.visitors.discard(self)
        self.limit.cancel()
        if self.joined:
            super().connection_lost(error)


class Balancer:
    """Listens until `stop`. Connections that are open when it stops are broken, as by a proxy that restarts."""

    def __init__(self, *, web: Sequence[int], sockets: Sequence[int]) -> None:
        self.web = Backends(web)
        self.sockets = Backends(sockets)
        self.visitors: set[Visitor] = set()
        self.server: asyncio.Server | None = None

    async def start(self, port: int) -> int:
        """Answers the port, which is a free one when 0 is asked for."""
        self.server = await asyncio.get_running_loop().create_server(
            lambda: Visitor(self.web, self.sockets, self.visitors), HOST, port, backlog=BACKLOG
        )
        return int(self.server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        assert self.server is not None
        self.server.close()
        for visitor in list(self.visitors):
            visitor.transport.abort()
        await self.server.wait_closed()


async def run(*, listen: int, web: Sequence[int], sockets: Sequence[int]) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    balancer = Balancer(web=web, sockets=sockets)
    await balancer.start(listen)
    await stopping.wait()
    await balancer.stop()


def raise_file_limit() -> None:
    """Each connection is two open files here."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES if hard == resource.RLIM_INFINITY else min(FILES, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def main() -> None:
    parser = argparse.ArgumentParser(description="One port in front of several web and socket processes.")
    parser.add_argument("--listen", type=int, required=True)
    parser.add_argument("--web", type=int, nargs="+", required=True)
    parser.add_argument("--sockets", type=int, nargs="+", required=True)
    options = parser.parse_args()
    raise_file_limit()
    asyncio.run(run(listen=options.listen, web=options.web, sockets=options.sockets))


if __name__ == "__main__":
    main()
