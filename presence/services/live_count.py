"""What the room's pages should know by now (spec 8): an aggregate, whose cost does not grow with the crowd."""

from datetime import datetime

from django.core.cache import cache
from django.db.models import F, Q

from presence.selectors.live import live_counts
from webinars.models import Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import publish

REMEMBER_SECONDS = 3600


def broadcast_counts(*, now: datetime) -> int:
    """Tell the pages of each webinar how many people are in it, whenever something of that has changed. Answers how
    many webinars were told.

    The state and the last numbers of messages, of changed messages and of changed questions ride along: an event that
    was lost between its commit and Redis is noticed by every page within one run of this.
    """
    counts = live_counts(now=now)
    running = Webinar.objects.public().in_content_window(now).values("pk")
    rooms = Webinar.objects.filter(Q(pk__in=running) | Q(pk__in=list(counts))).values_list(
        "pk",
        "state",
        F("chat_room__last_seq"),
        F("chat_room__last_changed_seq"),
        F("question_room__last_changed_seq"),
    )
    told = 0
    for webinar_id, state, last_seq, last_changed_seq, last_question_change in rooms:
        data = {
            "count": counts.get(webinar_id, 0),
            "state": state,
            "lastSeq": last_seq or 0,
            "lastChangedSeq": last_changed_seq or 0,
            "lastQuestionChange": last_question_change or 0,
        }
        key = f"told-count:{webinar_id}"
        if cache.get(key) == data:
            continue
        if publish(webinar_id, EventType.PRESENCE_COUNT, data) is not None:
            cache.set(key, data, REMEMBER_SECONDS)
            told += 1
    return told
