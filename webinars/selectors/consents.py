"""What people are asked to agree to when they register (spec 12)."""

import uuid
from collections.abc import Iterable, Mapping

from django.db.models import Q

from webinars.models import ConsentGiven, ConsentVersion


def asked_consents(client_id: uuid.UUID, *, campaign_id: uuid.UUID | None = None) -> list[ConsentVersion]:
    """The newest version of each text that the client asks now, those of the one campaign among them. One query.
    What is required comes first."""
    place = Q(text__campaign=None) | Q(text__campaign_id=campaign_id) if campaign_id else Q(text__campaign=None)
    newest = (
        ConsentVersion.objects.filter(place, text__client_id=client_id, text__is_asked=True)
        .order_by("text_id", "-number")
        .distinct("text_id")
        .select_related("text")
    )
    return sorted(newest, key=lambda version: (not version.is_required, version.text.created_at, version.text.name))


def missing_consents(asked: Iterable[ConsentVersion], given: Mapping[uuid.UUID, bool]) -> list[ConsentVersion]:
    """Those without which nobody is registered."""
    return [version for version in asked if version.is_required and not given.get(version.pk)]


def given_in_campaign(user_id: uuid.UUID, campaign_id: uuid.UUID) -> dict[uuid.UUID, bool]:
    """What the person answered there last, by version."""
    rows = ConsentGiven.objects.filter(user_id=user_id, campaign_id=campaign_id).order_by("pk")
    return dict(rows.values_list("version_id", "is_given"))
