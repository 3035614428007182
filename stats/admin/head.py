"""The head that a webinar's pages of numbers share: state, time, people now, peak and seal (spec 14)."""

import uuid
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest

from presence.selectors.live import live_count
from stats.models import AttendanceSeal
from stats.selectors.access import access_totals
from webinars.models import Webinar
from webinars.selectors.standing import standing_of


def theirs(request: HttpRequest, object_id: uuid.UUID) -> Webinar:
    """The webinar, for those who may see its statistics; for everybody else it does not exist."""
    webinar = standing_of(request).webinars("see_statistics").select_related("client").filter(pk=object_id).first()
    if webinar is None:
        raise Http404
    return webinar


def head_of(webinar: Webinar, *, seal: AttendanceSeal | None, now: datetime) -> dict[str, Any]:
    """Two queries: people now, and the samples. `seal` is the newest one."""
    return {
        "people_now": live_count(webinar.pk, now=now),
        "sampled": access_totals(webinar.pk),
        "seal": seal,
    }
