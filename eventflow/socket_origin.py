from urllib.parse import urlsplit

from django.conf import settings


def socket_origin(*, host: str, secure: bool) -> str:
    """Where pages of `host` find the socket: on their own origin, or on `SOCKET_PORT` of the same machine (spec 8)."""
    scheme = "wss" if secure else "ws"
    if not settings.SOCKET_PORT:
        return f"{scheme}://{host}"
    name = urlsplit(f"//{host}").hostname or ""
    return f"{scheme}://{f'[{name}]' if ':' in name else name}:{settings.SOCKET_PORT}"
