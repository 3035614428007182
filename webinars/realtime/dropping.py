"""A process's part in `drop_connections`: closing its sockets one after another, so that their pages come back
spread over time."""

import asyncio
import json
import time
from collections.abc import Iterable
from typing import Protocol

from webinars.realtime.events import CloseCode
from webinars.realtime.room import Room

REPORT_SECONDS = 0.5


class Reporter(Protocol):
    async def report(self, job: str, member: str, state: str) -> None: ...


async def drop(reporter: Reporter, process: str, rooms: Iterable[Room], order: str) -> None:
    """`order` is {"job": the key to report under, "rates": null to count only, or sockets a second by process}.

    Those that open meanwhile are left alone.
    """
    asked = json.loads(order)
    sockets = [(room, socket) for room in rooms for socket in room.sockets]
    if asked["rates"] is None:
        await reporter.report(asked["job"], process, f"0 {len(sockets)}")
        return
    rate = asked["rates"].get(process)
    if rate is None:
        return
    began = reported_at = time.monotonic()
    for closed, (room, socket) in enumerate(sockets):
        ahead = began + closed / rate - time.monotonic()
        if ahead > 0:
            await asyncio.sleep(ahead)
        room.turn_out(socket, CloseCode.RESTART)
        if time.monotonic() - reported_at >= REPORT_SECONDS:
            reported_at = time.monotonic()
            await reporter.report(asked["job"], process, f"{closed + 1} {len(sockets)}")
    await reporter.report(asked["job"], process, f"{len(sockets)} {len(sockets)}")
