"""People at the room's HTTP doors, a process of its own: so many messages and pings a second, whenever the last ones
are answered. Reads one job (JSON) from standard input, writes what it measured to standard output.

A message carries the moment at which it was sent, on the clock that all processes of the machine share.
"""

import asyncio
import json
import sys
import time
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx

from bench.http_load import percentile

CALL_SECONDS = 10.0


class People:
    def __init__(self, job: dict[str, Any], clients: list[httpx.AsyncClient]) -> None:
        self.job = job
        self.clients = clients
        with open(job["passes"]) as file:  # noqa: PTH123
            self.passes: list[tuple[str, str]] = json.load(file)
        self.seconds: dict[str, list[float]] = {"messages": [], "pings": []}
        self.statuses: dict[str, Counter[str]] = {"messages": Counter(), "pings": Counter()}

    async def message(self, number: int) -> None:
        body = {"body": f"sent:{time.monotonic_ns()} {'x' * 100}", "client_id": str(uuid.uuid4())}
        await self.call("messages", "messages", number, body)

    async def ping(self, number: int) -> None:
        _, session_id = self.passes[number % len(self.passes)]
        body = {"session_id": session_id, "view_state": {"is_visible": True, "is_active": True}}
        await self.call("pings", "presence/ping", number, body)

    async def call(self, kind: str, path: str, number: int, body: dict[str, Any]) -> None:
        token, _ = self.passes[number % len(self.passes)]
        client = self.clients[number % len(self.clients)]
        began = time.perf_counter()
        try:
            response = await client.post(
                f"/api/webinars/{self.job['webinar']}/{path}", json=body, headers={"Authorization": f"Bearer {token}"}
            )
            status = str(response.status_code)
        except httpx.HTTPError as error:
            status = type(error).__name__
        self.seconds[kind].append(time.perf_counter() - began)
        self.statuses[kind][status] += 1

    async def paced(self, do: Callable[[int], Awaitable[None]], rate: float) -> None:
        """Everybody in turn; the next one does not wait for the one before."""
        began = time.perf_counter()
        under_way = []
        for number in range(int(self.job["seconds"] * rate)):
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            under_way.append(asyncio.create_task(do(number)))  # type: ignore[arg-type]
        await asyncio.gather(*under_way)

    def found(self, kind: str) -> dict[str, Any]:
        ordered = sorted(self.seconds[kind])
        return {
            "count": len(ordered),
            "p50": percentile(ordered, 50),
            "p95": percentile(ordered, 95),
            "p99": percentile(ordered, 99),
            "worst": percentile(ordered, 100),
            "statuses": dict(self.statuses[kind]),
        }


async def run(job: dict[str, Any]) -> dict[str, Any]:
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    clients = [
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=CALL_SECONDS, limits=limits, trust_env=False)
        for port in job["web"]
    ]
    people = People(job, clients)
    await asyncio.gather(
        people.paced(people.message, job["messages"]),
        people.paced(people.ping, job["pings"]),
    )
    for client in clients:
        await client.aclose()
    return {kind: people.found(kind) for kind in ("messages", "pings")}


if __name__ == "__main__":
    json.dump(asyncio.run(run(json.load(sys.stdin))), sys.stdout)
