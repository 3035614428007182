"""Whether a seal still says what it said, and whether the ledger still says the same (spec 7, Sealing).

Three questions: do the stored rows and header hash to the stored SHA-256; is the client's chain whole; do the figures
come out of the ledger again. What can change without anybody having tampered is a note, and no difference.
"""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from eventflow.api.errors import ApiError
from presence import definitions
from presence.sql.ledger import frame_of
from stats import canonical
from stats.models import AttendanceSeal
from stats.selectors.sealed_totals import differing_totals, samples_were_pruned, totals_of
from stats.selectors.seals import frame_of_seal, sessions_were_pruned
from stats.sql import sealing
from stats.sql import verification as sql
from stats.sql.exports import one_moment
from webinars.local_times import in_words
from webinars.models import Webinar

# What is told of each kind at most.
LISTED = 1_000
# By the names that the API's answers use.
FIGURES = {
    "sessionCount": "session_count",
    "firstEntered": "first_entered",
    "lastExited": "last_exited",
    "connectedSeconds": "connected_seconds",
    "uniqueSeconds": "unique_seconds",
    "visibleSeconds": "visible_seconds",
    "overlapSeconds": "overlap_seconds",
    "attendancePercent": "attendance_percent",
    "uncertaintySeconds": "uncertainty_seconds",
    "present": "present_ranges",
    "visible": "visible_ranges",
}


class NothingSealed(ApiError):
    def __init__(self) -> None:
        super().__init__(409, "wrong_state", _("There is no such seal of this webinar's attendance."))


@dataclass(frozen=True)
class Difference:
    """What is not as sealed. `kind` is for programs; the person is the sealed one, or who came in addition."""

    kind: str
    what: str
    sealed: Any = None
    now: Any = None
    row: int | None = None
    user_id: Any = None
    display_name: str = ""
    email: str = ""


@dataclass(frozen=True)
class Note:
    """What has changed since and is no mismatch."""

    kind: str
    text: str


@dataclass(frozen=True)
class Verdict:
    """`recomputed` is False when the raw sessions are kept no longer, so that only the seal itself was checked."""

    seal: AttendanceSeal
    differences: tuple[Difference, ...]
    notes: tuple[Note, ...]
    recomputed: bool
    verified_at: datetime

    @property
    def matches(self) -> bool:
        return not self.differences

    def as_dict(self) -> dict[str, Any]:
        """Ready for JSON, by the names that the API uses."""
        seal = self.seal
        return {
            "matches": self.matches,
            "recomputed": self.recomputed,
            "webinarId": seal.webinar_id,
            "version": seal.version,
            "sealedAt": seal.sealed_at,
            "sha256": seal.sha256,
            "position": seal.position,
            "people": seal.people_count,
            "differences": [
                {
                    "kind": found.kind,
                    "what": found.what,
                    "sealed": found.sealed,
                    "now": found.now,
                    "row": found.row,
                    "userId": found.user_id,
                    "displayName": found.display_name,
                    "email": found.email,
                }
                for found in self.differences
            ],
            "notes": [asdict(note) for note in self.notes],
            "verifiedAt": self.verified_at,
        }


def verify(webinar: Webinar, *, version: int | None = None, sha256: str = "", now: datetime | None = None) -> Verdict:
    """Check the newest seal, or one `version`; `sha256` is a hash that was written down elsewhere and that the seal
    must have. At most 1,000 differences of each kind are told. Everything is read as of one moment, whatever is
    pruned, erased or corrected meanwhile. Raises NothingSealed."""
    seals = AttendanceSeal.objects.filter(webinar=webinar).select_related("webinar").order_by("-version")
    moment = now or timezone.now()
    with one_moment():
        sql.keep_times_in_utc()
        seal = (seals if version is None else seals.filter(version=version)).first()
        if seal is None:
            raise NothingSealed
        people = sql.people(seal.pk)
        differences = [*_written_down(seal, sha256), *_stored(seal, people), *_chain(seal)]
        notes = [*settings_notes(seal), *_people_notes(people)]
        sessions_pruned, samples_pruned = sessions_were_pruned(seal), False
        if sessions_pruned:
            differences += _unplaced(seal)
        else:
            now_totals = totals_of(frame_of_seal(seal))
            samples_pruned = samples_were_pruned(seal, now_totals, now=moment)
            differences += _rows(seal)
            differences += (
                Difference("total", path, was, comes_to)
                for path, was, comes_to in differing_totals(seal, now_totals, without_samples=samples_pruned)
            )
    notes += _pruned_notes(sessions=sessions_pruned, samples=samples_pruned)
    return Verdict(seal, tuple(differences), tuple(notes), recomputed=not sessions_pruned, verified_at=moment)


def _written_down(seal: AttendanceSeal, sha256: str) -> Iterator[Difference]:
    expected = sha256.strip().lower()
    if expected and expected != seal.sha256:
        yield Difference("expected_sha256", _("The seal has another SHA-256 than was given."), expected, seal.sha256)


def _stored(seal: AttendanceSeal, people: sql.People) -> Iterator[Difference]:
    computed = canonical.sha256_of(seal)
    if computed != seal.sha256:
        what = _("The sealed rows or their header were changed: they do not hash to the stored SHA-256.")
        yield Difference("stored_sha256", what, seal.sha256, computed)
    if people.rows != seal.people_count:
        yield Difference("row_count", _("The number of sealed rows."), seal.people_count, people.rows)
    for row in sql.misnamed(seal.pk, listed=LISTED):
        yield Difference(
            "identity",
            _("The name, the address or the person of the sealed row was changed."),
            row=row.row,
            user_id=row.user_id,
            display_name=row.display_name,
            email=row.email,
        )


def _chain(seal: AttendanceSeal) -> Iterator[Difference]:
    """Every seal of the client, in order: none missing, each naming the one before, each with its own hash."""
    previous: AttendanceSeal | None = None
    for link in AttendanceSeal.objects.filter(client_id=seal.client_id).select_related("webinar").order_by("position"):
        expected = previous.position + 1 if previous is not None else 1
        if link.position != expected:
            what = _("Seals are missing from the client's chain before %(seal)s.") % {"seal": _named(link)}
            yield Difference("chain_hole", what, expected, link.position)
        elif link.previous_sha256 != (previous.sha256 if previous is not None else ""):
            what = _("%(seal)s does not follow the seal before it in the client's chain.") % {"seal": _named(link)}
            yield Difference("chain_link", what, link.previous_sha256, previous.sha256 if previous else "")
        if link.pk != seal.pk:
            computed = canonical.sha256_of(link)
            if computed != link.sha256:
                what = _("%(seal)s in the client's chain was changed.") % {"seal": _named(link)}
                yield Difference("chain_sha256", what, link.sha256, computed)
        previous = link


def _named(seal: AttendanceSeal) -> str:
    return _("“%(webinar)s” (version %(version)d)") % {"webinar": seal.webinar.title, "version": seal.version}


def _rows(seal: AttendanceSeal) -> Iterator[Difference]:
    for compared in sql.compare(seal.pk, frame=frame_of_seal(seal), listed=LISTED):
        if compared.row is None:
            yield _of_person("additional_person", _("Has sessions now and is not in the seal."), compared)
        elif not compared.found:
            yield _of_person("missing_person", _("Is in the seal and has no such sessions now."), compared)
        elif compared.unnamed:
            what = _("The sealed row names nobody, though this person was not erased.")
            yield _of_person("unnamed", what, compared)
            if compared.sealed != compared.now:
                yield from _changed(compared)
        else:
            yield from _changed(compared)


def _unplaced(seal: AttendanceSeal) -> Iterator[Difference]:
    """As far as it can be told without the sessions."""
    for row in sql.unplaced(seal.pk, listed=LISTED):
        yield Difference("unnamed", _("The sealed row names nobody, though nobody in its place was erased."), row=row)


def _changed(compared: sql.Compared) -> Iterator[Difference]:
    moved = {name: column for name, column in FIGURES.items() if compared.sealed[column] != compared.now[column]}
    for name, column in moved.items():
        yield _of_person("figure", name, compared, column)
    if not moved:
        what = _("The raw sessions were changed, though no figure moves.")
        yield _of_person("sessions", what, compared, "sessions_digest")


def _of_person(kind: str, what: str, compared: sql.Compared, column: str = "") -> Difference:
    return Difference(
        kind,
        what,
        sealed=canonical.plain(compared.sealed[column]) if column else None,
        now=canonical.plain(compared.now[column]) if column else None,
        row=compared.row,
        user_id=compared.user_id,
        display_name=compared.display_name,
        email=compared.email,
    )


def settings_notes(seal: AttendanceSeal) -> Iterator[Note]:
    """What was changed since beside the figures: times, intervals, definitions, and whether it was corrected."""
    webinar = seal.webinar
    frame = frame_of(webinar, now=seal.sealed_at)
    start, end = webinar.content_window
    if (start, end) != (seal.window_start, seal.window_end):
        text = _("The webinar's times were changed since. Sealed: %(sealed)s. Now: %(now)s.")
        sealed = _span(webinar, seal.window_start, seal.window_end)
        yield Note("window", text % {"sealed": sealed, "now": _span(webinar, start, end)})
    if sealing.intervals_of(frame) != seal.intervals:
        yield Note("intervals", _("The intervals at which pages report were changed since. The sealed ones are used."))
    if seal.definitions_version != definitions.VERSION:
        yield Note("definitions", _("The figures are defined otherwise now. The seal keeps the definitions it had."))
    newest = AttendanceSeal.objects.filter(webinar=webinar).order_by("-version").values_list("version", flat=True)[0]
    if newest != seal.version:
        yield Note(
            "corrected", _("This version was corrected; the newest is version %(version)d.") % {"version": newest}
        )


def _span(webinar: Webinar, start: datetime, end: datetime | None) -> str:
    return f"{in_words(start, webinar)} – {in_words(end, webinar) if end is not None else '…'}"


def _people_notes(people: sql.People) -> Iterator[Note]:
    if people.renamed:
        text = _("People who changed their name or address since: %(count)d. The seal keeps the ones they had.")
        yield Note("renamed", text % {"count": people.renamed})
    if people.erased:
        text = _(
            "People who were erased: %(count)d. Their rows, their sessions and the hash stand, without their names."
        )
        yield Note("erased", text % {"count": people.erased})


def _pruned_notes(*, sessions: bool, samples: bool) -> Iterator[Note]:
    if sessions:
        yield Note(
            "sessions_pruned",
            _(
                "The raw sessions are kept no longer, so that the figures cannot be computed again. The seal itself "
                "and the client's chain were checked."
            ),
        )
    if samples:
        yield Note("samples_pruned", _("The samples are kept no longer, so they cannot be compared."))
