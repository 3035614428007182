"""Registering those who entered a campaign (spec 12)."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from eventflow.database import fetch_one, short

# Whoever entered the campaign is registered in its webinars `w` that are not over. Members of the tenant enter without
# and are never counted; people who cannot sign in any more would only be absent.
ENTRANTS = """
    JOIN event_survey_entries e ON e.campaign_id = w.registration_campaign_id
    JOIN users u ON u.id = e.user_id AND u.is_active AND NOT u.is_superuser
    WHERE w.state <> 'ended'
      AND (w.webinar_scheduled_end_time IS NULL
           OR %(now)s < w.webinar_scheduled_end_time + make_interval(mins => w.post_window_minutes))
      AND NOT EXISTS (SELECT FROM agency_members a WHERE a.agency_id = w.agency_id AND a.user_id = e.user_id)
      AND NOT EXISTS (SELECT FROM client_members c WHERE c.client_id = w.client_id AND c.user_id = e.user_id)"""
REGISTER = """
WITH added AS (
    INSERT INTO registrations
        (webinar_id, client_id, agency_id, user_id, role, source, answers, registered_at, created_at, updated_at)
    SELECT w.id, w.client_id, w.agency_id, e.user_id, 'attendee', e.source, '{{}}', %(now)s, %(now)s, %(now)s
    FROM webinars w {entrants} AND {which}
    ON CONFLICT (webinar_id, user_id) DO NOTHING
    RETURNING webinar_id
)
SELECT {answer} FROM added"""

# Everybody who entered its campaign, into one webinar.
# ORM equivalent: Registration.objects.bulk_create(… for entry in campaign.entries, ignore_conflicts=True).
# Index: webinars_pkey, entry_of_person_unique or entry_of_campaign, users_pkey, agency_member_unique,
# client_member_unique, registration_unique. Cost: one read of the campaign's entries; an insert for each that is new.
REGISTER_ENTRANTS = short(REGISTER.format(entrants=ENTRANTS, which="w.id = %(webinar_id)s", answer="count(*)"))

# One person who entered a campaign, into the webinars named, which are the campaign's.
# ORM equivalent: as above, for one user and several webinars. Index: as above. Cost: one insert per webinar.
REGISTER_PERSON = short(
    REGISTER.format(
        entrants=ENTRANTS,
        which="w.id = ANY(%(webinar_ids)s) AND e.user_id = %(user_id)s",
        answer="array_agg(webinar_id)",
    )
)


def register_entrants(*, webinar_id: uuid.UUID, now: datetime) -> int:
    """How many registrations that made."""
    row = fetch_one(REGISTER_ENTRANTS, {"webinar_id": webinar_id, "now": now})
    return int(row[0]) if row is not None else 0


def register_person(*, webinar_ids: Sequence[uuid.UUID], user_id: uuid.UUID, now: datetime) -> list[uuid.UUID]:
    """In which of them the person is new."""
    row = fetch_one(REGISTER_PERSON, {"webinar_ids": list(webinar_ids), "user_id": user_id, "now": now})
    return row[0] or [] if row is not None else []
