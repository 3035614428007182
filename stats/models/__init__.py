"""The minute's samples, what long histories come to, and attendance that was sealed (spec 6 and 7)."""

from stats.models.access_log import AccessLog, AccessLogQuerySet
from stats.models.seal import AttendanceSeal, AttendanceSealQuerySet, SealedAttendance
from stats.models.summary import AccessDay, AccessSummary

__all__ = [
    "AccessDay",
    "AccessLog",
    "AccessLogQuerySet",
    "AccessSummary",
    "AttendanceSeal",
    "AttendanceSealQuerySet",
    "SealedAttendance",
]
