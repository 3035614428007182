"""The sample registration campaign: one page for two webinars of a client, with its questions and consents."""

from datetime import datetime, timedelta

from eventflow.demo import texts
from webinars.models import Campaign, CampaignQuestion, Client, ConsentText, ConsentVersion, Webinar

CAMPAIGN_SLUG, SECOND_SLUG = "factory-days", "predictive-maintenance"


def load_campaign(*, first: Webinar, player_url: str, now: datetime) -> Campaign:
    """Make what is missing; the second webinar is a week after the first, and admits whoever registered here."""
    client = first.client
    campaign, created = Campaign.objects.get_or_create(
        slug=CAMPAIGN_SLUG,
        defaults={
            "client": client,
            "title": texts.CAMPAIGN_TITLE,
            "description": texts.CAMPAIGN_DESCRIPTION,
            "is_published": True,
            "capacity": 300,
            "phone": Campaign.Phone.OPTIONAL,
        },
    )
    if created:
        CampaignQuestion.objects.bulk_create(
            CampaignQuestion(campaign=campaign, position=place, **question)
            for place, question in enumerate(texts.CAMPAIGN_QUESTIONS)
        )
        Webinar.objects.filter(pk=first.pk).update(registration_campaign=campaign)
    load_consents(client)
    load_second_webinar(campaign, start=first.webinar_start_time + timedelta(days=7), player_url=player_url, now=now)
    return campaign


def load_consents(client: Client) -> None:
    for consent in texts.CONSENTS:
        text, created = ConsentText.objects.get_or_create(client=client, name=consent["name"])
        if created:
            said = {"label": consent["label"], "body": consent["body"], "is_required": consent["is_required"]}
            ConsentVersion.objects.create(text=text, number=1, **said)


def load_second_webinar(campaign: Campaign, *, start: datetime, player_url: str, now: datetime) -> None:
    webinar, _ = Webinar.objects.get_or_create(
        slug=SECOND_SLUG,
        defaults={
            "client": campaign.client,
            "title": texts.SECOND_TITLE,
            "description": texts.SECOND_DESCRIPTION,
            "takeaways": texts.SECOND_TAKEAWAYS,
            "speakers": texts.UPCOMING_SPEAKERS,
            "access_policy": Webinar.AccessPolicy.NAME_EMAIL_AUTH,
            "registration_campaign": campaign,
            "player": Webinar.Player.IFRAME,
            "player_url": player_url,
            "webinar_start_time": start,
            "webinar_scheduled_end_time": start + timedelta(minutes=50),
            "state": Webinar.State.SCHEDULED,
        },
    )
    if webinar.state == Webinar.State.SCHEDULED and webinar.webinar_start_time < now + timedelta(hours=1):
        webinar.webinar_start_time = start
        webinar.webinar_scheduled_end_time = start + timedelta(minutes=50)
        webinar.save(update_fields=["webinar_start_time", "webinar_scheduled_end_time", "updated_at"])
