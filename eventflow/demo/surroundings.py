"""What the demo needs before Django reads its settings: `manage.py` calls `prepare` first."""

import contextlib
import functools
import os
import socket
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from eventflow.data_dir import StartError
from eventflow.demo.serving import Addresses, addresses
from eventflow.embedded import EmbeddedServers

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"
MOST_WEB = 8
SHARDS = 2  # Redis servers for the rooms of a demo with several processes


@functools.cache
def prepare() -> EmbeddedServers:
    """Decide which servers to bring and put their addresses, the secrets and the ports into the environment.

    The demo's own processes run as in production, without debug; commands that somebody types beside it find debug
    switched on in `<data_dir>/env`, as a demo is theirs to play with.
    """
    environ = os.environ
    environ.setdefault("EVENTFLOW_DATA_DIR", str(ROOT / ".data"))
    environ.setdefault("PORT", "8000")
    environ.setdefault("ATTENDEES", "25")
    environ.setdefault("WEB", "1")
    # Behind a balancer there is one address for everything, whatever a variable that was left over says.
    if web_count() > 1:
        environ["SOCKET_PORT"] = "0"
    environ.setdefault("SOCKET_PORT", str(http_port() + 1))
    environ.setdefault("SECURE_COOKIES", "false")  # the demo speaks plain HTTP on this machine
    environ.setdefault("DEBUG", "false")
    environ.setdefault("EMAIL_BACKEND", "eventflow.demo.mail.TerminalMail")
    servers = EmbeddedServers(environ["EVENTFLOW_DATA_DIR"])
    shards = SHARDS if web_count() > 1 else 1
    servers.configure(environ, also={"DEBUG": "true", "SECURE_COOKIES": "false"}, shards=shards)
    return servers


def http_port() -> int:
    return number("PORT", lowest=1, highest=65534 if web_count() == 1 else 65535 - 2 * web_count())


def web_count() -> int:
    """How many web servers, and as many socket servers."""
    return number("WEB", lowest=1, highest=MOST_WEB)


def where() -> Addresses:
    found = addresses(host=HOST, port=http_port(), web=web_count())
    if not found.balanced:
        return replace(found, sockets=(int(os.environ["SOCKET_PORT"]),))
    return found


def attendee_count() -> int:
    return number("ATTENDEES", lowest=0, highest=10_000)


def number(name: str, *, lowest: int, highest: int) -> int:
    text = os.environ[name]
    if not text.isdigit() or not lowest <= int(text) <= highest:
        raise StartError(f"{name}={text} does not work: give a whole number from {lowest} to {highest}.")
    return int(text)


def check_ports() -> None:
    """All of them must be free: HTTP and sockets, or the balancer and what is behind it."""
    wanted = where()
    for port in wanted.every_port:
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except PermissionError:
                raise StartError(
                    f"Port {port} needs root: choose one above 1023, as in `make demo PORT=8080`."
                ) from None
            except OSError:
                raise StartError(taken(port, wanted)) from None


def taken(port: int, wanted: Addresses) -> str:
    free = free_ports(len(wanted.every_port))
    if wanted.balanced:
        way_out = f"`make demo WEB={len(wanted.web)} PORT={free}` (and the {len(wanted.every_port) - 1} that follow)"
    else:
        way_out = f"`make demo PORT={free}` (HTTP there, sockets on the next)"
    return f"Port {port} is taken by another program: stop it, or choose others with {way_out}."


def free_pair() -> int:
    """A port that is free together with the next one."""
    return free_ports(2)


def free_ports(count: int) -> int:
    """A port that is free together with those that follow, `count` in all."""
    for first in range(8080, 65000, 10):
        with contextlib.ExitStack() as probes:
            try:
                for port in range(first, first + count):
                    probes.enter_context(socket.socket()).bind((HOST, port))
            except OSError:
                continue
            return first
    return 8080


def shown_address(url: str) -> str:
    """An address without its password, for messages."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
