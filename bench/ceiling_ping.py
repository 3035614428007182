"""The ceiling of a ping: a bare ASGI program that reads the pass, runs the statement and answers 204.

The statement is ours, word for word, on a pool of prepared psycopg connections; nothing else of ours runs here.
"""

import json
import os
import uuid
from datetime import UTC, datetime
from typing import Any

import django
import jwt
import psycopg
from psycopg_pool import AsyncConnectionPool

django.setup()  # the statement stands beside models

from presence.sql.hot import PING, TOLD, limits  # noqa: E402

KEY = os.environ["LIVE_PASS_KEYS"].split(",")[0].partition(":")[2]
LIMITS = limits()
HEADERS = [(b"content-length", b"0")]
pool: AsyncConnectionPool[Any] | None = None


async def _configure(connection: psycopg.AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)


async def _open_pool() -> AsyncConnectionPool[Any]:
    global pool
    if pool is None:
        size = int(os.environ.get("CEILING_POOL", "8"))
        pool = AsyncConnectionPool(
            os.environ["DATABASE_URL"], min_size=size, max_size=size, open=False, configure=_configure
        )
        await pool.open(wait=True)
    return pool


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    assert scope["type"] == "http"
    connections = pool or await _open_pool()
    header = next(value for name, value in scope["headers"] if name == b"authorization")
    token = header.decode().removeprefix("Bearer ")
    claims = jwt.decode(
        token,
        KEY,
        algorithms=["HS256"],
        issuer="eventflow",
        audience="eventflow.live",
        options={"require": ["exp", "sub", "webinar_id", "client_id", "agency_id"]},
    )
    body = json.loads((await receive())["body"])
    async with connections.connection() as connection:
        cursor = await connection.execute(
            PING,
            {
                "webinar_id": uuid.UUID(claims["webinar_id"]),
                "user_id": uuid.UUID(claims["sub"]),
                "client_id": uuid.UUID(claims["client_id"]),
                "agency_id": uuid.UUID(claims["agency_id"]),
                "session_id": body["session_id"],
                "is_visible": body["view_state"]["is_visible"],
                "now": datetime.now(UTC),
                "untold": TOLD,
                **LIMITS,
            },
            prepare=True,
        )
        row = await cursor.fetchone()
    assert row == (True, True, True)
    await send({"type": "http.response.start", "status": 204, "headers": HEADERS})
    await send({"type": "http.response.body", "body": b""})
