"""The switches of a room that hosts turn while it runs (spec 9, 10)."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from webinars.models import Webinar
from webinars.services import audit
from webinars.services.hosting import Lead, host_of, locked_webinar
from webinars.services.live_pass import LivePass
from webinars.services.webinar_life import announce

# By the name under which the API takes each, the webinar's field.
FIELDS = {
    "chat_enabled": "chat_enabled",
    "slow_seconds": "chat_slow_seconds",
    "blocked_words": "blocked_words",
    "questions_enabled": "questions_enabled",
    "questions_moderated": "questions_moderated",
}


def room_settings(*, live_pass: LivePass, now: datetime) -> Webinar:
    """The webinar, for who may moderate it."""
    return host_of(live_pass, Lead.MODERATE, now=now).webinar


def change_room(*, live_pass: LivePass, wanted: Mapping[str, Any], now: datetime) -> Webinar:
    """`wanted` by the names of FIELDS, valid. Every page is told, unless nothing changed; words are told to nobody."""
    host = host_of(live_pass, Lead.MODERATE, now=now)
    with transaction.atomic():
        webinar = locked_webinar(host)
        before = {FIELDS[name]: getattr(webinar, FIELDS[name]) for name in wanted}
        changed = {FIELDS[name]: value for name, value in wanted.items() if value != before[FIELDS[name]]}
        if not changed:
            return webinar
        for field, value in changed.items():
            setattr(webinar, field, value)
        webinar.save(update_fields=[*changed, "updated_at"])
        record_change(webinar, before=before, actor_id=host.user_id, now=now)
        if changed.keys() - {"blocked_words"}:
            announce(webinar)
    return webinar


def record_change(webinar: Webinar, *, before: Mapping[str, Any], actor_id: uuid.UUID | None, now: datetime) -> None:
    """What differs from `before`, by the webinar's fields, within the transaction that changed it."""
    after = {field: getattr(webinar, field) for field in FIELDS.values() if field in before}
    details = {
        field: _change_in_brief(field, before[field], value)
        for field, value in after.items()
        if value != before[field]
    }
    if details:
        audit.record("room.changed", webinar=webinar, actor_id=actor_id, now=now, details=details)


def _change_in_brief(field: str, before: Any, after: Any) -> Any:
    """Blocked words may be somebody's name, which the audit log never holds."""
    if field == "blocked_words":
        return {"added": len({*after} - {*before}), "removed": len({*before} - {*after})}
    return [before, after]
