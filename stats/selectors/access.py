"""`stats/access`: how many people, now and over time (spec 6)."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db.models import Count

from eventflow import redis
from presence.models import UserSession
from presence.selectors.live import live_people
from stats.models import AccessLog
from webinars.services.live_pass import LivePass

CACHE_SECONDS = 5
LISTED_PEOPLE = 100


def access_statistics(
    *, viewer: LivePass, start: datetime | None, end: datetime | None, now: datetime
) -> dict[str, Any]:
    """What the bearer may see of the webinar's access statistics, at most 5 s old, shared by all who ask.

    Members with `see_statistics` get every figure; the list of people needs `see_personal`. Attendees get the live
    count, and display names where the webinar shows its participants. No query while the cache is warm.
    """
    live = _live(viewer.webinar_id, now)
    answer = {
        "currentParticipants": live["people"],
        "nextPollSeconds": _next_poll_seconds(),
        "asOf": live["as_of"],
    }
    if not viewer.may("see_statistics"):
        return {**answer, "currentParticipantList": _public_names(live)}
    history = _history(viewer.webinar_id, start, end)
    return {**answer, **history, "currentParticipantList": live["list"] if viewer.may("see_personal") else []}


def _live(webinar_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """One query when cold."""
    key = f"stats-live:{webinar_id}"
    cached: dict[str, Any] | None = cache.get(key)
    if cached is not None:
        return cached
    count, people, shown = live_people(webinar_id, now=now, limit=LISTED_PEOPLE)
    live = {"people": count, "list": people, "shown": shown, "as_of": now}
    cache.set(key, live, CACHE_SECONDS)
    return live


def _public_names(live: dict[str, Any]) -> list[dict[str, Any]]:
    """What attendees see of each other: display names, where the webinar shows its participants."""
    if not live["shown"]:
        return []
    return [{"displayName": person["displayName"]} for person in live["list"] if person["displayName"]]


def _history(webinar_id: uuid.UUID, start: datetime | None, end: datetime | None) -> dict[str, Any]:
    """Two queries when cold: the buckets, and the number of people."""
    key = f"stats-history:{webinar_id}:{start and start.timestamp()}:{end and end.timestamp()}"
    cached: dict[str, Any] | None = cache.get(key)
    if cached is not None:
        return cached
    history = summarize(access_timeline(webinar_id, start=start, end=end))
    history["totalAttendees"] = total_attendees(webinar_id)
    cache.set(key, history, CACHE_SECONDS)
    return history


def access_timeline(
    webinar_id: uuid.UUID, *, start: datetime | None = None, end: datetime | None = None
) -> list[dict[str, Any]]:
    """The buckets that begin in [start, end), oldest first. A missed minute shows in `sampleCount`, a missed bucket
    as a hole; neither is filled in."""
    buckets = AccessLog.objects.filter(webinar_id=webinar_id)
    if start is not None:
        buckets = buckets.filter(time_bucket__gte=start)
    if end is not None:
        buckets = buckets.filter(time_bucket__lt=end)
    rows = buckets.order_by("time_bucket").values_list(
        "time_bucket",
        "sum_participants",
        "sample_count",
        "max_participants",
        "min_participants",
        "last_participants",
    )
    return [
        {
            "time": time_bucket,
            "avgParticipants": round(total / samples, 2),
            "maxParticipants": most,
            "minParticipants": fewest,
            "lastParticipants": last,
            "sampleCount": samples,
            "sumParticipants": total,
        }
        for time_bucket, total, samples, most, fewest, last in rows
    ]


def summarize(timeline: list[dict[str, Any]]) -> dict[str, Any]:
    """Peak and average of a timeline. The average is over samples, not over buckets; the peak's time is the start of
    the first bucket that reached it. Without a sample both are 0, and the peak has no time."""
    samples = sum(bucket["sampleCount"] for bucket in timeline)
    total = sum(bucket["sumParticipants"] for bucket in timeline)
    peak = max(timeline, key=lambda bucket: bucket["maxParticipants"], default=None)
    return {
        "maxConcurrentParticipants": peak["maxParticipants"] if peak else 0,
        "avgConcurrentParticipants": round(total / samples, 2) if samples else 0,
        "peakTime": peak["time"] if peak and peak["maxParticipants"] else None,
        "timeline": [{name: bucket[name] for name in bucket if name != "sumParticipants"} for bucket in timeline],
    }


def total_attendees(webinar_id: uuid.UUID) -> int:
    """People (not guests) who opened the live page at least once."""
    found: int = UserSession.objects.filter(webinar_id=webinar_id).aggregate(people=Count("user_id", distinct=True))[
        "people"
    ]
    return found


def _next_poll_seconds() -> int:
    strained = redis.pause.active()
    return settings.ADMIN_POLL_DEGRADED_SECONDS if strained else settings.ADMIN_POLL_INTERVAL_SECONDS
