from datetime import datetime
from typing import Any

from django.conf import settings
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from stats.sections.section import Section
from stats.selectors.access import TIMELINE_BUCKETS, access_timeline, access_totals, live_now
from webinars.models import Webinar


def figures(webinar: Webinar, now: datetime, may_see_personal: bool) -> dict[str, Any]:
    timeline = access_timeline(webinar.pk)
    return {
        "currentParticipants": live_now(webinar.pk, now=now)["people"],
        **access_totals(webinar.pk),
        "timeline": timeline.buckets,
        "timelineTruncated": timeline.truncated,
    }


SECTION = Section(
    name="access",
    title=_("Participants over time"),
    figures=figures,
    definitions={
        "currentParticipants": format_lazy(
            _("People whose page was heard of within the last {seconds} seconds. Guests are not among them."),
            seconds=settings.PRESENCE_ACTIVE_WINDOW_SECONDS,
        ),
        "totalAttendees": _("People who opened the live page at least once, at any time. Guests are not among them."),
        "maxConcurrentParticipants": _(
            "The largest number of people in one of the samples, of which one is taken every minute."
        ),
        "avgConcurrentParticipants": _(
            "The average over all samples, whatever the length of the buckets. Minutes without a sample do not count."
        ),
        "peakTime": _("The beginning of the first bucket with the largest number of people."),
        "timeline": format_lazy(
            _(
                "The samples gathered in buckets of 1, 5 or 15 minutes, the newest {buckets} of them. A bucket counts "
                "its samples, so that a missed minute shows; a missed bucket is a gap and not a zero."
            ),
            buckets=TIMELINE_BUCKETS,
        ),
        "timelineTruncated": _(
            "Whether there are older buckets than the timeline shows; the other figures count them."
        ),
    },
)
