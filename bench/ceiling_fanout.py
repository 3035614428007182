"""The ceiling of the fan-out: a bare ASGI program that puts a frame into the bounded queue of every socket.

`/control` is the socket of whoever commands: each text that comes there goes to all others as it is.
"""

import asyncio
from typing import Any

QUEUE_FRAMES = 64
HELLO = '{"type":"hello","seq":0}'
queues: set["asyncio.Queue[str]"] = set()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    assert scope["type"] == "websocket"
    await receive()
    if scope["path"] == "/control":
        await send({"type": "websocket.accept", "subprotocol": None})
        while (message := await receive())["type"] == "websocket.receive":
            _broadcast(message["text"])
        return
    await send({"type": "websocket.accept", "subprotocol": "eventflow.v1"})
    await send({"type": "websocket.send", "text": HELLO})
    queue: asyncio.Queue[str] = asyncio.Queue(QUEUE_FRAMES)
    queues.add(queue)
    writer = asyncio.create_task(_write(queue, send))
    try:
        while (await receive())["type"] != "websocket.disconnect":
            pass
    finally:
        queues.discard(queue)
        writer.cancel()


def _broadcast(text: str) -> None:
    for queue in queues:
        if queue.full():
            queue.get_nowait()
        queue.put_nowait(text)


async def _write(queue: "asyncio.Queue[str]", send: Any) -> None:
    while True:
        await send({"type": "websocket.send", "text": await queue.get()})
