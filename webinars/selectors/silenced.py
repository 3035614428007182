"""Who may not write in a webinar, or not be in it any more."""

from datetime import datetime
from typing import Any

from django.db.models import F, Q

from webinars.models import Registration, Webinar
from webinars.selectors.access import nameless

AT_MOST = 1000


def silenced_people(webinar: Webinar, *, now: datetime) -> list[dict[str, Any]]:
    """The muted and the banned, the latest ban first, then by the end of the mute. One query."""
    silenced = Registration.objects.filter(webinar=webinar).filter(Q(muted_until__gt=now) | Q(banned_at__isnull=False))
    latest = (F("banned_at").desc(nulls_last=True), F("muted_until").desc(nulls_last=True), "user_id")
    rows = silenced.order_by(*latest).values_list("user_id", "user__display_name", "muted_until", "banned_at")
    return [
        {
            "userId": user_id,
            "name": name or nameless(webinar.language),
            "mutedUntil": muted_until if muted_until is not None and muted_until > now else None,
            "bannedAt": banned_at,
        }
        for user_id, name, muted_until, banned_at in rows[:AT_MOST]
    ]
