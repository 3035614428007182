"""Entering, heartbeats, leaving, and what becomes of pages that went silent (spec 5).

People in admin mode leave no trace: their calls are answered as others' are, and write nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _
from psycopg.errors import RestrictViolation

from eventflow.api.errors import ApiError, NotFound, WebinarClosed
from presence.sql import hot as sql
from webinars.models import page_intervals
from webinars.services.live_pass import LivePass
from webinars.services.registrations import admit

SWEEP_BATCH = 2_000  # about 50 ms of locks (docs/benchmarks.md)
SWEEP_AT_MOST = 500_000


class NotRegistered(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "not_registered", _("You are not registered for this webinar."))


@dataclass(frozen=True)
class Entry:
    """`entered_at` is None when the session was closed before: the page is to make a new one."""

    entered_at: datetime | None
    registered: bool
    intervals: dict[str, int]


def enter_session(
    *, live_pass: LivePass, session_id: str, referrer: str, user_agent: str, ip_address: str | None, now: datetime
) -> Entry:
    """Create or refresh the session, presence, and the registration where entering is enough. Two statements."""
    user_id = None if live_pass.admin_mode else live_pass.user_id
    with _overtaken():
        admission = admit(webinar_id=live_pass.webinar_id, user_id=user_id, now=now, proven=not live_pass.unproven)
    if admission is None:
        raise NotFound
    intervals = page_intervals(admission.interval_overrides)
    if live_pass.admin_mode:
        return Entry(now, False, intervals)
    if not admission.is_open:
        raise WebinarClosed
    if admission.banned or not (admission.registered or (live_pass.user_id is None and admission.guests_welcome)):
        raise NotRegistered
    with _overtaken():
        entered_at = sql.enter(
            session_id=session_id,
            user_agent=user_agent,
            referrer=referrer,
            ip_address=ip_address,
            now=now,
            **_caller(live_pass),
        )
    return Entry(entered_at, admission.registered, intervals)


def record_heartbeat(
    *,
    live_pass: LivePass,
    session_id: str | None,
    is_visible: bool | None,
    now: datetime,
    untold: timedelta = sql.TOLD,
) -> bool:
    """Presence, and the session's heartbeat when a session id is given. Answers False when that session is
    closed or unknown. `untold` is how long ago the page came in front or went behind, when it could not say so
    then: that stretch is marked as not sure. One statement."""
    if live_pass.admin_mode:
        return True
    with _overtaken():
        ping = sql.ping(session_id=session_id, is_visible=is_visible, now=now, untold=untold, **_caller(live_pass))
    if ping is None or not ping.is_open:
        raise WebinarClosed
    if not ping.registered:
        raise NotRegistered
    return session_id is None or ping.session is True


def leave_session(*, live_pass: LivePass, session_id: str, now: datetime, untold: timedelta = sql.TOLD) -> bool:
    """Close the session and count its last visible stretch; nothing happens to one that is closed already. `untold`
    as for a heartbeat."""
    if live_pass.admin_mode:
        return False
    return sql.leave(session_id=session_id, now=now, untold=untold, **_caller(live_pass))


def close_stale_sessions(*, now: datetime) -> int:
    """Close every session without a heartbeat for `SESSION_STALE_SECONDS`, in batches; answers how many. May run twice
    at once. What is beyond `SWEEP_AT_MOST` waits for the next run."""
    batches = sql.find_silent(now=now, batch=SWEEP_BATCH, most=SWEEP_AT_MOST)
    return sum(sql.sweep(places, now=now) for places in batches)


@contextmanager
def _overtaken() -> Iterator[None]:
    """What happened at this very instant: the attendance was sealed, or the webinar or the person deleted."""
    try:
        yield
    except IntegrityError as error:
        if isinstance(error.__cause__, RestrictViolation):
            raise WebinarClosed from error
        raise NotFound from error


def _caller(live_pass: LivePass) -> dict[str, Any]:
    return {
        "webinar_id": live_pass.webinar_id,
        "user_id": live_pass.user_id,
    }
