"""What the console's live tab shows (spec 14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.urls import reverse

from stats.selectors.access import access_statistics
from webinars.models import Webinar
from webinars.services.managers import Manager


@dataclass(frozen=True)
class Clock:
    """Where a webinar stands in time. `kind` is one of before, running, over (by), open (no planned end), ended."""

    kind: str
    elapsed: timedelta
    remaining: timedelta | None


def clock(webinar: Webinar, *, now: datetime) -> Clock:
    window = webinar.content_window
    if webinar.state == Webinar.State.ENDED:
        return Clock("ended", (window.end or now) - window.start, None)
    if now < window.start or webinar.state != Webinar.State.LIVE:
        return Clock("before", timedelta(0), window.start - now)
    if window.end is None:
        return Clock("open", now - window.start, None)
    return Clock("running" if now < window.end else "over", now - window.start, window.end - now)


def live_tab(*, manager: Manager, now: datetime) -> dict[str, Any]:
    """The statistics as the person may see them, and what the page's script needs to go on asking: a manager's
    live pass and addresses."""
    webinar, access, issued = manager.webinar, manager.access, manager.issued
    statistics = access_statistics(viewer=manager.live_pass, start=None, end=None, now=now)
    api = {"w": webinar.slug}
    return {
        "clock": clock(webinar, now=now),
        "statistics": statistics,
        "sees_people": "see_personal" in access.verbs,
        "config": {
            "state": webinar.state,
            "startTime": webinar.webinar_start_time,
            "endTime": webinar.content_window.end,
            "scheduledEndTime": webinar.webinar_scheduled_end_time,
            "zone": webinar.time_zone,
            "bucketSeconds": webinar.bucket_seconds,
            "token": issued.token,
            "tokenExpiresAt": issued.expires_at,
            "serverTime": now,
            "statistics": statistics,
            "urls": {
                "token": reverse("webinars-api:token", kwargs=api),
                "statistics": reverse("stats-api:access", kwargs=api),
                "state": reverse("webinars-api:state", kwargs=api),
            },
        },
    }
