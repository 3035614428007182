import re
from urllib.parse import urlsplit

from django.conf import settings
from django.http.request import validate_host

ANY = "*"
# As browsers write one: a name in ASCII (others come as xn--…) or an address, and a port unless it is the usual one.
ORIGIN = re.compile(r"https?://(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")


def socket_origin(*, host: str, secure: bool) -> str:
    """Where pages of `host` find the socket: on their own origin, or on `SOCKET_PORT` of the same machine (spec 8)."""
    scheme = "wss" if secure else "ws"
    if not settings.SOCKET_PORT:
        return f"{scheme}://{host}"
    name = urlsplit(f"//{host}").hostname or ""
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{settings.SOCKET_PORT}"


def is_own_page(origin: str, *, host: str) -> bool:
    """Whether a page with this `Origin` may open a socket here: one of a host that pages are served for, on whatever
    port. `host` is what the browser asked for; it decides where any host is served."""
    name = _name(origin)
    if name is None:  # "null" among others: a frame or file that nobody answers for
        return False
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    named = [allowed for allowed in settings.ALLOWED_HOSTS if allowed != ANY]
    if validate_host(f"[{name}]" if ":" in name else name, named):
        return True
    return ANY in settings.ALLOWED_HOSTS and name == _name(f"http://{host}")


def _name(origin: str) -> str | None:
    """The host's name of an origin; None of what is none, such as one with a path or a person in it."""
    if not ORIGIN.fullmatch(origin):
        return None
    try:
        parts = urlsplit(origin)
        _port = parts.port
    except ValueError:
        return None
    return parts.hostname
