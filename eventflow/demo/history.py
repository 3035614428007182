"""A webinar that was: who came, stayed, looked away and left, and the samples the minute job would have taken.

People's behaviour is drawn by chance from a fixed seed; everything else follows from it by the rules of spec 5 and 6,
heartbeat by heartbeat and minute by minute, so that the sessions, the presence and the access logs of the sample
webinar agree with each other as real ones do. Pure: no database, no clock.
"""

import bisect
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

HEARTBEAT_SECONDS = 120
JITTER_SECONDS = 10
THROTTLE = timedelta(seconds=60)
LONGEST_STRETCH = timedelta(seconds=3 * HEARTBEAT_SECONDS)
STALE = timedelta(seconds=300)
OWED_IN_FRONT = timedelta(seconds=HEARTBEAT_SECONDS + JITTER_SECONDS) + THROTTLE
OWED_BEHIND = timedelta(seconds=300)
SWEEP = timedelta(seconds=600)
ACTIVE_WINDOW = timedelta(seconds=180)
MINUTE = timedelta(minutes=1)


@dataclass
class PageSession:
    """One opened page, as the ledger keeps it."""

    person: int
    number: int
    entered_at: datetime
    last_heartbeat_at: datetime
    is_visible: bool = True
    exited_at: datetime | None = None
    closed_reason: str | None = None
    watched: list[tuple[datetime, datetime]] = field(default_factory=list)
    silent: list[tuple[datetime, datetime]] = field(default_factory=list)

    @property
    def watched_time(self) -> timedelta:
        return sum((end - start for start, end in self.watched), timedelta())

    def beat(self, moment: datetime, *, visible: bool) -> None:
        if moment - self.last_heartbeat_at < THROTTLE and visible == self.is_visible:
            return
        self._count_until(moment)
        self.last_heartbeat_at, self.is_visible = moment, visible

    def exit(self, moment: datetime) -> None:
        self._count_until(moment)
        self.last_heartbeat_at = self.exited_at = moment
        self.closed_reason = "exit"

    def sweep(self, moment: datetime) -> None:
        if self.exited_at is None and self.last_heartbeat_at < moment - STALE:
            self.exited_at, self.closed_reason = self.last_heartbeat_at, "timeout"

    def _count_until(self, moment: datetime) -> None:
        if moment - self.last_heartbeat_at > (OWED_IN_FRONT if self.is_visible else OWED_BEHIND):
            self.silent.append((self.last_heartbeat_at, moment))
        if self.is_visible and moment > self.last_heartbeat_at:
            until = min(moment, self.last_heartbeat_at + LONGEST_STRETCH)
            if self.watched and self.watched[-1][1] == self.last_heartbeat_at:
                self.watched[-1] = (self.watched[-1][0], until)
            else:
                self.watched.append((self.last_heartbeat_at, until))


@dataclass(frozen=True)
class Visit:
    """What one person does in one go: comes, looks away now and then, leaves by the door or loses the line."""

    person: int
    enters: datetime
    leaves: datetime
    away: tuple[tuple[datetime, datetime], ...]
    exits_cleanly: bool


@dataclass(frozen=True)
class Sample:
    at: datetime
    participants: int


@dataclass
class History:
    start: datetime
    end: datetime
    sessions: list[PageSession]
    seen: dict[int, list[datetime]]  # per person, the moments at which `last_seen_at` was written

    def samples(self) -> list[Sample]:
        """What the minute job would have recorded: everybody while there is somebody, 0 in an empty content window."""
        last = max(moments[-1] for moments in self.seen.values()) + ACTIVE_WINDOW
        moment = min(moments[0] for moments in self.seen.values()).replace(second=0, microsecond=0)
        found = []
        while moment <= max(last, self.end):
            participants = sum(self._is_active(person, moment) for person in self.seen)
            if participants or self.start <= moment < self.end:
                found.append(Sample(moment, participants))
            moment += MINUTE
        return found

    def _is_active(self, person: int, moment: datetime) -> bool:
        moments = self.seen[person]
        index = bisect.bisect_right(moments, moment)
        return index > 0 and moments[index - 1] >= moment - ACTIVE_WINDOW


def simulate(*, start: datetime, end: datetime, people: int, seed: int) -> History:
    chance = random.Random(seed)
    sessions: list[PageSession] = []
    beats: list[tuple[datetime, int]] = []
    for person in range(people):
        for visit in visits_of(person, start=start, end=end, chance=chance):
            for session in play(visit, chance=chance, first_number=len(sessions), beats=beats, start=start):
                sessions.append(session)
    seen: dict[int, list[datetime]] = {}
    for moment, person in sorted(beats):
        moments = seen.setdefault(person, [])
        if not moments or moment - moments[-1] >= THROTTLE:
            moments.append(moment)
    return History(start, end, sessions, seen)


def visits_of(person: int, *, start: datetime, end: datetime, chance: random.Random) -> Iterator[Visit]:
    minutes = (end - start).total_seconds() / 60
    arrival = chance.choices(["early", "on time", "late"], [35, 47, 18])[0]
    comes = {"early": (-12.0, 0.0), "on time": (0.0, 7.0), "late": (7.0, minutes * 0.6)}[arrival]
    enters = chance.uniform(*comes)
    stays = chance.choices(["to the end", "a while", "a look"], [62, 25, 13])[0]
    leaves = {
        "to the end": minutes + chance.uniform(-1.0, 3.0),
        "a while": min(minutes, enters + chance.uniform(14.0, minutes * 0.75)),
        "a look": enters + chance.uniform(0.8, 8.0),
    }[stays]
    yield make_visit(person, start=start, enters=enters, leaves=leaves, chance=chance)
    if leaves < minutes - 12 and chance.random() < 0.35:
        back = leaves + chance.uniform(2.0, 9.0)
        yield make_visit(person, start=start, enters=back, leaves=minutes + chance.uniform(-2.0, 2.0), chance=chance)
    elif chance.random() < 0.06:  # the phone as well, for part of the time
        begin = chance.uniform(enters, leaves)
        yield make_visit(person, start=start, enters=begin, leaves=chance.uniform(begin, leaves) + 0.5, chance=chance)


def make_visit(person: int, *, start: datetime, enters: float, leaves: float, chance: random.Random) -> Visit:
    """`enters` and `leaves` are minutes from the start."""

    def at(minute: float) -> datetime:
        moment = start + timedelta(minutes=minute)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    away = []
    moment = enters
    for _ in range(chance.choices([0, 1, 2, 3], [52, 26, 15, 7])[0]):
        hidden = moment + chance.uniform(1.0, 15.0)
        shown = hidden + min(chance.expovariate(1 / 3.0) + 0.2, 14.0)
        if shown >= leaves - 0.2:
            break
        away.append((at(hidden), at(shown)))
        moment = shown
    return Visit(person, at(enters), at(leaves), tuple(away), exits_cleanly=chance.random() < 0.83)


def play(
    visit: Visit, *, chance: random.Random, first_number: int, beats: list[tuple[datetime, int]], start: datetime
) -> list[PageSession]:
    """The sessions of a visit: more than one when a page was away for so long that the sweeper closed it."""
    session = PageSession(visit.person, first_number, visit.enters, visit.enters)
    sessions = [session]
    beats.append((visit.enters, visit.person))

    def regular(begin: datetime, until: datetime) -> None:
        moment = begin
        while True:
            moment += timedelta(seconds=HEARTBEAT_SECONDS + chance.uniform(-JITTER_SECONDS, JITTER_SECONDS))
            if moment >= until:
                return
            session.beat(moment, visible=True)
            beats.append((moment, visit.person))

    begin = visit.enters
    for hidden, shown in visit.away:
        regular(begin, hidden)
        session.beat(hidden, visible=False)
        beats.append((hidden, visit.person))
        sweep_until(session, shown, start=start)
        if session.exited_at is not None:
            session = PageSession(visit.person, first_number + len(sessions), shown, shown)
            sessions.append(session)
        else:
            session.beat(shown, visible=True)
        beats.append((shown, visit.person))
        begin = shown
    regular(begin, visit.leaves)
    if visit.exits_cleanly:
        session.exit(visit.leaves)
    else:
        sweep_until(session, visit.leaves + STALE + 2 * SWEEP, start=start)
    return sessions


def sweep_until(session: PageSession, moment: datetime, *, start: datetime) -> None:
    """The sweeper runs every ten minutes, counted from the start."""
    sweep = start + (session.last_heartbeat_at - start) // SWEEP * SWEEP
    while sweep <= moment:
        session.sweep(sweep)
        sweep += SWEEP
