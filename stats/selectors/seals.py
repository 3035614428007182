"""A webinar's seals, and what they can still be compared with (spec 7)."""

from datetime import datetime, timedelta

from django.conf import settings

from presence.models import UserSession
from presence.sql.ledger import Frame
from stats.models import AttendanceSeal
from stats.sql.sealing import sealed_frame
from webinars.models import Webinar


def newest_seal(webinar: Webinar) -> AttendanceSeal | None:
    """One query."""
    return AttendanceSeal.objects.filter(webinar=webinar).order_by("-version").first()


def frame_of_seal(seal: AttendanceSeal) -> Frame:
    """What its figures were computed with, so that they can be computed again."""
    return sealed_frame(
        webinar_id=seal.webinar_id,
        start=seal.window_start,
        until=seal.window_end,
        now=seal.sealed_at,
        intervals=seal.intervals,
    )


def sessions_were_pruned(seal: AttendanceSeal, *, now: datetime) -> bool:
    """Whether the raw sessions are gone because they were kept long enough; that they are gone earlier is no pruning.
    One query at most."""
    if not seal.totals["evidence"]["sessions"] or now < seal.window_end + retention():
        return False
    return not UserSession.objects.filter(webinar_id=seal.webinar_id).exists()


def retention() -> timedelta:
    return timedelta(days=settings.SESSION_RETENTION_DAYS)
