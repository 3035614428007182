"""A person's own exports: nobody else's exist (spec 14)."""

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from stats.models import Export
from webinars.models import User, Webinar
from webinars.selectors.permissions import may

SHOWN = 5
ERRORS = {
    "no_room": _("There was no room for the file on the server's disk. Please tell whoever runs the server."),
    "not_allowed": _("You may not see this webinar's people any more."),
    "gave_up": _("It was tried several times, and the server stopped each time before the file was ready."),
    "internal": _("Something went wrong on the server. It was noted, and will be looked into."),
}


def own_export(*, export_id: uuid.UUID, webinar_id: uuid.UUID, user: User, now: datetime) -> Export | None:
    """None for what somebody else asked for, what has expired, and what its requester may see no longer. At most two
    queries: 1. the export and its webinar, 2. the person's roles."""
    found = (
        Export.objects.requested_by(user)
        .kept(now)
        .filter(pk=export_id, webinar=webinar_id)
        .select_related("webinar__client")
        .first()
    )
    if found is None or not may(user, "see_personal" if found.personal else "see_statistics", found.webinar):
        return None
    return found


def own_exports(*, webinar: Webinar, user: User, sees_people: bool, now: datetime, kind: str) -> list[Export]:
    """The newest of a kind that are kept. One query. The caller has asked whether the person may see such files."""
    kept = Export.objects.requested_by(user).kept(now).filter(webinar=webinar, kind=kind)
    return list((kept if sees_people else kept.filter(personal=False)).order_by("-created_at")[:SHOWN])


def export_state(export: Export) -> dict[str, Any]:
    """What programs and the progress page are told. `percent` is None while nobody knows how much there is."""
    percent = None
    if export.state == Export.State.DONE:
        percent = 100
    elif export.rows_total:
        percent = min(99, 100 * export.rows_done // export.rows_total)
    return {
        "id": export.pk,
        "format": export.format,
        "state": export.state,
        "rowsDone": export.rows_done,
        "rowsTotal": export.rows_total,
        "percent": percent,
        "size": export.size,
        "error": str(ERRORS[export.error_code]) if export.error_code else None,
        "errorCode": export.error_code or None,
        "expiresAt": export.expires_at,
    }
