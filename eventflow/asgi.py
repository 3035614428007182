"""Sockets, for an ASGI server (uvicorn). HTTP is served by WSGI (`eventflow/wsgi.py`).

The socket's pass travels as a subprotocol, which no other site's page has; the consumer looks at the origin besides.
"""

import os
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventflow.settings")
django.setup()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  settings come first
from django.urls import path, re_path  # noqa: E402

from eventflow.security_headers import PLAIN_HEADERS  # noqa: E402
from webinars.realtime.consumer import NowhereConsumer, RoomConsumer  # noqa: E402

PLAIN = [(name.lower().encode(), value.encode()) for name, value in PLAIN_HEADERS]


async def health(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """`/healthz` of this process; nothing else speaks HTTP here, where a request would open a connection of its own
    to the database."""
    found = scope["path"] == "/healthz"
    headers = [(b"content-type", b"text/plain"), *PLAIN]
    await send({"type": "http.response.start", "status": 200 if found else 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"ok\n" if found else b"Sockets live here, pages do not.\n"})


sockets = URLRouter([path("ws/webinars/<str:w>/", RoomConsumer.as_asgi()), re_path("", NowhereConsumer.as_asgi())])
application = ProtocolTypeRouter({"http": health, "websocket": sockets})
