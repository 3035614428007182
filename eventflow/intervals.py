"""The intervals of presence, and what must hold between them (spec 19, style 12)."""

from collections.abc import Mapping

from django.conf import settings
from django.utils.translation import gettext as _

NETWORK_LATENCY_SECONDS = 5

NAMES = (
    "PRESENCE_PING_INTERVAL_SECONDS",
    "PRESENCE_PING_JITTER_SECONDS",
    "PRESENCE_WRITE_THROTTLE_SECONDS",
    "PRESENCE_ACTIVE_WINDOW_SECONDS",
    "SESSION_HEARTBEAT_INTERVAL_SECONDS",
    "SESSION_DELTA_CAP_MULTIPLIER",
    "SESSION_STALE_SECONDS",
    "ACCESS_TRACK_INTERVAL_SECONDS",
)


def problems(overrides: Mapping[str, int]) -> list[str]:
    """What is wrong with the settings' intervals under a webinar's `overrides`: a sentence each, with both names.

    ping + jitter + latency < active window < stale < Δ cap, and what follows from them.
    """
    at = {name: overrides.get(name, getattr(settings, name)) for name in NAMES}
    slowest_ping = at["PRESENCE_PING_INTERVAL_SECONDS"] + at["PRESENCE_PING_JITTER_SECONDS"]
    fastest_ping = at["PRESENCE_PING_INTERVAL_SECONDS"] - at["PRESENCE_PING_JITTER_SECONDS"]
    cap = at["SESSION_HEARTBEAT_INTERVAL_SECONDS"] * at["SESSION_DELTA_CAP_MULTIPLIER"]
    relations = [
        (
            slowest_ping + NETWORK_LATENCY_SECONDS < at["PRESENCE_ACTIVE_WINDOW_SECONDS"],
            "PRESENCE_PING_INTERVAL_SECONDS + PRESENCE_PING_JITTER_SECONDS",
            "PRESENCE_ACTIVE_WINDOW_SECONDS",
            _("people who are here would drop out of the count between two pings"),
        ),
        (
            at["PRESENCE_ACTIVE_WINDOW_SECONDS"] < at["SESSION_STALE_SECONDS"],
            "PRESENCE_ACTIVE_WINDOW_SECONDS",
            "SESSION_STALE_SECONDS",
            _("a session would end while its person is still counted as here"),
        ),
        (
            at["SESSION_STALE_SECONDS"] < cap,
            "SESSION_STALE_SECONDS",
            "SESSION_HEARTBEAT_INTERVAL_SECONDS × SESSION_DELTA_CAP_MULTIPLIER",
            _("a heartbeat that comes late but in time would lose watch time"),
        ),
        (
            at["PRESENCE_WRITE_THROTTLE_SECONDS"] < fastest_ping,
            "PRESENCE_WRITE_THROTTLE_SECONDS",
            "PRESENCE_PING_INTERVAL_SECONDS − PRESENCE_PING_JITTER_SECONDS",
            _("regular pings would be thrown away"),
        ),
        (
            at["PRESENCE_WRITE_THROTTLE_SECONDS"] < at["ACCESS_TRACK_INTERVAL_SECONDS"],
            "PRESENCE_WRITE_THROTTLE_SECONDS",
            "ACCESS_TRACK_INTERVAL_SECONDS",
            _("regular tracks would be thrown away"),
        ),
        (
            at["ACCESS_TRACK_INTERVAL_SECONDS"] <= at["SESSION_STALE_SECONDS"],
            "ACCESS_TRACK_INTERVAL_SECONDS",
            "SESSION_STALE_SECONDS (at most)",
            _("a page in the background would be closed while it is open"),
        ),
    ]
    return [
        _("%(smaller)s must be less than %(larger)s: otherwise %(consequence)s.")
        % {"smaller": smaller, "larger": larger, "consequence": consequence}
        for holds, smaller, larger, consequence in relations
        if not holds
    ]
