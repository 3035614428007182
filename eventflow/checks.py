"""What must hold between settings, said at start with the names of both (spec 19, style 12)."""

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

NETWORK_LATENCY_SECONDS = 5


@register()
def check_interval_relations(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """ping + jitter + latency < active window < stale < Δ cap, and what follows from them."""
    slowest_ping = settings.PRESENCE_PING_INTERVAL_SECONDS + settings.PRESENCE_PING_JITTER_SECONDS
    cap = settings.SESSION_HEARTBEAT_INTERVAL_SECONDS * settings.SESSION_DELTA_CAP_MULTIPLIER
    relations = [
        (
            settings.PRESENCE_ACTIVE_WINDOW_SECONDS > slowest_ping + NETWORK_LATENCY_SECONDS,
            "PRESENCE_PING_INTERVAL_SECONDS + PRESENCE_PING_JITTER_SECONDS",
            "PRESENCE_ACTIVE_WINDOW_SECONDS",
            "people who are here would drop out of the count between two pings",
        ),
        (
            settings.PRESENCE_ACTIVE_WINDOW_SECONDS < settings.SESSION_STALE_SECONDS,
            "PRESENCE_ACTIVE_WINDOW_SECONDS",
            "SESSION_STALE_SECONDS",
            "a session would end while its person is still counted as here",
        ),
        (
            settings.SESSION_STALE_SECONDS < cap,
            "SESSION_STALE_SECONDS",
            "SESSION_HEARTBEAT_INTERVAL_SECONDS × SESSION_DELTA_CAP_MULTIPLIER",
            "a heartbeat that comes late but in time would lose watch time",
        ),
        (
            settings.PRESENCE_WRITE_THROTTLE_SECONDS
            < settings.PRESENCE_PING_INTERVAL_SECONDS - settings.PRESENCE_PING_JITTER_SECONDS,
            "PRESENCE_WRITE_THROTTLE_SECONDS",
            "PRESENCE_PING_INTERVAL_SECONDS − PRESENCE_PING_JITTER_SECONDS",
            "regular pings would be thrown away",
        ),
        (
            settings.ACCESS_TRACK_INTERVAL_SECONDS <= settings.SESSION_STALE_SECONDS,
            "ACCESS_TRACK_INTERVAL_SECONDS",
            "SESSION_STALE_SECONDS (at most)",
            "a page in the background would be closed while it is open",
        ),
        (
            settings.PRESENCE_PING_JITTER_SECONDS < settings.PRESENCE_PING_INTERVAL_SECONDS,
            "PRESENCE_PING_JITTER_SECONDS",
            "PRESENCE_PING_INTERVAL_SECONDS",
            "a ping could come at once",
        ),
    ]
    return [
        Error(f"{smaller} must be less than {larger}: otherwise {consequence}.", id="eventflow.E001")
        for holds, smaller, larger, consequence in relations
        if not holds
    ]


@register()
def check_secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    from webinars.services.live_pass import KeysMalformed, parse_keys

    problems: list[CheckMessage] = []
    try:
        parse_keys(settings.LIVE_PASS_KEYS)
    except KeysMalformed as error:
        problems.append(Error(str(error), id="eventflow.E002"))
    if settings.CRON_SECRET and len(settings.CRON_SECRET) < 16:
        problems.append(Error("CRON_SECRET must have at least 16 characters.", id="eventflow.E003"))
    return problems
