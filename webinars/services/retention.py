"""What this app keeps no longer (spec 5, Retention): lists of who may enter webinars that are over, reports of
imports, ended invitations, what people wrote when they registered, accounts that nobody ever proved or used, and
sign-ins that ran out."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress, EmailConfirmation
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Exists, ForeignObjectRel, Model, OuterRef, QuerySet

from eventflow.batches import until_done
from webinars.models import User
from webinars.services.sign_ins import over_sessions, unlisted_sign_ins
from webinars.sql import retention as sql

BATCH = 5_000  # below 100 ms of locks
# What an account has before anybody used it.
NO_USE: tuple[type[Model], ...] = (EmailAddress, EmailConfirmation)


def prune_allowed_emails(now: datetime) -> int:
    return until_done(BATCH, lambda: sql.delete_addresses(now=now, batch=BATCH))


def prune_import_reports(now: datetime) -> int:
    until_done(BATCH, lambda: sql.delete_report_lines(now=now, batch=BATCH))
    return until_done(BATCH, lambda: sql.delete_reports(now=now, batch=BATCH))


def prune_invitations(now: datetime) -> int:
    return until_done(BATCH, lambda: sql.delete_invitations(now=now, batch=BATCH))


def prune_answers(now: datetime) -> int:
    written = until_done(BATCH, lambda: sql.blank_answers(now=now, batch=BATCH))
    return written + until_done(BATCH, lambda: sql.blank_entries(now=now, batch=BATCH))


def unused_accounts(now: datetime) -> QuerySet[User]:
    """Made by typing an address, a while ago: never proven, never signed in with, and nothing anywhere is theirs."""
    before = now - timedelta(days=settings.UNUSED_ACCOUNT_RETENTION_DAYS)
    unused = User.objects.filter(
        date_joined__lt=before, last_login=None, is_active=True, is_staff=False, is_superuser=False
    )
    proven = EmailAddress.objects.filter(user=OuterRef("pk"), verified=True)
    return unused.filter(~Exists(proven), *[~Exists(rows) for rows in _what_is_theirs()])


def _what_is_theirs() -> list[QuerySet[Any]]:
    """The rows of every table that names a person, those too that are yet to come."""
    found = []
    for relation in User._meta.get_fields(include_hidden=True):
        if isinstance(relation, ForeignObjectRel) and relation.related_model not in NO_USE:
            column = relation.field.name
            found.append(relation.related_model._base_manager.filter(**{column: OuterRef("pk")}))
    return found


def count_unused_accounts(now: datetime) -> int:
    return unused_accounts(now).count()


def prune_unused_accounts(now: datetime) -> int:
    """An account that somebody begins to use at this very instant stays, and so does its batch, until tomorrow."""
    try:
        return until_done(BATCH, lambda: _delete_unused_accounts(now))
    except IntegrityError:
        return 0


@transaction.atomic
def _delete_unused_accounts(now: datetime) -> int:
    locked = unused_accounts(now).select_for_update(skip_locked=True, of=("self",)).order_by()
    return sql.delete_accounts(list(locked.values_list("pk", flat=True)[:BATCH]))


def count_sign_ins(now: datetime) -> int:
    return over_sessions(now).count()


def prune_sign_ins(now: datetime) -> int:
    """Sessions that ran out; then the rows by which people see where they are signed in."""
    deleted = until_done(BATCH, lambda: _delete(over_sessions(now)))
    until_done(BATCH, lambda: _delete(unlisted_sign_ins()))
    return deleted


def _delete(rows: QuerySet[Any]) -> int:
    batch = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
    return rows.model._base_manager.filter(pk__in=batch).delete()[0]


Count = Callable[[datetime], int]
# By name, how many are due at a moment, and what deletes them.
PARTS: dict[str, tuple[Count, Count]] = {
    "allowed_emails": (lambda now: sql.count_addresses(now=now), prune_allowed_emails),
    "import_reports": (lambda now: sql.count_reports(now=now), prune_import_reports),
    "invitations": (lambda now: sql.count_invitations(now=now), prune_invitations),
    "answers": (lambda now: sql.count_answers(now=now), prune_answers),
    "unused_accounts": (count_unused_accounts, prune_unused_accounts),
    "sign_ins": (count_sign_ins, prune_sign_ins),
}
