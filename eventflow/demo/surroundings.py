"""What the demo needs before Django reads its settings: `manage.py` calls `prepare` first."""

import functools
import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

from eventflow.data_dir import StartError
from eventflow.embedded import EmbeddedServers

ROOT = Path(__file__).resolve().parent.parent.parent
HOST = "127.0.0.1"


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
    environ.setdefault("SOCKET_PORT", str(http_port() + 1))
    environ.setdefault("SECURE_COOKIES", "false")  # the demo speaks plain HTTP on this machine
    environ.setdefault("DEBUG", "false")
    environ.setdefault("EMAIL_BACKEND", "eventflow.demo.mail.TerminalMail")
    servers = EmbeddedServers(environ["EVENTFLOW_DATA_DIR"])
    servers.configure(environ, also={"DEBUG": "true", "SECURE_COOKIES": "false"})
    return servers


def http_port() -> int:
    return number("PORT", lowest=1, highest=65534)


def attendee_count() -> int:
    return number("ATTENDEES", lowest=0, highest=10_000)


def number(name: str, *, lowest: int, highest: int) -> int:
    text = os.environ[name]
    if not text.isdigit() or not lowest <= int(text) <= highest:
        raise StartError(f"{name}={text} does not work: give a whole number from {lowest} to {highest}.")
    return int(text)


def check_ports() -> None:
    """Both ports must be free: one for HTTP, the next for sockets."""
    for port in (http_port(), int(os.environ["SOCKET_PORT"])):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except PermissionError:
                raise StartError(
                    f"Port {port} needs root: choose one above 1023, as in `make demo PORT=8080`."
                ) from None
            except OSError:
                raise StartError(
                    f"Port {port} is taken by another program: stop it, or choose others with "
                    f"`make demo PORT={free_pair()}` (HTTP there, sockets on the next)."
                ) from None


def free_pair() -> int:
    """A port that is free together with the next one."""
    for port in range(8080, 65000, 10):
        with socket.socket() as first, socket.socket() as second:
            try:
                first.bind((HOST, port))
                second.bind((HOST, port + 1))
            except OSError:
                continue
            return port
    return 8080


def shown_address(url: str) -> str:
    """An address without its password, for messages."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"
