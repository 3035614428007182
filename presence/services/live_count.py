"""The live count, told to open pages (spec 8): an aggregate, whose cost does not grow with the crowd."""

from datetime import datetime

from django.core.cache import cache

from presence.selectors.live import live_counts
from webinars.models import Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import publish

REMEMBER_SECONDS = 3600


def broadcast_counts(*, now: datetime) -> int:
    """Tell the pages of each webinar whose count has changed since it was last told. Answers how many were told."""
    counts = live_counts(now=now)
    running = set(Webinar.objects.public().in_content_window(now).values_list("pk", flat=True))
    told = 0
    for webinar_id in running | counts.keys():
        count = counts.get(webinar_id, 0)
        key = f"told-count:{webinar_id}"
        if cache.get(key) == count:
            continue
        if publish(webinar_id, EventType.PRESENCE_COUNT, {"count": count}) is not None:
            cache.set(key, count, REMEMBER_SECONDS)
            told += 1
    return told
