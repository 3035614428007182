import uuid
from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from webinars.models import Campaign, ConsentGiven, ConsentText, ConsentVersion, Webinar
from webinars.services import audit


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


@transaction.atomic
def publish_consent(
    *, text: ConsentText, label: str, body: str, is_required: bool, actor_id: uuid.UUID | None, now: datetime
) -> ConsentVersion | None:
    """What the text says from now on: a new version, unless the newest says the same; None then. Versions that people
    answered to stay as they are."""
    ConsentText.objects.select_for_update(no_key=True).get(pk=text.pk)  # numbers follow one another
    newest = ConsentVersion.objects.filter(text=text).order_by("-number").first()
    if newest is not None and (newest.label, newest.body, newest.is_required) == (label, body, is_required):
        return None
    version = ConsentVersion.objects.create(
        text=text,
        number=newest.number + 1 if newest is not None else 1,
        label=label,
        body=body,
        is_required=is_required,
        created_at=now,
    )
    audit.record_in(
        "consent.published",
        agency_id=text.agency_id,
        client_id=text.client_id,
        actor_id=actor_id,
        now=now,
        subject_type="consenttext",
        subject_id=text.pk,
        details={"version": version.number, "is_required": is_required},
    )
    return version
