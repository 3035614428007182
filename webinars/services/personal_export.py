"""A person's own data as one JSON file, written while it is read (docs/privacy.md)."""

import json
import uuid
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from psycopg.types.multirange import Multirange

from webinars.models import User
from webinars.selectors.personal_data import Part, parts
from webinars.services import audit
from webinars.services.erasure import is_erased


class NothingLeft(Exception):
    """The person was erased."""


def export_person(user: User, *, actor_id: uuid.UUID | None, now: datetime) -> Iterator[str]:
    """The pieces of the file; that it was asked for is on record before the first. Raises NothingLeft."""
    if is_erased(user):
        raise NothingLeft
    audit.record_in(
        "person.exported",
        agency_id=None,
        actor_id=actor_id,
        now=now,
        subject_type="person",
        subject_id=user.pk,
    )
    return _pieces(user, now)


def _pieces(user: User, now: datetime) -> Iterator[str]:
    yield f'{{\n"exportedAt": {_json(now)}'
    for name, part in parts.items():
        yield f",\n{_json(name)}: ["
        yield from _rows(user, part)
        yield "]"
    yield "\n}\n"


def _rows(user: User, part: Part) -> Iterator[str]:
    between = "\n"
    for row in part.rows(user):
        yield f"{between}  {_json(row)}"
        between = ",\n"


def _json(value: Any) -> str:
    return json.dumps(value, cls=_Encoder, ensure_ascii=False)


class _Encoder(DjangoJSONEncoder):
    """Times as ISO 8601 with their zone, to the microsecond; stretches of time as [from, to]."""

    def default(self, o: Any) -> Any:
        if isinstance(o, datetime):
            return o.isoformat()
        if isinstance(o, Multirange):
            return [[one.lower, one.upper] for one in o]
        return super().default(o)
