"""The statements of the hot path and of the sweeper (spec 5).

Each is one round trip in autocommit, guarded inside the statement: what is not to be written is not locked either, so
most pings write nothing and wait for no disk. Times are parameters, so that the caller decides what "now" is.
"""

from datetime import datetime, timedelta
from typing import Any, NamedTuple

from django.conf import settings

from eventflow.database import fetch_one, short
from presence.models.ids import time_ordered_id
from webinars.sql import COLLECT_WINDOW_OPEN, doors

# The part that ping and track share. Insert presence, or move it forward when it is 60 s old or more; a row that is
# younger is not touched: the NOT EXISTS in front spares the row lock and the WAL that ON CONFLICT would cost
# (docs/benchmarks.md), the WHERE behind it decides when two calls race.
# ORM equivalent: LivePresence.objects.update_or_create(...) under a condition on last_seen_at.
# Index: webinar_live_presence_pkey. Cost: one look-up; one heap-only update a minute and person at most.
PRESENCE = """
    INSERT INTO webinar_live_presence AS p
        (webinar_id, user_id, client_id, agency_id, joined_at, last_seen_at, created_at, updated_at)
    SELECT %(webinar_id)s, %(user_id)s::uuid, gate.client_id, gate.agency_id, %(now)s, %(now)s, %(now)s, %(now)s
    FROM gate
    WHERE gate.admits AND %(user_id)s::uuid IS NOT NULL AND NOT EXISTS (
        SELECT FROM webinar_live_presence q
        WHERE q.webinar_id = %(webinar_id)s AND q.user_id = %(user_id)s::uuid
          AND q.last_seen_at > %(now)s - %(throttle)s)
    ON CONFLICT (webinar_id, user_id) DO UPDATE
        SET last_seen_at = excluded.last_seen_at, updated_at = excluded.updated_at
        WHERE p.last_seen_at <= excluded.last_seen_at - %(throttle)s"""

# What a heartbeat adds to a session: Δ = min(now − last heartbeat, cap), if the page was in front since then.
# A clock that steps back adds nothing. A session without a heartbeat (from elsewhere) had one when it was entered.
LAST_HEARTBEAT = "coalesce(s.last_heartbeat_at, s.entered_at)"
DELTA = f"least(greatest(%(now)s - {LAST_HEARTBEAT}, interval '0'), %(cap)s)"
COUNT_WATCHED = f"""
        watched_seconds_raw = s.watched_seconds_raw
            + CASE WHEN s.is_visible THEN extract(epoch FROM {DELTA}) ELSE 0 END,
        watched_ranges = CASE WHEN s.is_visible AND {DELTA} > interval '0'
            THEN s.watched_ranges
                 + tstzmultirange(tstzrange({LAST_HEARTBEAT}, {LAST_HEARTBEAT} + {DELTA}, '[)'))
            ELSE s.watched_ranges END"""


def _count_silent(*, overrides: str) -> str:
    """Marks [last heartbeat, now) as silent when the page owed a heartbeat long since: in front, after a ping's turn
    and the throttle; behind, after a track's turn. `overrides` is SQL for the webinar's own intervals."""
    return f"""
        silent_ranges = CASE WHEN %(now)s - {LAST_HEARTBEAT} > make_interval(secs => CASE
                WHEN s.is_visible THEN
                    coalesce(({overrides} ->> 'PRESENCE_PING_INTERVAL_SECONDS')::int, %(ping_interval)s)
                    + coalesce(({overrides} ->> 'PRESENCE_PING_JITTER_SECONDS')::int, %(ping_jitter)s)
                    + %(throttle_seconds)s
                ELSE coalesce(({overrides} ->> 'ACCESS_TRACK_INTERVAL_SECONDS')::int, %(track_interval)s) END)
            THEN s.silent_ranges + tstzmultirange(tstzrange({LAST_HEARTBEAT}, %(now)s, '[)'))
            ELSE s.silent_ranges END"""


# What a page says now and could not say when it began: whether it was in front in between is not sure. This is all
# that a page may tell of a time that is past, and it adds to no time that is counted.
UNTOLD = """CASE WHEN %(untold)s::interval > interval '0'
            THEN tstzmultirange(tstzrange(least(greatest(s.entered_at, %(now)s - %(untold)s), {end}), {end}, '[)'))
            ELSE '{{}}' END"""
TOLD = timedelta(0)

OF_CALLER = (
    "s.webinar_id = %(webinar_id)s AND s.session_id = %(session_id)s"
    " AND s.user_id IS NOT DISTINCT FROM %(user_id)s::uuid"
)

# One ping: may this person ping here now, presence, and the session's heartbeat.
# `session` answers: null = no session id was sent, or no such session of this caller; true = open; false = closed,
# also when the sweeper closed it while this statement waited for the row.
# ORM equivalent: Webinar.objects.get(…); Registration…exists(); PRESENCE; UserSession.objects.open()…update(…).
# Index: webinars_pkey, registration_unique, webinar_live_presence_pkey, session_unique.
# Cost: four look-ups; nothing is written by a ping within 60 s, two heap-only updates otherwise.
PING = short(f"""
WITH gate AS MATERIALIZED (
    SELECT g.*, g.is_open AND g.registered AS admits FROM (
        SELECT w.client_id, w.agency_id, w.interval_overrides, {COLLECT_WINDOW_OPEN} AS is_open,
               %(user_id)s::uuid IS NULL AND w.access_policy = 'open' OR EXISTS (
                   SELECT FROM registrations r
                   WHERE r.webinar_id = w.id AND r.user_id = %(user_id)s::uuid AND r.banned_at IS NULL) AS registered
        FROM webinars w WHERE w.id = %(webinar_id)s) g
), present AS ({PRESENCE}
), known AS MATERIALIZED (
    SELECT s.exited_at IS NULL AS is_open, {LAST_HEARTBEAT} <= %(now)s - %(throttle)s
           OR s.is_visible IS DISTINCT FROM coalesce(%(is_visible)s::boolean, s.is_visible)
           OR %(untold)s::interval > interval '0' AS is_due
    FROM webinar_user_sessions s WHERE {OF_CALLER}
), beat AS (
    UPDATE webinar_user_sessions s SET {COUNT_WATCHED},
        {_count_silent(overrides="gate.interval_overrides")} + {UNTOLD.format(end="%(now)s")},
        last_heartbeat_at = greatest({LAST_HEARTBEAT}, %(now)s),
        is_visible = coalesce(%(is_visible)s::boolean, s.is_visible),
        updated_at = %(now)s
    FROM gate, known
    WHERE gate.admits AND known.is_due AND {OF_CALLER} AND s.exited_at IS NULL
    RETURNING 1
)
SELECT gate.is_open, gate.registered,
       (SELECT known.is_open AND (NOT known.is_due OR EXISTS (SELECT FROM beat)) FROM known)
FROM gate""")


class Ping(NamedTuple):
    is_open: bool
    registered: bool
    session: bool | None


def ping(
    *, session_id: str | None, is_visible: bool | None, now: datetime, untold: timedelta = TOLD, **caller: Any
) -> Ping | None:
    """None when the webinar is gone. `caller`: webinar_id and user_id."""
    said = {"session_id": session_id, "is_visible": is_visible, "now": now, "untold": untold}
    row = fetch_one(PING, {**caller, **limits(), **said})
    return Ping(*row) if row is not None else None


# Entering: a new session row, or a heartbeat of the row that is there; and presence. The tenant's keys are the
# webinar's own, not the pass's, which may be older than a move. A closed session stays closed, and nobody can touch
# another's row: in both cases no row comes back. The page was in front when it was opened. Of two first calls at once,
# one inserts, and the other's conflict updates the same row by the instant between them. A heartbeat that was due and
# did not come about found the row closed while it waited for it.
# ORM equivalent: UserSession.objects.get_or_create(…), then as in PING.
# Index: session_unique, webinar_live_presence_pkey. Cost: one insert the first time; one heap-only update after 60 s.
ENTER = short(f"""
WITH gate AS MATERIALIZED (
    SELECT w.client_id, w.agency_id, w.interval_overrides, true AS admits FROM webinars w
    WHERE w.id = %(webinar_id)s
      AND (%(user_id)s::uuid IS NULL OR EXISTS (SELECT FROM users u WHERE u.id = %(user_id)s::uuid AND u.is_active))
), present AS ({PRESENCE}
), known AS MATERIALIZED (
    SELECT s.* FROM webinar_user_sessions s WHERE s.webinar_id = %(webinar_id)s AND s.session_id = %(session_id)s
), entered AS (
    INSERT INTO webinar_user_sessions AS s
        (id, webinar_id, client_id, agency_id, user_id, session_id, entered_at, last_heartbeat_at, is_visible,
         watched_seconds_raw, watched_ranges, user_agent, referrer, ip_address, created_at, updated_at)
    SELECT %(id)s, %(webinar_id)s, gate.client_id, gate.agency_id, %(user_id)s::uuid, %(session_id)s,
           %(now)s, %(now)s, true, 0, '{{}}', %(user_agent)s, %(referrer)s, %(ip_address)s::inet, %(now)s, %(now)s
    FROM gate
    WHERE NOT EXISTS (SELECT FROM known)
       OR EXISTS (SELECT FROM known s WHERE s.exited_at IS NULL AND {LAST_HEARTBEAT} <= %(now)s - %(throttle)s
                  AND s.user_id IS NOT DISTINCT FROM %(user_id)s::uuid)
    ON CONFLICT (webinar_id, session_id) DO UPDATE SET {COUNT_WATCHED},
        {_count_silent(overrides="(SELECT interval_overrides FROM gate)")},
        last_heartbeat_at = greatest({LAST_HEARTBEAT}, %(now)s),
        updated_at = %(now)s
        WHERE s.exited_at IS NULL AND s.user_id IS NOT DISTINCT FROM excluded.user_id
    RETURNING s.entered_at
)
SELECT coalesce(
    (SELECT entered_at FROM entered),
    (SELECT s.entered_at FROM known s
     WHERE s.exited_at IS NULL AND {LAST_HEARTBEAT} > %(now)s - %(throttle)s
       AND s.user_id IS NOT DISTINCT FROM %(user_id)s::uuid))""")


def enter(
    *, session_id: str, user_agent: str, referrer: str, ip_address: str | None, now: datetime, **caller: Any
) -> datetime | None:
    """When the session was entered; None when it is closed or somebody else's."""
    row = fetch_one(
        ENTER,
        {
            **caller,
            **limits(),
            "id": time_ordered_id(),
            "session_id": session_id,
            "user_agent": user_agent,
            "referrer": referrer,
            "ip_address": ip_address,
            "now": now,
        },
    )
    entered_at: datetime | None = row[0] if row is not None else None
    return entered_at


# Leaving: counts the last stretch and closes. The exit of a page that was silent for longer than the cap (a laptop
# that slept) ends the session at the cap, as a heartbeat would have counted; that it may have been there up to now is
# what its silence says, which goes on beyond its end.
# ORM equivalent: UserSession.objects.open().filter(webinar=…, session_id=…, user=…).update(…).
# Index: session_unique. Cost: one look-up, one update (not heap-only: the row leaves session_open).
OVERRIDES_OF_SESSION = "(SELECT w.interval_overrides FROM webinars w WHERE w.id = s.webinar_id)"
EXIT = short(f"""
UPDATE webinar_user_sessions s SET {COUNT_WATCHED},
    {_count_silent(overrides=OVERRIDES_OF_SESSION)}
        + {UNTOLD.format(end=f"({LAST_HEARTBEAT} + {DELTA})")},
    exited_at = {LAST_HEARTBEAT} + {DELTA},
    last_heartbeat_at = {LAST_HEARTBEAT} + {DELTA},
    closed_reason = 'exit', updated_at = %(now)s
WHERE {OF_CALLER} AND s.exited_at IS NULL
RETURNING true""")


def leave(*, session_id: str, now: datetime, untold: timedelta = TOLD, **caller: Any) -> bool:
    """Whether a session was closed by this call."""
    params = {**caller, **limits(), "session_id": session_id, "now": now, "untold": untold}
    return fetch_one(EXIT, params) is not None


# Sessions that went silent end at their last heartbeat, never now (spec 5). First where they lie, in one look, as a
# text of places (ctid) for each batch; then batch by batch, and there again whether they are still silent. Locked rows
# are left to whoever holds them (a heartbeat, another sweeper): a later run finds them if they are silent by then. To
# look again for each batch, among all that was swept before, took a tenth of the time.
# ORM equivalent: UserSession.objects.silent_since(…)[:n].update(exited_at=…), for each batch.
# Index: session_open, which holds the open sessions only. Cost: a scan of these; n updates (docs/benchmarks.md).
IS_SILENT = f"s.exited_at IS NULL AND {LAST_HEARTBEAT} < %(now)s - %(stale)s"
FIND_SILENT = f"""
SELECT coalesce(array_agg(places), '{{}}') FROM (
    SELECT array_agg(place)::text AS places FROM (
        SELECT s.ctid AS place, (row_number() OVER () - 1) / %(batch)s AS batch
        FROM webinar_user_sessions s WHERE {IS_SILENT} LIMIT %(most)s
    ) silent GROUP BY batch
) batches"""
SWEEP = f"""
WITH silent AS (
    SELECT s.ctid FROM webinar_user_sessions s WHERE s.ctid = ANY (%(places)s::tid[]) AND {IS_SILENT}
    FOR UPDATE SKIP LOCKED
), swept AS (
    UPDATE webinar_user_sessions s
    SET exited_at = {LAST_HEARTBEAT}, closed_reason = 'timeout', updated_at = %(now)s
    FROM silent WHERE s.ctid = silent.ctid
    RETURNING 1
)
SELECT count(*) FROM swept"""


def find_silent(*, now: datetime, batch: int, most: int) -> list[str]:
    """Where at most `most` silent sessions lie, for `sweep`, in batches of at most `batch`."""
    row = fetch_one(FIND_SILENT, {"now": now, "stale": _stale(), "batch": batch, "most": most})
    assert row is not None
    batches: list[str] = row[0]
    return batches


def sweep(places: str, *, now: datetime) -> int:
    """How many sessions of this batch were still silent, and are closed now."""
    row = fetch_one(SWEEP, {"now": now, "stale": _stale(), "places": places})
    assert row is not None
    return int(row[0])


def _stale() -> timedelta:
    return timedelta(seconds=settings.SESSION_STALE_SECONDS)


def limits() -> dict[str, Any]:
    """The intervals in the statements above (spec 19)."""
    return {
        "doors": doors(),
        "throttle": timedelta(seconds=settings.PRESENCE_WRITE_THROTTLE_SECONDS),
        "cap": timedelta(seconds=settings.SESSION_HEARTBEAT_INTERVAL_SECONDS * settings.SESSION_DELTA_CAP_MULTIPLIER),
        "throttle_seconds": settings.PRESENCE_WRITE_THROTTLE_SECONDS,
        "ping_interval": settings.PRESENCE_PING_INTERVAL_SECONDS,
        "ping_jitter": settings.PRESENCE_PING_JITTER_SECONDS,
        "track_interval": settings.ACCESS_TRACK_INTERVAL_SECONDS,
    }
