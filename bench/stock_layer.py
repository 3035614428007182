"""The usual way to reach many sockets, for comparison: a Channels group on channels-redis' PubSub layer."""

import os
from typing import Any

from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventflow.settings")
settings.CHANNEL_LAYERS = {
    "default": {
        "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
        "CONFIG": {"hosts": [{"address": settings.REDIS_URL, "max_connections": 5000}], "capacity": 100_000},
    }
}

from django.core.asgi import get_asgi_application  # noqa: E402  the settings come first

get_asgi_application()

from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402

GROUP = "room"


class Stock(AsyncWebsocketConsumer):
    async def connect(self) -> None:
        if self.scope["path"] == "/control":
            await self.accept()
            return
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept("eventflow.v1")
        await self.send('{"type":"hello","seq":0}')

    async def disconnect(self, code: int) -> None:
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.channel_layer.group_send(GROUP, {"type": "frame", "text": text_data})

    async def frame(self, message: dict[str, Any]) -> None:
        await self.send(message["text"])


application = Stock.as_asgi()
