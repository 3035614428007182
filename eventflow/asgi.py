"""Sockets, for an ASGI server (uvicorn). HTTP is served here too, for development; production serves it by WSGI.

The socket's pass travels as a subprotocol, which no other site's page can make a browser send, so the handshake
needs no check of its origin.
"""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventflow.settings")

http = get_asgi_application()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402  settings come first
from django.urls import path, re_path  # noqa: E402

from webinars.realtime.consumer import NowhereConsumer, RoomConsumer  # noqa: E402

sockets = URLRouter([path("ws/webinars/<str:w>/", RoomConsumer.as_asgi()), re_path("", NowhereConsumer.as_asgi())])
application = ProtocolTypeRouter({"http": http, "websocket": sockets})
