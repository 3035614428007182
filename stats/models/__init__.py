"""The minute's samples, from which timelines are read (spec 6)."""

from stats.models.access_log import AccessLog, AccessLogQuerySet

__all__ = ["AccessLog", "AccessLogQuerySet"]
