"""Sealing a webinar's attendance, and correcting it by another version (spec 7)."""

import logging
import uuid
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils.translation import gettext_lazy as _

import eventflow
from eventflow.api.errors import ApiError, NotFound
from presence import definitions
from presence.sql.ledger import frame_of
from stats import canonical
from stats.models import AttendanceSeal
from stats.selectors.attendance import forget_answers
from stats.selectors.sealed_totals import totals_of
from stats.selectors.seals import newest_seal, sessions_are_missing, sessions_were_pruned
from stats.sql import sealing as sql
from webinars.local_times import in_words
from webinars.models import Client, User, Webinar
from webinars.services import audit
from webinars.services.erasure import TOMBSTONE_DOMAIN
from webinars.services.webinar_life import end_overdue

logger = logging.getLogger(__name__)

# What one run of the job seals at most: the rest of a long history waits for the next minute.
SEALED_AT_ONCE = 500


class NotSealable(ApiError):
    """The webinar's attendance cannot be sealed, or not yet."""

    def __init__(self, message: object) -> None:
        super().__init__(409, "wrong_state", message)


def seal_attendance(
    *, webinar: Webinar, now: datetime, author: User | None = None, reason: str = "", seen_version: int | None = None
) -> AttendanceSeal:
    """Compute everybody's attendance once more and keep it for good. A webinar that is sealed already keeps its seal,
    which is answered, unless somebody says why it is corrected: then the figures of now become the next version beside
    it. `seen_version` is the one that the correction is meant for.

    Raises NotSealable (409) while the collect window is open or has no end, for a draft, for a correction without a
    reason or an author or of another version than was seen, and when raw sessions that it would need are gone.
    """
    return _seal(webinar, now=now, author=author, reason=reason.strip(), seen_version=seen_version)[0]


def seal_due(now: datetime) -> int:
    """Seal every webinar whose collect window is over, the newest first; answers how many this call sealed. Each in a
    transaction of its own: what fails is logged, and tried again by the next run. May run twice at once."""
    end_overdue(now)
    sealed = 0
    for webinar_id in sql.due(now=now):
        try:
            sealed += _seal_if_due(webinar_id, now=now)
        except Exception:
            logger.exception("attendance not sealed: webinar %s", webinar_id)
        if sealed >= SEALED_AT_ONCE:
            break
    return sealed


def why_not_sealed(webinar: Webinar, *, now: datetime) -> object | None:
    """The sentence that says why attendance cannot be sealed yet, or None."""
    if webinar.state == Webinar.State.DRAFT:
        return _("This webinar is a draft. Nobody attended it.")
    closes = webinar.collect_window.end
    if closes is None:
        return _("The end of this webinar is unknown. End it first.")
    if closes > now:
        return _("Attendance is still counted, until %(time)s. It can be sealed from then on.") % {
            "time": in_words(closes, webinar)
        }
    if webinar.state != Webinar.State.ENDED:
        return _("This webinar has not ended. End it first.")
    return None


def _seal_if_due(webinar_id: uuid.UUID, *, now: datetime) -> bool:
    webinar = Webinar.objects.filter(pk=webinar_id).first()
    if webinar is None or newest_seal(webinar) is not None:  # deleted or sealed since the list was made
        return False
    return _seal(webinar, now=now)[1]


def _seal(
    webinar: Webinar,
    *,
    now: datetime,
    author: User | None = None,
    reason: str = "",
    seen_version: int | None = None,
) -> tuple[AttendanceSeal, bool]:
    """The seal, and whether it is new."""
    _refuse(webinar, now=now)
    with transaction.atomic():
        sql.prepare(webinar.pk)
        # Sessions first and then the webinar's row, as whoever enters locks them: so nobody waits in a circle.
        sql.close_sessions(webinar_id=webinar.pk, now=now)
        locked = Webinar.objects.select_for_update().filter(pk=webinar.pk).first()
        if locked is None:
            raise NotFound
        _refuse(locked, now=now)
        before = newest_seal(locked)
        if before is not None:
            if not reason and author is None:
                return before, False
            _refuse_correction(before, author=author, reason=reason, seen_version=seen_version)
        sql.close_sessions(webinar_id=locked.pk, now=now)  # of those who entered until the row was locked
        seal = _write(locked, before=before, author=author, reason=reason, now=now)
        audit.record(
            "attendance.sealed" if before is None else "attendance.corrected",
            webinar=locked,
            actor_id=author.pk if author is not None else None,
            now=now,
            details={"version": seal.version},
        )
        transaction.on_commit(partial(forget_answers, webinar.pk))
        transaction.on_commit(partial(logger.info, "attendance sealed: seal %s, version %d", seal.pk, seal.version))
    return seal, True


def _refuse(webinar: Webinar, *, now: datetime) -> None:
    if problem := why_not_sealed(webinar, now=now):
        raise NotSealable(problem)


def why_not_corrected(seal: AttendanceSeal) -> object | None:
    """The sentence that says why the evidence of this seal is not enough for another version, or None."""
    if sessions_were_pruned(seal):
        return _("The sessions of this webinar are no longer kept, so that its attendance can no longer be corrected.")
    if sessions_are_missing(seal):
        return _("Sessions that were sealed are missing, so that this attendance can no longer be corrected.")
    return None


def _refuse_correction(before: AttendanceSeal, *, author: User | None, reason: str, seen_version: int | None) -> None:
    if not reason:
        raise NotSealable(_("Say why the sealed attendance is corrected."))
    if author is None:
        raise NotSealable(_("Say who corrects the sealed attendance."))
    if seen_version is not None and seen_version != before.version:
        raise NotSealable(
            _("This attendance has just been corrected by somebody else: version %(version)d is the newest.")
            % {"version": before.version}
        )
    if problem := why_not_corrected(before):
        raise NotSealable(problem)


def _write(
    webinar: Webinar, *, before: AttendanceSeal | None, author: User | None, reason: str, now: datetime
) -> AttendanceSeal:
    """Rows first and the header last: nothing is added to a seal that is there (migration 0004)."""
    frame = frame_of(webinar, now=now)
    seal = AttendanceSeal(
        webinar=webinar,
        client_id=webinar.client_id,
        agency_id=webinar.agency_id,
        version=before.version + 1 if before is not None else 1,
        sealed_at=now,
        author=author,
        reason=reason,
        window_start=frame.start,
        window_end=frame.until,
        intervals=sql.intervals_of(frame),
        definitions_version=definitions.VERSION,
        definitions=canonical.english_definitions(),
        software_version=eventflow.__version__,
    )
    seal.people_count = sql.insert_rows(seal_id=seal.pk, frame=frame, tombstones=TOMBSTONE_DOMAIN)
    seal.totals = totals_of(frame)
    # Seals of one client follow each other.
    Client.objects.select_for_update(no_key=True).get(pk=webinar.client_id)
    last = AttendanceSeal.objects.filter(client_id=webinar.client_id).order_by("-position").first()
    seal.position = last.position + 1 if last is not None else 1
    seal.previous_sha256 = last.sha256 if last is not None else ""
    seal.sha256 = canonical.sha256_of(seal)
    seal.save(force_insert=True)
    return seal
