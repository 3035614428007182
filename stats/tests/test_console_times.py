"""Lists and pages of one webinar write its times in its own zone, and name the zone."""

from datetime import UTC, datetime, timedelta

import pytest
from django.urls import reverse

from presence.models import UserSession
from stats.models import AccessLog
from webinars.models import Message, Registration, Webinar
from webinars.tests.console_people import sign_in
from webinars.tests.factories import RegistrationFactory

AT = datetime(2026, 11, 23, 14, 30, tzinfo=UTC)


@pytest.fixture
def rows(webinar):
    """One of each, at 14:30 UTC of a webinar in New York, where it is 9:30."""
    Webinar.objects.filter(pk=webinar.pk).update(
        time_zone="America/New_York", webinar_start_time=AT, webinar_scheduled_end_time=AT + timedelta(hours=1)
    )
    person = RegistrationFactory(webinar=webinar, registered_at=AT).user
    keys = {"webinar": webinar, "client": webinar.client, "agency": webinar.agency}
    message = Message.objects.create(
        **keys, user=person, seq=1, client_message_id="1", body="Hello", author_name="Kim"
    )
    Message.objects.filter(pk=message.pk).update(created_at=AT)
    counts = dict.fromkeys(["min_participants", "max_participants", "last_participants", "sum_participants"], 1)
    return {
        "webinars_registration": Registration.objects.get(user=person),
        "webinars_message": message,
        "presence_usersession": UserSession.objects.create(
            **keys, user=person, session_id="1f0a6f6e-6f0e-4d0c-9d3c-0b1f2a3c4d5e", entered_at=AT, last_heartbeat_at=AT
        ),
        "stats_accesslog": AccessLog.objects.create(
            **keys, **counts, sample_count=1, time_bucket=AT, first_sample_at=AT, last_sample_at=AT
        ),
    }


MODELS = ["webinars_registration", "webinars_message", "presence_usersession", "stats_accesslog"]


@pytest.mark.parametrize("view", ["changelist", "change"])
@pytest.mark.parametrize("model", MODELS)
@pytest.mark.parametrize(
    ("language", "time", "zone"),
    [("en", "23 Nov 2026, 09:30", "New York time"), ("ko", "2026년 11월 23일 오전 9:30", "New York 시간")],
)
def test_times_of_one_webinar_are_in_its_zone(client, organizer, rows, model, view, language, time, zone):
    args = [rows[model].pk] if view == "change" else []

    answer = sign_in(client, organizer).get(
        reverse(f"admin:{model}_{view}", args=args), headers={"accept-language": language}
    )

    text = answer.content.decode()
    assert (time in text, zone in text) == (True, True)
