"""Who may enter an `email_auth` webinar (spec 3): addresses put on its list and taken off it.

Each act is one transaction with its entry in the audit log: all of it, or nothing. People who lose their place leave
their open pages within seconds, and may come back as soon as an address of theirs is on the list again.
"""

import uuid
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import islice

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from webinars.addresses.found import Found
from webinars.models import AllowedEmailImport, Webinar, folded_email
from webinars.realtime.publish import let_in_all, shut_out_all, shut_out_people
from webinars.services import audit
from webinars.sql import allowed_emails as sql

BATCH = 2_000


class ListIsBusy(Exception):
    """Somebody else is changing the same list at this moment."""

    message = _("Somebody else is changing this list at the moment. Try again in a few seconds.")


def nothing(_lines: int) -> None:
    pass


@transaction.atomic
def import_addresses(
    *,
    webinar: Webinar,
    found: Iterable[Found],
    source: str,
    actor_id: uuid.UUID | None,
    now: datetime,
    progress: Callable[[int], None] = nothing,
) -> AllowedEmailImport:
    """Put what a list says on the webinar's own, and keep what became of each line. Raises ListIsBusy, and what
    reading `found` raises: then nothing was added."""
    _take(webinar)
    made = AllowedEmailImport.objects.create(
        webinar=webinar,
        client_id=webinar.client_id,
        agency_id=webinar.agency_id,
        imported_by_id=actor_id,
        at=_own_moment(webinar, now),
        source=source,
    )
    lines = 0
    for batch in _batches(found):
        _add(made, [one for one in batch if one.email])
        _reject(made, [one for one in batch if not one.email])
        lines += len(batch)
        progress(lines)
    made.save(update_fields=["added", "known", "repeated", "rejected"])
    if made.added:
        details = {"count": made.added, "source": source, "import_id": str(made.pk)}
        audit.record("allowed_emails.added", webinar=webinar, actor_id=actor_id, now=now, details=details)
        _let_back_in(webinar)
    return made


def _own_moment(webinar: Webinar, now: datetime) -> datetime:
    """By which the addresses of an import are known again."""
    while AllowedEmailImport.objects.filter(webinar=webinar, at=now).exists():
        now += timedelta(microseconds=1)
    return now


def _batches(found: Iterable[Found]) -> Iterator[list[Found]]:
    rest = iter(found)
    while batch := list(islice(rest, BATCH)):
        yield batch


def _add(made: AllowedEmailImport, found: list[Found]) -> None:
    counts = sql.add_batch(
        webinar_id=made.webinar_id,
        import_id=made.pk,
        emails=[one.email for one in found],
        lines=[one.line for one in found],
        at=made.at,
    )
    made.added += counts.added
    made.known += counts.known
    made.repeated += counts.repeated


def _reject(made: AllowedEmailImport, found: list[Found]) -> None:
    if not found:
        return
    sql.note_rejected(
        import_id=made.pk,
        lines=[one.line for one in found],
        problems=[one.problem for one in found],
        texts=[one.text for one in found],
    )
    made.rejected += len(found)


@transaction.atomic
def remove_addresses(*, webinar: Webinar, emails: Iterable[str], actor_id: uuid.UUID | None, now: datetime) -> int:
    """Take these off the list; answers how many were on it."""
    _take(webinar)
    removed = sql.remove(webinar_id=webinar.pk, emails=sorted({folded_email(email) for email in emails}))
    return _removed(webinar, removed, actor_id=actor_id, now=now)


@transaction.atomic
def clear_list(*, webinar: Webinar, actor_id: uuid.UUID | None, now: datetime) -> int:
    _take(webinar)
    return _removed(webinar, sql.remove(webinar_id=webinar.pk), actor_id=actor_id, now=now)


@transaction.atomic
def take_back(*, made: AllowedEmailImport, webinar: Webinar, actor_id: uuid.UUID | None, now: datetime) -> int:
    """Take off what an import added, as far as it is still there and no later import names it; answers how many.
    Again, it changes nothing."""
    _take(webinar)
    if not AllowedEmailImport.objects.filter(pk=made.pk, taken_back_at=None).update(taken_back_at=now, updated_at=now):
        return 0
    sql.hand_over(webinar_id=webinar.pk, added_at=made.at)
    return _removed(webinar, sql.remove(webinar_id=webinar.pk, added_at=made.at), actor_id=actor_id, now=now)


def _take(webinar: Webinar) -> None:
    if not sql.take_list(webinar.pk):
        raise ListIsBusy


def _removed(webinar: Webinar, emails: Sequence[str], *, actor_id: uuid.UUID | None, now: datetime) -> int:
    if emails:
        details = {"count": len(emails)}
        audit.record("allowed_emails.removed", webinar=webinar, actor_id=actor_id, now=now, details=details)
        shut_out_all(webinar.pk, sql.left_out(webinar_id=webinar.pk, emails=emails))
    return len(emails)


def _let_back_in(webinar: Webinar) -> None:
    """Whoever was shut out a moment ago, and is on the list again."""
    let_in_all(webinar.pk, sql.back_in(webinar_id=webinar.pk, people=shut_out_people(webinar.pk)))
