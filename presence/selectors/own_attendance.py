"""What a person is told of their own attendance on the ended page (spec 15)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from presence.models import UserSession
from webinars.models import User, Webinar

Stretch = tuple[datetime, datetime]


def own_time(*, webinar: Webinar, user: User) -> timedelta:
    """The union of the person's sessions within the content window: two tabs side by side count once (spec 7).

    A session that is still open counts to five minutes after its last heartbeat at most.
    """
    window = webinar.content_window
    end = min(window.end or timezone.now(), timezone.now())
    grace = timedelta(seconds=settings.SESSION_STALE_SECONDS)
    sessions = UserSession.objects.filter(webinar_id=webinar.pk, user_id=user.pk).values_list(
        "entered_at", "exited_at", "last_heartbeat_at"
    )
    return union_length(
        (max(entered, window.start), min(exited or (heartbeat or entered) + grace, end))
        for entered, exited, heartbeat in sessions
    )


def union_length(stretches: Iterable[Stretch]) -> timedelta:
    total = timedelta()
    reached: datetime | None = None
    for start, end in sorted(stretches):
        begin = start if reached is None else max(start, reached)
        if end > begin:
            total += end - begin
            reached = end
    return total
