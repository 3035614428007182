"""What statistics add to the console: the live tab, the numbers of its home, and the log of samples (spec 14)."""

from stats.admin import access_logs, home, live_tab

__all__ = ["access_logs", "home", "live_tab"]
