"""Reconciliation: what must add up, and what other tables know of the same webinar (spec 7)."""

from collections import defaultdict
from datetime import UTC, datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from presence.selectors.ledger import guest_figures
from presence.sql.ledger import Frame, frame_of
from stats.models import AttendanceSeal
from stats.selectors.curves import ledger_peak
from stats.selectors.seals import frame_of_seal, newest_seal, sessions_were_pruned
from stats.sql import reconciliation as sql
from webinars.models import Webinar, Window
from webinars.tombstones import is_tombstone

LISTED_PEOPLE = 100

DEFINITIONS: dict[str, Promise] = {
    "registered": _("People who are registered: those who attended and those who were absent."),
    "attended": _("Registered people with a page that was open within the content window."),
    "absent": _("Registered people without such a page."),
    "banned": _("Registered people who were banned; they are among those who attended or were absent."),
    "attendedNotRegistered": _(
        "People with a page that was open within the content window who are not registered. There should be none."
    ),
    "outsideWindow": _(
        "People who came, but only before or after the content window. They did not attend; who of them is registered "
        "is absent."
    ),
    "withoutSession": _("People whose presence was recorded, but no session."),
    "duplicateMailboxes": _(
        "Mailboxes to which more than one of these people belong: addresses that differ only in case, in space around "
        "them, in a tag after “+” or, at Gmail, in dots, which Gmail does not read. Other providers do, so there dots "
        "make a difference."
    ),
    "duplicatePeople": _("The people who share such a mailbox."),
    "guests": _("Pages of guests that were open within the content window. Guests are in no other of these figures."),
    "peakBySnapshots": _(
        "The largest number of people that a minute's sample found within the content window. A person counts until "
        "180 seconds after their last heartbeat, and a peak between two samples is missed."
    ),
    "peakBySnapshotsAt": _("When the timeline's step with that sample began."),
    "peakByLedger": _("The largest number of people at one instant of the content window, by their sessions."),
    "peakByLedgerAt": _("The first such instant."),
    "samples": _("How many samples of a minute the content window has."),
}
# Presence is kept for some days only, and addresses change: what they said when it was sealed stands alone.
PASSING = ("withoutSession", "duplicateMailboxes", "duplicatePeople")


def reconciliation(webinar: Webinar, now: datetime, *, may_see_personal: bool = False) -> dict[str, Any]:
    """Ready for JSON. The figures as of now or, once it is sealed, as of the seal; `now` then has those that come out
    otherwise today. Lists have a hundred people at most, and are empty for those who may not see personal data.
    Five queries; one more of a seal, two more with names. Callers keep it for some seconds, and state the definitions
    in the language of who asks.
    """
    seal = newest_seal(webinar)
    frame = frame_of_seal(seal) if seal is not None else frame_of(webinar, now=now)
    pruned = seal is not None and sessions_were_pruned(seal)
    today = {} if pruned else figures(frame, settled=seal is not None)
    found = seal.totals["reconciliation"] if seal is not None else today
    return {
        "figures": found,
        "now": differing(found, today),
        "sessionsPruned": pruned,
        "people": _people(frame) if may_see_personal and not pruned else NOBODY,
        "duplicates": _duplicates(frame) if may_see_personal and not pruned else [],
        "definitions": stated_definitions(),
        "sealed": _sealed(seal, with_reason=may_see_personal),
        "window": {"start": frame.start, "until": frame.until, "timeZone": webinar.time_zone},
        "asOf": frame.now,
    }


def stated_definitions() -> dict[str, str]:
    """What each figure means, in the language in force."""
    return {name: str(text) for name, text in DEFINITIONS.items()}


def figures(frame: Frame, *, settled: bool) -> dict[str, Any]:
    """`settled`: of the samples only those whose bucket cannot grow any more, as a seal has them. Four queries."""
    counts = sql.counts(frame)
    samples = sql.samples(frame, settled=settled)
    peak = ledger_peak(frame.webinar_id, Window(frame.start, frame.until), frame.now)
    return {
        "registered": counts.registered,
        "attended": counts.attended,
        "absent": counts.absent,
        "banned": counts.banned,
        "attendedNotRegistered": counts.attended_not_registered,
        "outsideWindow": counts.outside_window,
        "withoutSession": counts.without_session,
        "duplicateMailboxes": counts.duplicate_mailboxes,
        "duplicatePeople": counts.duplicate_people,
        "guests": guest_figures(frame).session_count,
        "peakBySnapshots": samples.peak,  # None without a sample
        "peakBySnapshotsAt": _moment(samples.peak_at if samples.peak else None),
        "peakByLedger": peak.people,
        "peakByLedgerAt": _moment(peak.at),
        "samples": samples.taken,
    }


def differing(sealed: dict[str, Any], now: dict[str, Any]) -> dict[str, Any]:
    """What of `now` is not as sealed, without what passes by itself."""
    return {
        name: value for name, value in now.items() if name not in PASSING and name in sealed and sealed[name] != value
    }


NOBODY: dict[str, list[Any]] = {"attendedNotRegistered": [], "outsideWindow": [], "withoutSession": []}


def _people(frame: Frame) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {kind: [] for kind in NOBODY}
    for somebody in sql.people(frame, listed=LISTED_PEOPLE):
        found[somebody.kind].append(_person(somebody))
    return found


def _duplicates(frame: Frame) -> list[dict[str, Any]]:
    by_mailbox: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for somebody in sql.duplicates(frame, listed=LISTED_PEOPLE):
        by_mailbox[somebody.kind].append(_person(somebody))
    return [{"mailbox": mailbox, "people": people} for mailbox, people in by_mailbox.items()]


def _person(somebody: sql.Somebody) -> dict[str, Any]:
    """Whoever was erased is not to be found again."""
    if is_tombstone(somebody.user_id, somebody.email):
        return {"userId": None, "displayName": "", "email": ""}
    return {"userId": somebody.user_id, "displayName": somebody.display_name, "email": somebody.email}


def _sealed(seal: AttendanceSeal | None, *, with_reason: bool) -> dict[str, Any] | None:
    """A reason is written by hand, and may name people."""
    if seal is None:
        return None
    reason = seal.reason if with_reason else ""
    return {"version": seal.version, "sealedAt": seal.sealed_at, "sha256": seal.sha256, "reason": reason}


def _moment(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"
