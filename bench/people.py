"""A webinar with people in it, straight into the tables."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.db import connection
from django.utils import timezone

from webinars.models import Agency, Client, Webinar
from webinars.services.sample_people import SamplePass, issue_sample_passes


@dataclass(frozen=True)
class Crowd:
    webinar: Webinar
    passes: list[SamplePass]

    def write_passes(self, path: Path) -> Path:
        """For a load client: one [token, session id] each."""
        path.write_text(json.dumps([[made.token, made.session_id] for made in self.passes]))
        return path


def make_crowd(*, slug: str, count: int) -> Crowd:
    """Registered people with passes; none of them is present yet."""
    now = timezone.now()
    agency, _ = Agency.objects.get_or_create(slug="bench", defaults={"name": "Bench"})
    client, _ = Client.objects.get_or_create(agency=agency, slug="bench", defaults={"name": "Bench"})
    webinar = Webinar.objects.create(
        slug=slug,
        title=slug,
        agency=agency,
        client=client,
        state=Webinar.State.LIVE,
        webinar_start_time=now - timedelta(hours=2),
        webinar_scheduled_end_time=now + timedelta(hours=6),
    )
    return Crowd(webinar, issue_sample_passes(webinar=webinar, count=count, group=slug, now=now))


def make_webinars(crowd: Crowd, count: int) -> list[uuid.UUID]:
    """More webinars like the crowd's own, without people."""
    first = crowd.webinar
    made = Webinar.objects.bulk_create(
        [
            Webinar(
                slug=f"{first.slug}-{number}",
                title=first.title,
                agency_id=first.agency_id,
                client_id=first.client_id,
                state=first.state,
                webinar_start_time=first.webinar_start_time,
                webinar_scheduled_end_time=first.webinar_scheduled_end_time,
            )
            for number in range(count)
        ]
    )
    return [webinar.id for webinar in made]


def seat(crowd: Crowd, *, seen_seconds_ago: int) -> None:
    """Everybody is present with an open session, as of so many seconds ago; tables as after a vacuum."""
    webinar = crowd.webinar
    now = timezone.now()
    values = {
        "w": webinar.id,
        "c": webinar.client_id,
        "a": webinar.agency_id,
        "entered": now - timedelta(hours=1),
        "seen": now - timedelta(seconds=seen_seconds_ago),
        "users": [made.user_id for made in crowd.passes],
        "sessions": [made.session_id for made in crowd.passes],
    }
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE webinar_live_presence, webinar_user_sessions")
        cursor.execute(
            """
            INSERT INTO webinar_live_presence
                (webinar_id, user_id, client_id, agency_id, joined_at, last_seen_at, created_at, updated_at)
            SELECT %(w)s, u, %(c)s, %(a)s, %(entered)s, %(seen)s, %(entered)s, %(seen)s
            FROM unnest(%(users)s::uuid[]) u
            """,
            values,
        )
        cursor.execute(
            """
            INSERT INTO webinar_user_sessions
                (id, webinar_id, client_id, agency_id, user_id, session_id, entered_at, last_heartbeat_at, is_visible,
                 watched_seconds_raw, watched_ranges, user_agent, referrer, created_at, updated_at)
            SELECT gen_random_uuid(), %(w)s, %(c)s, %(a)s, u, s, %(entered)s, %(seen)s, true, 0,
                   tstzmultirange(tstzrange(%(entered)s, %(seen)s)), 'Mozilla/5.0 (bench)', '', %(entered)s, %(seen)s
            FROM unnest(%(users)s::uuid[], %(sessions)s::text[]) AS t(u, s)
            """,
            values,
        )
        cursor.execute("VACUUM (ANALYZE) webinar_live_presence")
        cursor.execute("VACUUM (ANALYZE) webinar_user_sessions")
        cursor.execute("CHECKPOINT")
