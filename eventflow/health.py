"""`/healthz` and `/readyz` (spec 18)."""

import logging

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse

from eventflow import redis

logger = logging.getLogger(__name__)


def healthz(request: HttpRequest) -> HttpResponse:
    """The process answers; nothing else is asked."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz(request: HttpRequest) -> JsonResponse:
    """200 when database, Redis and migrations are ready; otherwise 503 and which of them is not. Anybody may ask, so
    where the servers are, and what went wrong, stands in the log.

    Redis being away does not stop the service (realtime falls back to polling), but whoever operates it should know.
    """
    parts = {"database": _database(), "redis": _redis()}
    parts["migrations"] = _migrations() if parts["database"] == "ok" else "unknown"
    ready = all(state == "ok" for state in parts.values())
    return JsonResponse({"ready": ready, **parts}, status=200 if ready else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Exception as error:  # whatever is wrong, the answer is the same
        logger.warning("the database is away: %s", type(error).__name__)
        return "away"
    return "ok"


def _redis() -> str:
    """REDIS_URL, and every server that has rooms."""
    for url in dict.fromkeys([settings.REDIS_URL, *settings.REALTIME_REDIS_URLS]):
        server = redis.server(url)
        try:
            server.client.ping()
        except redis.RedisUnavailable as error:
            logger.warning("Redis is away at %s: %s", server.place, type(error).__name__)
            return "away"
    return "ok"


def _migrations() -> str:
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return "ok" if not plan else f"{len(plan)} to apply"
