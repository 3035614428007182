"""When a person was where: the part of this app in what is stored about them."""

from typing import Any

from django.db.models import F, QuerySet
from django.utils.translation import gettext_lazy as _

from presence.models import LivePresence, UserSession
from webinars.models import User
from webinars.selectors.personal_data import Part


def _sessions(user: User) -> QuerySet[Any, Any]:
    return (
        UserSession.objects.filter(user=user)
        .order_by("webinar", "entered_at", "pk")
        .values(
            "referrer",
            webinarId=F("webinar_id"),
            webinarTitle=F("webinar__title"),
            page=F("session_id"),
            enteredAt=F("entered_at"),
            leftAt=F("exited_at"),
            lastHeartbeatAt=F("last_heartbeat_at"),
            watchedSeconds=F("watched_seconds_raw"),
            watchedStretches=F("watched_ranges"),
            silentStretches=F("silent_ranges"),
            closedBecause=F("closed_reason"),
            browser=F("user_agent"),
            ipAddress=F("ip_address"),
        )
    )


def _presence(user: User) -> QuerySet[Any, Any]:
    rows = LivePresence.objects.filter(user=user).order_by("joined_at")
    return rows.values(
        webinarId=F("webinar_id"),
        webinarTitle=F("webinar__title"),
        joinedAt=F("joined_at"),
        lastSeenAt=F("last_seen_at"),
    )


PARTS = {
    "pageSessions": Part(_("Pages you opened"), (UserSession,), _sessions),
    "presence": Part(_("Where you are now"), (LivePresence,), _presence),
}
