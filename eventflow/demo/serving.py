"""The processes that visitors talk to: one web and one socket server, or several of each behind a balancer."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from eventflow.demo import programs
from eventflow.demo.programs import Child


@dataclass(frozen=True)
class Addresses:
    """Ports of this machine. Visitors come to `port`; without a balancer that is the only web server's own."""

    host: str
    port: int
    web: tuple[int, ...]
    sockets: tuple[int, ...]

    @property
    def balanced(self) -> bool:
        return self.web != (self.port,)

    @property
    def every_port(self) -> list[int]:
        return sorted({self.port, *self.web, *self.sockets})

    @property
    def socket_port(self) -> int:
        """For the setting SOCKET_PORT: 0 when sockets are where the pages are."""
        return 0 if self.balanced else self.sockets[0]

    @property
    def http_url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def sockets_url(self) -> str:
        return f"ws://{self.host}:{self.socket_port or self.port}"


def addresses(*, host: str, port: int, web: int) -> Addresses:
    """One of each: `port` and the next. More: the balancer on `port`, web servers on the next, then socket servers."""
    if web == 1:
        return Addresses(host, port, (port,), (port + 1,))
    first = port + 1
    return Addresses(host, port, tuple(range(first, first + web)), tuple(range(first + web, first + 2 * web)))


@dataclass(frozen=True)
class Serving:
    """`ready` says where each child tells that it serves."""

    web: list[Child]
    sockets: list[Child]
    balancer: list[Child]
    ready: dict[str, str]

    @property
    def children(self) -> list[Child]:
        """In the order of starting: who asks comes after who answers."""
        return [*self.web, *self.sockets, *self.balancer]


def serving(
    where: Addresses, *, logs: Path, environ: Mapping[str, str] | None = None, web_output: int | None = None
) -> Serving:
    """Nothing is started yet. `web_output` is the descriptor for what web servers print, instead of their logs."""
    ready = {}

    def child(name: str, command: list[str], port: int, own_output: int | None = None) -> Child:
        ready[name] = f"http://{where.host}:{port}/healthz"
        return Child(name, command, log=logs / f"{name.replace(' ', '-')}.log", environ=environ, own_output=own_output)

    web = [
        child(name, programs.http_server(host=where.host, port=port), port, web_output)
        for name, port in numbered("web", where.web)
    ]
    sockets = [
        child(name, programs.socket_server(host=where.host, port=port), port)
        for name, port in numbered("sockets", where.sockets)
    ]
    balancer = []
    if where.balanced:
        command = programs.balancer(port=where.port, web=where.web, sockets=where.sockets)
        balancer.append(child("balancer", command, where.port))
    return Serving(web, sockets, balancer, ready)


def numbered(name: str, ports: tuple[int, ...]) -> list[tuple[str, int]]:
    if len(ports) == 1:
        return [(name, ports[0])]
    return [(f"{name} {number}", port) for number, port in enumerate(ports, start=1)]
