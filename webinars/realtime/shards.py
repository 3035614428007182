"""On which Redis server a room lives (spec 8)."""

import hashlib
import uuid

from django.conf import settings

from eventflow import redis


def shard_url(webinar_id: uuid.UUID | str) -> str:
    """The one of REALTIME_REDIS_URLS that every process picks for this room.

    By the highest of hashes: a server that joins or leaves moves only the rooms that it takes or held. Addresses count
    without their passwords, which may change.
    """
    urls: list[str] = settings.REALTIME_REDIS_URLS
    return urls[0] if len(urls) == 1 else max(urls, key=lambda url: _weight(url, str(webinar_id)))


def _weight(url: str, webinar_id: str) -> bytes:
    return hashlib.blake2b(f"{redis.server(url).place} {webinar_id}".encode(), digest_size=8).digest()


def room_server(webinar_id: uuid.UUID | str) -> redis.Server:
    """The way to it for web processes and jobs; socket processes have connections of their own (`hub.py`)."""
    return redis.server(shard_url(webinar_id))
