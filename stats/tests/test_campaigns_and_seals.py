"""Registration campaigns beside webinars whose attendance is sealed (spec 7, 12)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from stats.tests.sealed import seal_rows
from webinars.models import Registration, Webinar
from webinars.services.campaigns import Submission, enter_campaign, register_entrants
from webinars.tests.factories import CampaignEntryFactory, CampaignFactory, UserFactory, WebinarFactory

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 11, 20, 3, tzinfo=UTC)


def webinar_of(campaign: Any) -> Webinar:
    webinar: Webinar = WebinarFactory(
        client=campaign.client,
        registration_campaign=campaign,
        state="scheduled",
        webinar_start_time=NOW + timedelta(days=7),
    )
    return webinar


def seal(webinar: Webinar) -> None:
    """At this very instant."""
    seal_rows(webinar, [], sealed_at=NOW + timedelta(seconds=1))


def test_a_sealed_webinar_does_not_keep_people_out_of_the_others() -> None:
    campaign = CampaignFactory()
    first, sealed, last = (webinar_of(campaign) for _ in range(3))
    seal(sealed)
    person = UserFactory()
    sent = Submission(email=person.email, name="Han Jiwon", is_proven=True)

    entered = enter_campaign(campaign=campaign, user=person, submission=sent, now=NOW)

    registered = Registration.objects.filter(user=person).values_list("webinar_id", flat=True)
    assert entered.created
    assert set(registered) == {first.pk, last.pk}


def test_attaching_a_webinar_that_was_sealed_meanwhile_registers_nobody() -> None:
    campaign = CampaignFactory()
    CampaignEntryFactory.create_batch(3, campaign=campaign)
    webinar = webinar_of(campaign)
    seal(webinar)

    assert register_entrants(webinar, now=NOW) == 0
    assert not Registration.objects.exists()
