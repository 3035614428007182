"""What somebody sent in a campaign's form, kept in their session until they proved the address (spec 3)."""

import json
import uuid
from datetime import datetime, timedelta
from typing import Any

from django.http import HttpRequest

from webinars.models import Campaign
from webinars.services.campaigns import Submission

SESSION_KEY = "campaign_forms"
KEPT_FOR = timedelta(minutes=30)
MOST_KEPT = 3
# A session is no place for more; a form of twenty long answers fits.
MOST_BYTES = 96 * 1024


def keep_pending(request: HttpRequest, campaign: Campaign, submission: Submission, *, now: datetime) -> None:
    """Beside those of other campaigns, of which the oldest go when there is no room."""
    kept = _kept(request, now=now)
    kept.pop(str(campaign.pk), None)
    kept[str(campaign.pk)] = {
        "at": now.isoformat(),
        "email": submission.email,
        "name": submission.name,
        "phone": submission.phone,
        "answers": {str(pk): answer for pk, answer in submission.answers.items()},
        "consents": {str(pk): given for pk, given in submission.consents.items()},
        "source": submission.source,
    }
    while len(kept) > MOST_KEPT or (len(kept) > 1 and len(json.dumps(kept).encode()) > MOST_BYTES):
        del kept[next(iter(kept))]
    request.session[SESSION_KEY] = kept


def pending_of(request: HttpRequest, campaign: Campaign, *, now: datetime) -> Submission | None:
    """Not yet proven; None when there is none or it is too old."""
    kept = _kept(request, now=now).get(str(campaign.pk))
    if kept is None:
        return None
    return Submission(
        email=kept["email"],
        name=kept["name"],
        phone=kept["phone"],
        answers={uuid.UUID(pk): answer for pk, answer in kept["answers"].items()},
        consents={uuid.UUID(pk): given for pk, given in kept["consents"].items()},
        source=kept["source"],
    )


def forget_pending(request: HttpRequest, campaign: Campaign) -> None:
    kept = request.session.get(SESSION_KEY, {})
    if kept.pop(str(campaign.pk), None) is not None:
        request.session[SESSION_KEY] = kept


def _kept(request: HttpRequest, *, now: datetime) -> dict[str, dict[str, Any]]:
    kept = request.session.get(SESSION_KEY, {})
    return {key: form for key, form in kept.items() if now - datetime.fromisoformat(form["at"]) < KEPT_FOR}
