"""What a person is told of their own attendance on the ended page (spec 15)."""

from datetime import timedelta

from django.utils import timezone

from presence.selectors.ledger import person_figures
from presence.sql.ledger import frame_of
from webinars.models import User, Webinar


def own_time(*, webinar: Webinar, user: User) -> timedelta:
    """The person's `uniqueSeconds` (presence/definitions.py)."""
    found = person_figures(frame_of(webinar, now=timezone.now()), [user.pk])
    return timedelta(seconds=found[0].unique_seconds if found else 0)
