"""The totals of a seal: sums over everybody, what must add up, and what the evidence was (spec 7)."""

from datetime import datetime
from typing import Any

from presence.sql.ledger import Frame
from stats.models import AttendanceSeal
from stats.selectors.attendance import ledger_totals
from stats.selectors.reconciliation import PASSING, figures
from stats.sql import reconciliation, sealing, verification

# What only the samples say.
OF_SAMPLES = {
    "reconciliation.peakBySnapshots",
    "reconciliation.peakBySnapshotsAt",
    "reconciliation.samples",
    "evidence.samplesDigest",
}


def totals_of(frame: Frame) -> dict[str, Any]:
    """As the ledger says them now. Within a transaction that keeps times in UTC. Seven queries."""
    people = ledger_totals(frame)
    guests = people.pop("guests")
    raw = sealing.evidence(frame)
    return {
        "people": people,
        "guests": guests,
        "reconciliation": figures(frame, settled=True),
        "evidence": {
            "sessions": raw.sessions,
            "guestSessionsDigest": raw.guests_digest,
            "registrationsDigest": raw.registrations_digest,
            "samplesDigest": reconciliation.samples(frame, settled=True).digest,
        },
    }


def differing_totals(
    seal: AttendanceSeal, now: dict[str, Any], *, without_samples: bool
) -> list[tuple[str, Any, Any]]:
    """By path, such as `guests.connectedSeconds`: as sealed and as of now, without what passes by itself."""
    sealed_by_path, now_by_path = _by_path(seal.totals), _by_path(now)
    passing = {f"reconciliation.{name}" for name in PASSING} | (OF_SAMPLES if without_samples else set())
    return [
        (path, sealed_by_path.get(path), now_by_path.get(path))
        for path in sorted({*sealed_by_path, *now_by_path} - passing)
        if sealed_by_path.get(path) != now_by_path.get(path)
    ]


def samples_were_pruned(seal: AttendanceSeal, now_totals: dict[str, Any], *, now: datetime) -> bool:
    """Whether there are fewer samples than were sealed because they were kept long enough."""
    fewer = now_totals["reconciliation"]["samples"] < seal.totals["reconciliation"]["samples"]
    return fewer and seal.window_start < verification.samples_kept_from(now)


def _by_path(totals: dict[str, Any]) -> dict[str, Any]:
    return {f"{part}.{name}": value for part, figures in totals.items() for name, value in figures.items()}
