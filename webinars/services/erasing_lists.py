"""What this app knows of a person besides what they said: lists that they are on, and forms that they filled in
(spec 5, Retention). Their answers to consent texts stay, as evidence, and point at nobody."""

from django.db.models import Q

from webinars.models import AllowedEmail, AllowedEmailLine, CampaignEntry, Invitation, folded_email
from webinars.services.erasure import Erased
from webinars.tombstones import tombstone_email

# A shorter name stands in the middle of too many words.
SHORTEST_NAME = 2


def erase_allowed_addresses(erased: Erased) -> int:
    """On every webinar's list. What reports of imports repeat of a line goes, and that there was one stays."""
    folded = [folded_email(address) for address in erased.addresses]
    removed = AllowedEmail.objects.filter(email__in=folded).delete()[0]
    named = Q()
    for name in (*folded, erased.name.strip()):
        if len(name) >= SHORTEST_NAME:
            named |= Q(text__icontains=name)
    return removed + (AllowedEmailLine.objects.filter(named).update(text="") if named else 0)


def erase_campaign_entries(erased: Erased) -> int:
    """That somebody entered counts, and through which link; who it was goes."""
    nobody = tombstone_email(erased.user.pk)
    entries = CampaignEntry.objects.filter(user=erased.user).exclude(email=nobody)
    return entries.update(email=nobody, name="", phone="", answers=[], updated_at=erased.now)


def erase_invitations(erased: Erased) -> int:
    """Those to their addresses, whatever became of them: who was invited when, the audit log knows by ids."""
    folded = [folded_email(address) for address in erased.addresses]
    return Invitation.objects.filter(email__in=folded).delete()[0]
