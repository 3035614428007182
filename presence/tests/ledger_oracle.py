"""The attendance figures, slowly: a person's pages as sets of whole seconds (spec 5 and 7).

Shares nothing with the code that it judges. Moments are whole seconds on one line; `None` is unknown.
"""

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

CAP, THROTTLE, STALE, JITTER = 360, 60, 300, 10


@dataclass
class Session:
    """One row of the table."""

    entered: int
    beat: int
    visible: bool = True
    exited: int | None = None
    reason: str | None = None
    watched: set[int] = field(default_factory=set)
    silent: set[int] = field(default_factory=set)


@dataclass(frozen=True)
class Times:
    """A webinar's window, as far as it is over at `now`, and what its pages owe."""

    start: int
    end: int | None
    now: int
    ping: int = 120
    track: int = 300

    @property
    def until(self):
        over = self.now if self.end is None else min(self.end, self.now)
        return max(self.start, over)

    @property
    def seconds(self):
        return set(range(self.start, self.until))

    def owed(self, visible):
        return self.ping + JITTER + THROTTLE if visible else self.track + THROTTLE


@dataclass
class PageAccount:
    """What the rules of spec 5 make of one page, call by call, whether or not it is open still."""

    session: Session
    ping: int
    track: int

    def heartbeat(self, now, visible):
        """`visible` is None for `track`, and for a ping that does not say."""
        page = self.session
        changed = visible is not None and visible != page.visible
        if page.exited is not None or (now - page.beat < THROTTLE and not changed):
            return
        self._count(now)
        page.beat = max(page.beat, now)
        page.visible = page.visible if visible is None else visible

    def leave(self, now):
        page = self.session
        if page.exited is None:
            end = min(now, page.beat + CAP)
            self._count(now)
            page.exited, page.beat, page.reason = end, end, "exit"

    def sweep(self, now):
        page = self.session
        if page.exited is None and now - page.beat > STALE:
            page.exited, page.reason = page.beat, "timeout"

    def _count(self, now):
        page = self.session
        owed = self.ping + JITTER + THROTTLE if page.visible else self.track
        if page.visible:
            page.watched |= set(range(page.beat, min(now, page.beat + CAP)))
        if now - page.beat > owed:
            page.silent |= set(range(page.beat, now))


def counted_end(session, now):
    """What closed after `now` was open then."""
    return min(now, session.exited if session.exited is not None else session.beat + STALE)


def touches(session, times):
    """Open for some of the window, or opened within it and never heard of again."""
    end = counted_end(session, times.now)
    if session.entered == end:
        return times.start <= end and session.entered < times.until
    return bool(set(range(session.entered, end)) & times.seconds)


def unsure_seconds(session, others, times):
    """Three kinds, each by itself: they may overlap, and then count twice."""
    end = counted_end(session, times.now)
    if session.exited is None:
        tail = range(session.beat, end)
    elif session.reason == "timeout":
        tail = range(end, end + times.owed(session.visible))
    else:
        tail = range(0)
    away = (
        range(end, max((other.entered for other in others), default=end)) if session.reason == "timeout" else range(0)
    )
    back = min(len(set(away) & times.seconds), times.track + THROTTLE)
    return back + sum(len(set(kind) & times.seconds) for kind in (tail, session.silent))


def figures(sessions, times):
    """Of one person: the columns of `Figures`, without the person. Who entered after `now` was not there yet."""
    sessions = [one for one in sessions if one.entered <= times.now]
    inside = [one for one in sessions if touches(one, times)]
    present = [set(range(one.entered, counted_end(one, times.now))) & times.seconds for one in sessions]
    unique = set().union(*present)
    doubled = {second for second in unique if sum(second in one for one in present) > 1}
    percent = None
    if times.seconds:
        share = Decimal(100 * len(unique)) / len(times.seconds)
        percent = share.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return {
        "session_count": len(inside),
        "first_entered": min((max(one.entered, times.start) for one in inside), default=None),
        "last_exited": max((min(counted_end(one, times.now), times.until) for one in inside), default=None),
        "connected_seconds": min(sum(len(one) for one in present), len(times.seconds)),
        "unique_seconds": len(unique),
        "visible_seconds": len(set().union(*(one.watched for one in sessions)) & times.seconds),
        "overlap_seconds": len(doubled),
        "uncertainty_seconds": sum(unsure_seconds(one, sessions, times) for one in sessions),
        "attendance_percent": percent,
    }


def guest_figures(sessions, times):
    """Of all guests: each page stands for itself."""
    alone = [figures([one], times) for one in sessions]
    return {
        "session_count": sum(one["session_count"] for one in alone),
        **{
            name: sum(one[name] for one in alone)
            for name in ("connected_seconds", "visible_seconds", "uncertainty_seconds")
        },
    }
