"""Pages for tests that speak to the services, past the API."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from presence.models import UserSession
from presence.services.sessions import Entry, enter_session, leave_session, record_heartbeat
from webinars.models import User, Webinar
from webinars.services.live_pass import LivePass


def pass_of_attendee(webinar: Webinar, user: User | None) -> LivePass:
    return LivePass(
        subject=str(user.pk) if user else "guest-1",
        webinar_id=webinar.pk,
        slug=webinar.slug,
        agency_id=webinar.agency_id,
        client_id=webinar.client_id,
        role="attendee",
        name="",
        verbs=frozenset(),
        expires_at=0,
    )


class Page:
    """One opened page of a person, or of a guest."""

    def __init__(self, webinar: Webinar, user: User | None) -> None:
        self.live_pass = pass_of_attendee(webinar, user)
        self.session_id = str(uuid.uuid4())

    def track(self, now: datetime) -> Entry:
        return enter_session(
            live_pass=self.live_pass,
            session_id=self.session_id,
            referrer="",
            user_agent="",
            ip_address=None,
            now=now,
        )

    def ping(self, now: datetime, is_visible: bool | None = None, untold: timedelta = timedelta()) -> bool:
        return record_heartbeat(
            live_pass=self.live_pass, session_id=self.session_id, is_visible=is_visible, now=now, untold=untold
        )

    def leave(self, now: datetime, untold: timedelta = timedelta()) -> bool:
        return leave_session(live_pass=self.live_pass, session_id=self.session_id, now=now, untold=untold)

    @property
    def row(self) -> Any:
        return UserSession.objects.get(session_id=self.session_id)
