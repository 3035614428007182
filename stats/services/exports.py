"""Exports that a worker writes: asked for, claimed by one worker, written, kept for a while (spec 1, 6, 13, 14)."""

import errno
import logging
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import transaction
from django.utils import timezone, translation
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy
from kombu.exceptions import KombuError

from eventflow import redis
from eventflow.api.errors import ApiError, DatabaseUnavailable
from stats.exports.about import known_language
from stats.exports.kinds import exported, write_file
from stats.exports.private_files import discard, discard_left_behind, keep, workspace
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.sql import exports as sql
from webinars.models import User, Webinar
from webinars.selectors.permissions import Verb, may
from webinars.services import audit

logger = logging.getLogger(__name__)

TASK = "stats.write_export"
MOST_UNDER_WAY = 3  # of one person
MOST_ATTEMPTS = 3
# A worker says how far it is every few thousand rows, and once before the file is put together.
SILENCE = timedelta(minutes=3)
NO_ROOM = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class TooManyExports(ApiError):
    def __init__(self) -> None:
        message = gettext_lazy("{count} files are being written for you already. Wait until one of them is ready.")
        super().__init__(429, "too_many_exports", format_lazy(message, count=MOST_UNDER_WAY), retry_after=10)


class ClaimLost(Exception):
    """Another worker has taken over, or the export is gone."""


class NotAllowed(Exception):
    """Whoever asked may not see it any more."""


def request_export(
    *,
    webinar: Webinar,
    user: User,
    format: str,
    query: AttendanceQuery,
    now: datetime,
    kind: str = Export.Kind.ATTENDANCE,
) -> Export:
    """Have a worker write a file for this person. Asking twice for the same while it is under way answers the first.

    Raises TooManyExports. The caller has asked whether the person may see the statistics, and for a file of the room,
    personal data.
    """
    personal = may(user, "see_personal", webinar)
    asked = {
        "webinar": webinar,
        "kind": kind,
        "format": format,
        "query": stored_query(query) if kind == Export.Kind.ATTENDANCE else {},
        "language": known_language(translation.get_language()),
        "personal": personal,
    }
    with transaction.atomic():
        User.objects.select_for_update(no_key=True).get(pk=user.pk)  # one request of a person at a time
        under_way = Export.objects.requested_by(user).under_way().kept(now)
        again = under_way.filter(**asked).first()
        if again is not None:
            return again
        if under_way.count() >= MOST_UNDER_WAY:
            raise TooManyExports
        export = Export.objects.create(
            **asked,
            client_id=webinar.client_id,
            agency_id=webinar.agency_id,
            requested_by=user,
            expires_at=now + kept_for(),
        )
        record_export(webinar=webinar, user_id=user.pk, file_format=format, kind=kind, personal=personal, now=now)
        transaction.on_commit(lambda: tell_workers(export.pk))
    return export


def record_export(
    *, webinar: Webinar, user_id: uuid.UUID | None, file_format: str, kind: str, personal: bool, now: datetime
) -> None:
    """Who took what out, how, and when (spec 13). `user_id` is None for whoever works at the machine itself."""
    by = {"by": "command"} if user_id is None else {}
    audit.record(
        "personal.exported" if personal else "figures.exported",
        webinar=webinar,
        actor_id=user_id,
        now=now,
        details={"what": str(kind), "format": str(file_format), **by},
    )


def tell_workers(export_id: uuid.UUID) -> None:
    """Without a broker nothing is lost: the minute's job finds what is waiting."""
    if not redis.attempt(lambda: redis.client().ping(), otherwise=False):
        return
    try:
        with current_app.connection_for_write(transport_options={"max_retries": 1}) as connection:
            current_app.send_task(TASK, args=[str(export_id)], connection=connection, retry=False)
    except (KombuError, *redis.RedisUnavailable) as error:
        logger.warning("an export waits for the next minute: %s", type(error).__name__)


def write_export(*, export_id: uuid.UUID, clock: Callable[[], datetime] = timezone.now) -> Export | None:
    """Write one file, unless it is written, or another worker is at it (None). What goes wrong is in `error_code`.

    Raises what nobody expected, after noting it. When the database is away the claim times out, and another worker
    takes over.
    """
    export = claim(export_id=export_id, now=clock())
    if export is None:
        return None
    progress = sql.Progress(export.pk, _claim_of(export))
    try:
        return _write(export, progress, clock)
    except ClaimLost:
        return None
    except NotAllowed:
        return _fail(export, "not_allowed", clock())
    except DatabaseUnavailable:
        raise
    except OSError as error:
        if error.errno not in NO_ROOM:
            _fail(export, "internal", clock())
            raise
        logger.error("an export did not fit on the disk")
        return _fail(export, "no_room", clock())
    except Exception:
        _fail(export, "internal", clock())
        raise
    finally:
        progress.close()


def write_waiting_exports(*, clock: Callable[[], datetime] = timezone.now) -> int:
    """One after another those that wait for their turn, that no worker was told of, or whose worker fell silent;
    answers how many were written."""
    now = clock()
    given_up = Export.objects.filter(
        state=Export.State.RUNNING, heartbeat_at__lt=now - SILENCE, attempts__gte=MOST_ATTEMPTS
    )
    given_up.update(state=Export.State.FAILED, error_code="gave_up", claim=None, finished_at=now, updated_at=now)
    written = 0
    while True:
        waiting = Export.objects.under_way().kept(clock()).order_by("created_at").values_list("pk", flat=True)
        done = sum(write_export(export_id=export_id, clock=clock) is not None for export_id in list(waiting))
        if not done:
            return written
        written += done


def claim(*, export_id: uuid.UUID, now: datetime) -> Export | None:
    """Of workers that want the same export at once one gets it, and the others None. So does everybody while
    EXPORTS_AT_ONCE are being written: the minute's jobs need a worker, too."""
    params = {
        "id": export_id,
        "claim": uuid.uuid4(),
        "now": now,
        "silent_since": now - SILENCE,
        "most_attempts": MOST_ATTEMPTS,
        "most_at_once": settings.EXPORTS_AT_ONCE,
    }
    with transaction.atomic():
        sql.lock_claims()
        return next(iter(Export.objects.raw(sql.CLAIM, params)), None)


def prune_exports(now: datetime) -> int:
    """Files go before their rows, so that none is left without; then what killed workers left behind."""
    expired = list(expired_exports(now))
    for export in expired:
        if export.file:
            discard(export.file)
        export.delete()
    known = set(Export.objects.exclude(file="").values_list("file", flat=True))
    return len(expired) + discard_left_behind(known=known, now=now)


def count_expired_exports(now: datetime) -> int:
    return expired_exports(now).count()


def expired_exports(now: datetime) -> Any:
    """Not those that a worker is still at."""
    return Export.objects.filter(expires_at__lte=now).exclude(
        state=Export.State.RUNNING, heartbeat_at__gte=now - SILENCE
    )


def stored_query(query: AttendanceQuery) -> dict[str, str]:
    """What a file is narrowed to and sorted by; it has no pages."""
    return {name: value for name, value in query.params().items() if name != "limit"}


def kept_for() -> timedelta:
    return timedelta(hours=settings.EXPORT_RETENTION_HOURS)


def _write(export: Export, progress: sql.Progress, clock: Callable[[], datetime]) -> Export | None:
    verb: Verb = "see_personal" if export.personal else "see_statistics"
    if not may(export.requested_by, verb, export.webinar):
        raise NotAllowed
    with workspace() as folder:
        path = folder / f"{export.pk}.{export.format}"
        with translation.override(export.language), sql.one_moment():
            contents = exported(
                export.kind,
                webinar=export.webinar,
                query=AttendanceQuery.parse(export.query),
                personal=export.personal,
                now=clock(),
            )
            total = contents.rows_expected(export.format)

            def report(rows: int) -> None:
                if not progress.write(rows_done=rows, rows_total=total, now=clock()):
                    raise ClaimLost

            report(0)
            rows = write_file(contents, path, file_format=export.format, report=report)
        size = path.stat().st_size
        stored = keep(path, name=path.name)
    now = clock()
    # Erasing a person ends the life of files that may name them, also of those that are just being written.
    finished = (
        _own(export)
        .filter(expires_at=export.expires_at)
        .update(
            state=Export.State.DONE,
            claim=None,
            file=stored,
            file_name=contents.file_name(export.format),
            size=size,
            rows_done=rows,
            rows_total=rows,
            finished_at=now,
            expires_at=now + kept_for(),
            updated_at=now,
        )
    )
    if not finished:
        discard(stored)
        raise ClaimLost
    export.refresh_from_db()
    return export


def _fail(export: Export, code: str, now: datetime) -> Export | None:
    failed = _own(export).update(
        state=Export.State.FAILED,
        claim=None,
        error_code=code,
        finished_at=now,
        updated_at=now,
    )
    if not failed:
        return None
    export.refresh_from_db()
    return export


def _own(export: Export) -> Any:
    """The export, while the claim that it was read with is still the one that holds."""
    return Export.objects.filter(pk=export.pk, claim=_claim_of(export), state=Export.State.RUNNING)


def _claim_of(export: Export) -> uuid.UUID:
    assert export.claim is not None
    return export.claim
