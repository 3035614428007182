import uuid
from collections.abc import Mapping
from datetime import datetime

from webinars.models import Campaign, ConsentGiven, ConsentVersion, Webinar


def record_consents(
    *,
    user_id: uuid.UUID,
    given: Mapping[uuid.UUID, bool],
    webinar: Webinar | None = None,
    campaign: Campaign | None = None,
    now: datetime,
) -> int:
    """Keep what the person answered to each version, in one webinar or in one campaign; answers how many rows that
    made. An answer that repeats their last one there makes none. A version of another client, or one that is gone,
    is left out."""
    place = webinar or campaign
    if place is None or (webinar is not None and campaign is not None):
        raise ValueError("Consents are given in one webinar or in one campaign.")
    if not given:
        return 0
    known = ConsentVersion.objects.filter(pk__in=given, text__client_id=place.client_id).order_by("pk")
    before = ConsentGiven.objects.filter(user_id=user_id, webinar=webinar, campaign=campaign, version__in=given)
    last = dict(before.order_by("pk").values_list("version_id", "is_given"))
    rows = [
        ConsentGiven(
            version_id=version_id,
            user_id=user_id,
            webinar=webinar,
            campaign=campaign,
            client_id=place.client_id,
            agency_id=place.agency_id,
            is_given=given[version_id],
            at=now,
        )
        for version_id in known.values_list("pk", flat=True)
        if last.get(version_id) is not given[version_id]
    ]
    ConsentGiven.objects.bulk_create(rows)
    return len(rows)
