"""What the home page lists."""

from datetime import datetime

from webinars.models import Webinar

PAST_SHOWN = 12
UPCOMING_SHOWN = 24


def webinars_to_show(*, now: datetime) -> dict[str, list[Webinar]]:
    """Live, upcoming (soonest first) and past (latest first) webinars that anybody may know of."""
    known = Webinar.objects.public().select_related("client")
    return {
        "live": list(known.filter(state=Webinar.State.LIVE).order_by("webinar_start_time")),
        "upcoming": list(known.filter(state=Webinar.State.SCHEDULED).order_by("webinar_start_time")[:UPCOMING_SHOWN]),
        "past": list(known.filter(state=Webinar.State.ENDED)[:PAST_SHOWN]),
    }
