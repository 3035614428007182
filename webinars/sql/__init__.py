"""The statements of this app that the ORM cannot say in one round trip."""

import json
import uuid
from datetime import datetime, timedelta
from typing import NamedTuple

from django.conf import settings

from eventflow.database import fetch_one

# Whether a moment lies in the collect window of the webinar `w` (spec 2), as SQL.
# ORM equivalent: Webinar.collect_window.contains(now).
COLLECT_WINDOW_OPEN = """(
    %(now)s >= least(w.webinar_start_time - %(doors)s, w.doors_opened_at)
    AND (coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time) IS NULL
         OR %(now)s < coalesce(w.webinar_actual_end_time, w.webinar_scheduled_end_time)
                      + make_interval(mins => w.post_window_minutes))
    AND w.state <> 'draft')"""

# Whether whoever shows a manager's pass may still run the webinar `w` (spec 1: the verb "run"), as SQL. A membership
# counts only with the second factor that its agency may require.
# ORM equivalent: may(user, "run", webinar). Index: users_pkey, agencies_pkey, agency_member_unique,
# client_member_unique, and that of mfa_authenticator by user where the agency requires one.
STILL_RUNS = """(%(is_manager)s AND EXISTS (
    SELECT FROM users s WHERE s.id = %(user_id)s AND s.is_active AND (
        s.is_superuser
        OR ((EXISTS (SELECT FROM agency_members a WHERE a.agency_id = w.agency_id AND a.user_id = s.id
                                                    AND a.role IN ('owner', 'admin', 'operator'))
             OR EXISTS (SELECT FROM client_members c WHERE c.client_id = w.client_id AND c.user_id = s.id
                                                       AND c.role IN ('owner', 'admin', 'operator')))
            AND (EXISTS (SELECT FROM agencies g WHERE g.id = w.agency_id AND NOT g.mfa_required)
                 OR EXISTS (SELECT FROM mfa_authenticator f WHERE f.user_id = s.id
                                                              AND f.type IN ('totp', 'webauthn')))))))"""


class Admission(NamedTuple):
    """How a person or guest stands when they enter. `registered` is false for guests."""

    is_open: bool
    guests_welcome: bool
    registered: bool
    banned: bool
    interval_overrides: dict[str, int]


# Whether an address of the person is on the list of the webinar `w` (spec 3): proven ones, and the account's own
# unless it is known not to be proven; whoever entered by typing an address (`proven` false) claims the account's own.
# ORM equivalent: selectors.access.Person.on_list. Index: allowed_email_unique, account_emailaddress by user.
ON_LIST = """(
    EXISTS (SELECT FROM account_emailaddress e
            JOIN webinar_allowed_emails a ON a.webinar_id = w.id AND a.email = lower(e.email)
            WHERE e.user_id = %(user_id)s::uuid AND e.verified)
    OR EXISTS (SELECT FROM users u JOIN webinar_allowed_emails a ON a.webinar_id = w.id AND a.email = lower(u.email)
               WHERE u.id = %(user_id)s::uuid AND NOT (%(proven)s AND EXISTS (
                   SELECT FROM account_emailaddress e
                   WHERE e.user_id = u.id AND NOT e.verified AND e.email = lower(u.email)))))"""

# Whether the client of the webinar `w` requires a consent of everybody who registers, as SQL.
# ORM equivalent: selectors.access.Person.owes_consent. Index: consent_texts by client, consent_version_unique.
ASKS_CONSENT = """EXISTS (
    SELECT FROM consent_texts t WHERE t.client_id = w.client_id AND t.campaign_id IS NULL AND t.is_asked
    AND (SELECT v.is_required FROM consent_versions v WHERE v.text_id = t.id ORDER BY v.number DESC LIMIT 1))"""

# Registers a person where entering is enough (policies `open` and `auth` for who is signed in, `email_auth` for who is
# on the list), no consent is required and the doors are open, and answers how the person stands, in one round trip.
# When two calls race, one inserts and both answer registered. Whoever was taken off the list, or may not sign in any
# more, is registered no more.
# ORM equivalent: Registration.objects.get_or_create(webinar=…, user=…) behind Webinar.collect_window.contains(now)
# and selectors.access.decide_access.
# Index: webinars_pkey, registration_unique, users_pkey, and those above.
# Cost: four look-ups, two more where there is a list; one insert, the first time only.
ADMIT = f"""
WITH known AS MATERIALIZED (
    SELECT r.banned_at, r.role FROM registrations r JOIN users u ON u.id = r.user_id AND u.is_active
    WHERE r.webinar_id = %(webinar_id)s AND r.user_id = %(user_id)s::uuid
), w AS MATERIALIZED (
    SELECT w.id, w.client_id, w.agency_id, w.access_policy, w.interval_overrides, {COLLECT_WINDOW_OPEN} AS is_open,
           w.access_policy <> 'email_auth' OR {ON_LIST} AS is_listed,
           (w.access_policy IN ('open', 'auth') AND %(proven)s OR w.access_policy = 'email_auth')
           AND NOT EXISTS (SELECT FROM known)
           AND EXISTS (SELECT FROM users u WHERE u.id = %(user_id)s::uuid AND u.is_active)
           AND NOT {ASKS_CONSENT} AS registers
    FROM webinars w WHERE w.id = %(webinar_id)s
), added AS (
    INSERT INTO registrations
        (webinar_id, client_id, agency_id, user_id, role, source, answers, registered_at, created_at, updated_at)
    SELECT w.id, w.client_id, w.agency_id, %(user_id)s::uuid, 'attendee', '', '{{}}', %(now)s, %(now)s, %(now)s
    FROM w
    WHERE w.is_open AND w.is_listed AND w.registers
    ON CONFLICT (webinar_id, user_id) DO NOTHING
)
SELECT w.is_open, w.access_policy = 'open',
       EXISTS (SELECT FROM known WHERE w.is_listed OR known.role <> 'attendee')
       OR (w.is_open AND w.is_listed AND w.registers),
       EXISTS (SELECT FROM known WHERE banned_at IS NOT NULL), w.interval_overrides
FROM w"""


def admit(*, webinar_id: uuid.UUID, user_id: uuid.UUID | None, now: datetime, proven: bool = True) -> Admission | None:
    params = {"webinar_id": webinar_id, "user_id": user_id, "now": now, "doors": doors(), "proven": proven}
    row = fetch_one(ADMIT, params)
    if row is None:
        return None
    is_open, guests_welcome, registered, banned, overrides = row
    return Admission(is_open, guests_welcome, registered, banned, json.loads(overrides))


def doors() -> timedelta:
    """How long before the start the doors open by themselves."""
    return timedelta(minutes=settings.DOORS_OPEN_MINUTES)


# Ends the webinars that nobody ended, once their collect window is over (spec 2): they end as planned. A planned end
# lies after the start, so a scheduled webinar among them has begun. Rows that somebody is changing are left for the
# next minute.
# ORM equivalent: the complement of .collected_after(now), among state__in=["scheduled", "live"], .update(…).
# Index: webinar_not_ended (partial). Cost: the few that are running; one update for each that ends.
END_OVERDUE = """
WITH overdue AS (
    SELECT w.id FROM webinars w
    WHERE w.state IN ('scheduled', 'live') AND w.webinar_scheduled_end_time <= %(now)s
      AND w.webinar_scheduled_end_time + make_interval(mins => w.post_window_minutes) <= %(now)s
    ORDER BY w.id FOR NO KEY UPDATE SKIP LOCKED
), ended AS (
    UPDATE webinars w
    SET state = 'ended', webinar_actual_end_time = w.webinar_scheduled_end_time, updated_at = %(now)s
    FROM overdue WHERE w.id = overdue.id
    RETURNING w.id
)
SELECT array_agg(ended.id) FROM ended"""


def end_overdue(*, now: datetime) -> list[uuid.UUID]:
    """The webinars that this call ended."""
    row = fetch_one(END_OVERDUE, {"now": now})
    return row[0] or [] if row is not None else []


# How many rows a table has, as the planner believes since the last ANALYZE: for lists too large to count.
# ORM equivalent: none (Model.objects.count() reads the whole table). Index: pg_class by oid. Cost: one catalogue row.
ESTIMATED_ROWS = "SELECT reltuples::bigint FROM pg_class WHERE oid = to_regclass(%(table)s)"


def estimated_rows(table: str) -> int:
    """0 for a table that was never analysed."""
    row = fetch_one(ESTIMATED_ROWS, {"table": table})
    return max(0, int(row[0])) if row is not None else 0
