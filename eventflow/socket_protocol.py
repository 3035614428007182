"""uvicorn's websockets, less patient with whoever does not read or talks without end (docs/realtime.md).

uvicorn closes a connection that is not read only once all that was written has been read, that is never. And it
answers any number of pings, and keeps any number of empty pieces of a message, while everybody else's sockets wait.
"""

import socket
from asyncio.transports import BaseTransport
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.http11 import Response
from websockets.server import ServerProtocol

from eventflow.security_headers import PLAIN_HEADERS

UNREAD_MILLISECONDS = 60_000
MOST_FRAMES = 200  # of any kind, within so many seconds; a page has a few a minute
COUNTED_SECONDS = 10.0
BYTES_AT_ONCE = 4_096  # looked at before it is known whether too much comes


class Handshakes(ServerProtocol):
    """Refuses a handshake with the headers of every other answer."""

    def reject(self, status: Any, text: str) -> Response:
        refusal = super().reject(status, text)
        for name, value in PLAIN_HEADERS:
            refusal.headers[name] = value
        return refusal


class SocketProtocol(WebSocketsSansIOProtocol):
    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self.conn = Handshakes(
            extensions=self.conn.available_extensions, max_size=self.config.ws_max_size, logger=self.conn.logger
        )
        self.counted = 0
        self.count_ends_at = 0.0

    def connection_made(self, transport: BaseTransport) -> None:
        super().connection_made(transport)
        connection = transport.get_extra_info("socket")
        if hasattr(socket, "TCP_USER_TIMEOUT") and connection.family in (socket.AF_INET, socket.AF_INET6):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_MILLISECONDS)

    def data_received(self, data: bytes) -> None:
        for at in range(0, len(data), BYTES_AT_ONCE):
            if self.transport.is_closing():
                return
            super().data_received(data[at : at + BYTES_AT_ONCE])

    def handle_events(self) -> None:
        now = self.loop.time()
        if now >= self.count_ends_at:
            self.counted, self.count_ends_at = 0, now + COUNTED_SECONDS
        self.counted += len(self.conn.events)
        if self.counted > MOST_FRAMES:
            self.transport.abort()
        else:
            super().handle_events()
