"""What the database itself holds of who gets in (spec 1, 3, 13): tenants, folded addresses, consents that stay."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from webinars.models import (
    AllowedEmail,
    CampaignEntry,
    ConsentGiven,
    ConsentText,
    ConsentVersion,
    Invitation,
    Webinar,
)
from webinars.tests.factories import (
    AgencyFactory,
    AllowedEmailFactory,
    CampaignEntryFactory,
    CampaignFactory,
    ClientFactory,
    ConsentTextFactory,
    ConsentVersionFactory,
    InvitationFactory,
    UserFactory,
    WebinarFactory,
)

pytestmark = pytest.mark.django_db


def refused(write: Callable[[], Any], constraint: str) -> None:
    """The database refuses the write at the latest when the transaction ends, by the rule of that name."""
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        write()
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_webinar_takes_no_campaign_of_another_client() -> None:
    webinar, foreign = WebinarFactory(), CampaignFactory()

    refused(
        lambda: Webinar.objects.filter(pk=webinar.pk).update(registration_campaign=foreign), "webinar_campaign_tenant"
    )


def test_an_entry_carries_the_tenant_keys_of_its_campaign() -> None:
    entry, other = CampaignEntryFactory(), ClientFactory()

    refused(
        lambda: CampaignEntry.objects.filter(pk=entry.pk).update(client=other, agency=other.agency),
        "event_survey_entries_tenant",
    )


def test_an_allowed_address_carries_the_tenant_keys_of_its_webinar() -> None:
    allowed, other = AllowedEmailFactory(), ClientFactory()

    refused(
        lambda: AllowedEmail.objects.filter(pk=allowed.pk).update(client=other, agency=other.agency),
        "webinar_allowed_emails_tenant",
    )


def test_an_allowed_address_is_there_once() -> None:
    allowed = AllowedEmailFactory()

    refused(lambda: AllowedEmailFactory(webinar=allowed.webinar, email=allowed.email), "allowed_email_unique")


@pytest.mark.parametrize(
    "email", ["Kim@example.com", " kim@example.com", "kim", "kim@", "@example.com", "a b@c.de", ""]
)
def test_an_allowed_address_is_folded_and_whole(email: str) -> None:
    refused(lambda: AllowedEmailFactory(email=email), "allowed_email_folded")


def test_a_campaign_has_one_entry_for_a_person_and_for_an_address() -> None:
    entry = CampaignEntryFactory()

    refused(
        lambda: CampaignEntryFactory(campaign=entry.campaign, user=entry.user, email="other@example.com"),
        "entry_of_person_unique",
    )
    refused(lambda: CampaignEntryFactory(campaign=entry.campaign, email=entry.email), "entry_of_address_unique")


def test_a_campaign_closes_after_it_opens_and_has_places() -> None:
    now = timezone.now()

    refused(lambda: CampaignFactory(opens_at=now, closes_at=now), "campaign_closes_after_it_opens")
    refused(lambda: CampaignFactory(capacity=0), "campaign_capacity")


def test_a_consent_text_belongs_to_the_campaigns_client() -> None:
    foreign = CampaignFactory()

    refused(lambda: ConsentTextFactory(campaign=foreign), "consent_text_campaign_tenant")


def test_what_a_consent_said_is_not_changed() -> None:
    version = ConsentVersionFactory()

    refused(
        lambda: ConsentVersion.objects.filter(pk=version.pk).update(body="Something else."),
        "what people agreed to is not changed",
    )


def test_what_somebody_answered_to_a_consent_is_not_changed() -> None:
    webinar = WebinarFactory()
    version = ConsentVersionFactory(text=ConsentTextFactory(client=webinar.client))
    given = ConsentGiven.objects.create(
        version=version,
        user=UserFactory(),
        webinar=webinar,
        client=webinar.client,
        agency=webinar.agency,
        is_given=True,
    )

    refused(
        lambda: ConsentGiven.objects.filter(pk=given.pk).update(is_given=False),
        "what people agreed to is not changed",
    )


def test_a_consent_text_that_somebody_answered_is_not_deleted() -> None:
    webinar = WebinarFactory()
    text = ConsentTextFactory(client=webinar.client)
    version = ConsentVersionFactory(text=text)
    ConsentGiven.objects.create(
        version=version,
        user=UserFactory(),
        webinar=webinar,
        client=webinar.client,
        agency=webinar.agency,
        is_given=True,
    )

    with pytest.raises(IntegrityError):
        ConsentText.objects.filter(pk=text.pk).delete()


def test_a_consent_is_given_in_one_place() -> None:
    webinar = WebinarFactory()
    version = ConsentVersionFactory(text=ConsentTextFactory(client=webinar.client))
    common = {"version": version, "user": UserFactory(), "client": webinar.client, "agency": webinar.agency}

    refused(
        lambda: ConsentGiven.objects.create(**common, is_given=True),
        "consent_given_in_one_place",
    )


def test_an_address_has_one_open_invitation_to_a_tenant() -> None:
    invitation = InvitationFactory()
    answered = InvitationFactory(agency=invitation.agency, accepted_at=timezone.now())

    refused(
        lambda: InvitationFactory(agency=invitation.agency, email=invitation.email, role="viewer"),
        "invitation_open_once",
    )
    InvitationFactory(agency=invitation.agency, email=answered.email)
    InvitationFactory(email=invitation.email)
    assert Invitation.objects.filter(accepted_at=None).count() == 3


def test_an_invitation_names_a_client_of_its_agency() -> None:
    refused(lambda: InvitationFactory(agency=AgencyFactory(), client=ClientFactory()), "invitation_client_tenant")
