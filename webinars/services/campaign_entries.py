"""Taking somebody's entry out of a registration campaign (spec 12, 13)."""

from datetime import datetime

from django.db import transaction

from eventflow.api.errors import ApiError
from webinars.models import CampaignEntry, Registration, User, Webinar
from webinars.selectors.campaigns import is_over, webinars_of
from webinars.services import audit
from webinars.services.managers import manager_of
from webinars.services.removing import remove_registration


def remove_entry(*, entry: CampaignEntry, manager: User, now: datetime) -> int:
    """Delete the entry, and end the person's registration in those of the campaign's webinars that are not over;
    answers how many registrations that ended. What they agreed to stays on record.

    A webinar that is over keeps its registrations: who was registered there is part of its figures. So do presenters,
    moderators and people who are banned, whose rights and bans are no consequence of the entry.
    """
    with transaction.atomic():
        deleted, _each = CampaignEntry.objects.filter(pk=entry.pk).delete()
        if not deleted:
            return 0
        ended = 0
        for webinar in webinars_of(entry.campaign):
            if not is_over(webinar, now) and _has_a_seat(webinar, entry):
                ended += _end(webinar, entry, manager, now=now)
        audit.record_in(
            "campaign.entry_removed",
            agency_id=entry.agency_id,
            client_id=entry.client_id,
            actor_id=manager.pk,
            now=now,
            subject_type="person",
            subject_id=entry.user_id,
            details={"campaign_id": str(entry.campaign_id), "registrations": ended},
        )
        return ended


def _has_a_seat(webinar: Webinar, entry: CampaignEntry) -> bool:
    attendee = Registration.RoomRole.ATTENDEE
    seats = Registration.objects.filter(webinar=webinar, user=entry.user_id, role=attendee, banned_at=None)
    return seats.exists()


def _end(webinar: Webinar, entry: CampaignEntry, manager: User, *, now: datetime) -> int:
    """0 when the registration stays, such as in a webinar that was sealed or a person who was banned meanwhile."""
    live_pass = manager_of(webinar=webinar, user=manager, now=now).live_pass
    try:
        with transaction.atomic():
            return int(remove_registration(live_pass=live_pass, user_id=entry.user_id, now=now))
    except ApiError as refused:
        if refused.status_code != 409:
            raise
        return 0
