"""The minute's samples, what long histories come to, sealed attendance, and files of it (spec 6 and 7)."""

from stats.models.access_log import AccessLog, AccessLogQuerySet
from stats.models.export import Export, ExportQuerySet
from stats.models.seal import AttendanceSeal, AttendanceSealQuerySet, SealedAttendance
from stats.models.summary import AccessDay, AccessSummary

__all__ = [
    "AccessDay",
    "AccessLog",
    "AccessLogQuerySet",
    "AccessSummary",
    "AttendanceSeal",
    "AttendanceSealQuerySet",
    "Export",
    "ExportQuerySet",
    "SealedAttendance",
]
