"""What statistics add to the console: a webinar's tabs of numbers, its home's, the log of samples (spec 14)."""

from stats.admin import access_logs, attendance, comparison, exports, home, live_tab, seal_steps, statistics

__all__ = ["access_logs", "attendance", "comparison", "exports", "home", "live_tab", "seal_steps", "statistics"]
