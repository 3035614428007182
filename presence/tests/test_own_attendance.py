from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from presence.models import UserSession
from presence.selectors.own_attendance import own_time
from webinars.models import User, Webinar
from webinars.tests.factories import UserFactory, WebinarFactory


@pytest.fixture
def webinar(db: None) -> Webinar:
    """An hour that ended an hour ago."""
    start = timezone.now().replace(microsecond=0) - timedelta(hours=2)
    webinar: Webinar = WebinarFactory(
        slug="past", state="ended", webinar_start_time=start, webinar_actual_end_time=start + timedelta(hours=1)
    )
    return webinar


def attend(
    webinar: Webinar, user: User, *, since: int, until: int | None, page: str, heartbeat: int | None = None
) -> None:
    """A session from minute `since` to minute `until` of the webinar."""
    minute = lambda number: webinar.webinar_start_time + timedelta(minutes=number)  # noqa: E731
    UserSession.objects.create(
        webinar=webinar,
        user=user,
        client_id=webinar.client_id,
        agency_id=webinar.agency_id,
        session_id=page,
        entered_at=minute(since),
        exited_at=None if until is None else minute(until),
        last_heartbeat_at=minute(heartbeat if heartbeat is not None else until if until is not None else since),
        closed_reason=None if until is None else "exit",
    )


def test_two_tabs_side_by_side_count_once_and_only_within_the_webinar(webinar: Webinar) -> None:
    user = UserFactory()
    attend(webinar, user, since=-10, until=20, page="page-one")
    attend(webinar, user, since=5, until=25, page="page-two")
    attend(webinar, user, since=40, until=90, page="page-three")

    assert own_time(webinar=webinar, user=user) == timedelta(minutes=25 + 20)


def test_an_open_session_counts_to_five_minutes_after_its_last_heartbeat(webinar: Webinar) -> None:
    user = UserFactory()
    attend(webinar, user, since=10, until=None, heartbeat=30, page="page-one")

    assert own_time(webinar=webinar, user=user) == timedelta(minutes=25)


def test_the_ended_page_tells_people_their_own_minutes(webinar: Webinar, client: Client) -> None:
    user, other = UserFactory(), UserFactory()
    attend(webinar, user, since=0, until=42, page="page-one")
    attend(webinar, other, since=0, until=17, page="page-two")
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")

    page = client.get("/webinars/past/ended/", headers={"accept-language": "en"})

    assert "42 minutes" in page.text
    assert "17 minutes" not in page.text
