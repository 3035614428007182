"""`stats/access`: how many people, now and over time (spec 6)."""

import uuid
from datetime import UTC, datetime
from typing import Any, NamedTuple, Protocol

from django.conf import settings
from django.core.cache import cache
from django.db.models import BigIntegerField
from django.db.models.functions import Cast, Extract

from eventflow import redis
from presence.selectors.live import live_people
from stats.models import AccessLog
from stats.sql.summaries import access_figures
from webinars.selectors.permissions import Verb

CACHE_SECONDS = 5
LISTED_PEOPLE = 100
TIMELINE_BUCKETS = 2_000
# As a number: reading 2,000 times as text takes a third of a cold answer.
START_SECONDS = Cast(Extract("time_bucket", "epoch", tzinfo=UTC), BigIntegerField())


class Asks(Protocol):
    """The bearer of a live pass, or a member with a session."""

    @property
    def webinar_id(self) -> uuid.UUID: ...

    def may(self, verb: Verb) -> bool: ...


def access_statistics(*, viewer: Asks, start: datetime | None, end: datetime | None, now: datetime) -> dict[str, Any]:
    """What the viewer may see of the webinar's access statistics, at most 5 s old, shared by all who ask.

    Members with `see_statistics` get every figure; the list of people needs `see_personal`. Attendees get the live
    count, and display names where the webinar shows its participants. No query while the cache is warm.
    """
    live = live_now(viewer.webinar_id, now=now)
    answer = {
        "currentParticipants": live["people"],
        "nextPollSeconds": next_poll_seconds(),
        "asOf": live["as_of"],
    }
    if not viewer.may("see_statistics"):
        return {**answer, "currentParticipantList": _public_names(live)}
    history = _history(viewer.webinar_id, start, end)
    return {**answer, **history, "currentParticipantList": live["list"] if viewer.may("see_personal") else []}


def live_now(webinar_id: uuid.UUID, *, now: datetime) -> dict[str, Any]:
    """How many `people` are here, the `list` of the first of them, and whether attendees are `shown` it; `as_of` is at
    most 5 s ago. One query when cold."""
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
    """Two queries when cold: the buckets, and what all of them come to."""
    key = f"stats-history:{webinar_id}:{start and start.timestamp()}:{end and end.timestamp()}"
    cached: dict[str, Any] | None = cache.get(key)
    if cached is not None:
        return cached
    timeline = access_timeline(webinar_id, start=start, end=end)
    history = {
        **access_totals(webinar_id, start=start, end=end),
        "timeline": timeline.buckets,
        "timelineTruncated": timeline.truncated,
    }
    cache.set(key, history, CACHE_SECONDS)
    return history


class Timeline(NamedTuple):
    """`truncated` says that the stretch has more buckets than were given."""

    buckets: list[dict[str, Any]]
    truncated: bool


def access_timeline(webinar_id: uuid.UUID, *, start: datetime | None = None, end: datetime | None = None) -> Timeline:
    """The buckets that begin in [start, end), oldest first: with `start` the first 2,000 from there, without it the
    newest 2,000. A missed minute shows in `sampleCount`, a missed bucket as a hole; neither is filled in. One query.
    """
    buckets = AccessLog.objects.filter(webinar_id=webinar_id)
    if start is not None:
        buckets = buckets.filter(time_bucket__gte=start)
    if end is not None:
        buckets = buckets.filter(time_bucket__lt=end)
    rows = list(
        buckets.order_by("-time_bucket" if start is None else "time_bucket").values_list(
            START_SECONDS,
            "sum_participants",
            "sample_count",
            "max_participants",
            "min_participants",
            "last_participants",
        )[: TIMELINE_BUCKETS + 1]
    )
    shown = rows[:TIMELINE_BUCKETS]
    if start is None:
        shown.reverse()
    return Timeline(
        [
            {
                "time": datetime.fromtimestamp(start_seconds, UTC),
                "avgParticipants": round(total / samples, 2),
                "maxParticipants": most,
                "minParticipants": fewest,
                "lastParticipants": last,
                "sampleCount": samples,
            }
            for start_seconds, total, samples, most, fewest, last in shown
        ],
        truncated=len(rows) > TIMELINE_BUCKETS,
    )


def access_totals(
    webinar_id: uuid.UUID, *, start: datetime | None = None, end: datetime | None = None
) -> dict[str, Any]:
    """Peak and average of all buckets that begin in [start, end), however many, and the people of the whole webinar.

    The average is over samples, not over buckets; the peak's time is the start of the first bucket that reached it.
    Without a sample both are 0, and the peak has no time. People are counted without guests; where there are more than
    50,000 sessions, by the minute job. One query.
    """
    figures = access_figures(webinar_id, start=start, end=end)
    return {
        "totalAttendees": figures.attendees,
        "maxConcurrentParticipants": figures.peak,
        "avgConcurrentParticipants": round(figures.total / figures.samples, 2) if figures.samples else 0,
        "peakTime": figures.peak_time if figures.peak else None,
    }


def next_poll_seconds() -> int:
    """How long dashboards wait until they ask again; longer while the system is under strain (spec 18)."""
    strained = redis.pause.active()
    return settings.ADMIN_POLL_DEGRADED_SECONDS if strained else settings.ADMIN_POLL_INTERVAL_SECONDS
