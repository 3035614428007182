"""What statistics add to the console: a webinar's tabs of numbers, its home's, the log of samples (spec 14)."""

from stats.admin import access_logs, attendance, home, live_tab

__all__ = ["access_logs", "attendance", "home", "live_tab"]
