"""A webinar's seals, and what they can still be compared with (spec 7)."""

from presence.models import UserSession
from presence.sql.ledger import Frame
from stats.models import AccessSummary, AttendanceSeal
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


def sessions_were_pruned(seal: AttendanceSeal) -> bool:
    """Whether the raw sessions go or are gone because they were kept long enough, which is written down before the
    first of them does (stats/services/retention.py); that they are gone otherwise is no pruning. One query."""
    return AccessSummary.objects.filter(webinar_id=seal.webinar_id, sessions_pruned_at__isnull=False).exists()


def sessions_are_missing(seal: AttendanceSeal) -> bool:
    """Whether the webinar has fewer raw sessions than were sealed. One query."""
    sealed: int = seal.totals["evidence"]["sessions"]
    return UserSession.objects.filter(webinar_id=seal.webinar_id).count() < sealed
