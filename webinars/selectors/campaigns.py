"""Registration campaigns as people meet them (spec 12): what a campaign leads to, and whether one may enter it."""

import enum
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime

from allauth.account.models import EmailAddress

from webinars.models import Campaign, CampaignEntry, CampaignQuestion, User, Webinar, folded_email
from webinars.selectors.access import may_skip_proof


class CampaignState(enum.StrEnum):
    """Machine-readable; refusals of the API are named after them."""

    DRAFT = "draft"
    NOT_OPEN = "not_open"
    OPEN = "open"
    FULL = "full"
    CLOSED = "closed"
    OVER = "over"


def campaign_state(campaign: Campaign, *, webinars: Iterable[Webinar], is_full: bool, now: datetime) -> CampaignState:
    """Asks nobody: a pure rule. A campaign is over when each of its webinars is; one without webinars is not."""
    if not campaign.is_published:
        return CampaignState.DRAFT
    its = list(webinars)
    if its and all(is_over(webinar, now) for webinar in its):
        return CampaignState.OVER
    if campaign.opens_at is not None and now < campaign.opens_at:
        return CampaignState.NOT_OPEN
    if campaign.closes_at is not None and campaign.closes_at <= now:
        return CampaignState.CLOSED
    return CampaignState.FULL if is_full else CampaignState.OPEN


def is_over(webinar: Webinar, now: datetime) -> bool:
    end = webinar.collect_window.end
    return webinar.state == Webinar.State.ENDED or (end is not None and end <= now)


def webinars_of(campaign: Campaign) -> list[Webinar]:
    """All of them, drafts too, by their start. One query."""
    its = Webinar.objects.filter(registration_campaign=campaign).select_related("client")
    return list(its.order_by("webinar_start_time", "title"))


def questions_of(campaign: Campaign) -> list[CampaignQuestion]:
    return list(CampaignQuestion.objects.filter(campaign=campaign).order_by("position", "label", "pk"))


def is_full(campaign: Campaign) -> bool:
    """Reads as many entries as there are places; nothing for a campaign without a limit."""
    if campaign.capacity is None:
        return False
    taken = CampaignEntry.objects.filter(campaign=campaign).order_by().values("pk")[: campaign.capacity]
    return taken.count() >= campaign.capacity


def entry_of(campaign: Campaign, user_id: uuid.UUID) -> CampaignEntry | None:
    return CampaignEntry.objects.filter(campaign=campaign, user_id=user_id).first()


def owns_address(user: User, email: str) -> bool:
    """Whether it is one of the person's proven addresses."""
    address = folded_email(email)
    if folded_email(user.email) == address:
        return True
    return EmailAddress.objects.filter(user=user, email__iexact=address, verified=True).exists()


def needs_proof(webinars: Sequence[Webinar], now: datetime) -> bool:
    """Unless each webinar that the campaign still leads to takes an address as typed."""
    ahead = [webinar for webinar in webinars if not is_over(webinar, now)]
    return not ahead or not all(may_skip_proof(webinar) for webinar in ahead)
