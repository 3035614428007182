"""A webinar's people as they are: they come, look away, lose the line, sleep, freeze, open a second tab, and leave.

Each page behaves as `presence_client.js` does and speaks to the real services; what really happened is written down
beside it. Time is simulated, in seconds from the start of the webinar; nothing waits.
"""

import heapq
import itertools
from datetime import timedelta

from presence.tests.pages import Page

PING, JITTER, TRACK, THROTTLE = 120, 10, 300, 60
TURN_IN_FRONT, OWED_IN_FRONT, OWED_BEHIND = PING + JITTER, PING + JITTER + THROTTLE, TRACK
RETRIES, RETRY_FROM = 3, 2
TOLD_LATE = 0.5
LOST, LATE = 0.03, 0.03


class Stage:
    """The order of events, and the server's clock."""

    def __init__(self, webinar, chance, *, zero, begins):
        self.webinar, self.chance, self.zero, self.now = webinar, chance, zero, float(begins)
        self._events = []
        self._number = itertools.count()

    def at(self, moment, act, *what):
        heapq.heappush(self._events, (max(moment, self.now), next(self._number), act, what))

    def later(self, seconds, act, *what):
        self.at(self.now + seconds, act, *what)

    @property
    def clock(self):
        return self.zero + timedelta(seconds=self.now)

    def run(self):
        while self._events:
            self.now, _, act, what = heapq.heappop(self._events)
            act(*what)


class Truth:
    """What one page's life really was: since when it was known to the server, and until when it was open."""

    def __init__(self):
        self.began = self.ended = None
        self.behind = []  # stretches in which it was not in front
        self.away = []  # stretches in which it could not be reached, or did not run
        self.heard = []  # when a call got through, and whether the page was in front then

    def connected(self, start, until):
        """Open, and able to keep its promise of heartbeats. Where it fell silent for longer than it owed because it
        could not be reached, the connection was gone from then on until it could be reached again; and for good where
        it missed its turn and never got through any more."""
        if self.began is None:
            return []
        return without([(max(self.began, start), min(self.ended, until))], list(self._gone()))

    def _gone(self):
        for (moment, in_front), (following, _) in itertools.pairwise(self.heard):
            away = [one for one in self.away if moment <= one[0] < following]
            if away and following - moment > (OWED_IN_FRONT if in_front else OWED_BEHIND):
                yield away[0][0], away[-1][1]
        moment, in_front = self.heard[-1]
        away = [begin for begin, _ in self.away if begin >= moment]
        if away and self.ended - moment > (TURN_IN_FRONT if in_front else OWED_BEHIND):
            yield away[0], self.ended

    def visible(self, start, until):
        return without(self.connected(start, until), self.behind)


def without(stretches, holes):
    for begin, end in holes:
        stretches = [
            piece
            for one, other in stretches
            for piece in ((one, min(other, begin)), (max(one, end), other))
            if piece[0] < piece[1]
        ]
    return [(one, other) for one, other in stretches if one < other]


def length(stretches):
    return sum(other - one for one, other in stretches)


def union(stretches):
    found = []
    for one, other in sorted(stretches):
        if found and one <= found[-1][1]:
            found[-1] = (found[-1][0], max(other, found[-1][1]))
        else:
            found.append((one, other))
    return found


class SimulatedPage:
    """A browser's tab with the presence client in it."""

    def __init__(self, stage, user, *, in_front=True):
        self.stage, self.user, self.chance = stage, user, stage.chance
        self.truth = Truth()
        self.sessions = 0
        self.in_front, self.is_open = in_front, True
        self.offline = self.suspended = False
        self._behind_since = None if in_front else stage.now
        self._away_since = None
        self._overdue = []
        self._timers = {}
        self._restart()

    # What happens to it

    def turn(self, in_front):
        if not self.is_open or self.suspended or in_front == self.in_front:
            return
        self.in_front = in_front
        now = self.stage.now
        if in_front:
            self.truth.behind.append((self._behind_since, now))
        self._behind_since = None if in_front else now
        self._visibility_changed()

    def lose_line(self):
        self._unreachable(offline=True)

    def find_line(self):
        """The browser notices only when its own line was gone, not one further on."""
        self._unreachable(offline=False)
        if not self.suspended and self._track_failures and self.is_open and self.chance.random() < 0.5:
            self._track()

    def suspend(self):
        """A laptop's lid, or a phone's system: nothing runs until it is woken."""
        self._unreachable(suspended=True)

    def wake(self):
        self._unreachable(suspended=False)
        overdue, self._overdue = self._overdue, []
        for act in overdue:
            self.stage.later(self.chance.uniform(0, 1), self._when_awake, act)

    def close(self, *, says_goodbye):
        if not self.is_open:
            return
        now = self.stage.now
        if says_goodbye and not self._is_away and self.chance.random() >= LOST:
            self.stage.later(self._way(), self._server_leave, self._page, self._untold_for())
        self.is_open = False
        self.truth.ended = now
        if self._behind_since is not None:
            self.truth.behind.append((self._behind_since, now))
        if self._away_since is not None:
            self.truth.away.append((self._away_since, now))

    @property
    def _is_away(self):
        return self.offline or self.suspended

    def _unreachable(self, **what):
        if not self.is_open:
            return
        was = self._is_away
        self.__dict__.update(what)
        if self._is_away and not was:
            self._away_since = self.stage.now
        elif was and not self._is_away:
            self.truth.away.append((self._away_since, self.stage.now))
            self._away_since = None

    # The client

    def _restart(self):
        self._page = Page(self.stage.webinar, self.user)
        self._run = object()
        self._timers = {}
        self._last_ping_at = float("-inf")
        self._tracked_at = None
        self._track_failures = 0
        self._pinging = self._ping_again = False
        self._changes = 0
        self._known = False
        self._untold_since = None if self.in_front else self.stage.now
        self._track()

    def _later(self, name, seconds, act):
        """A page behind has timers that may be a minute late."""
        late = self.chance.uniform(0, 60) if not self.in_front and self.chance.random() < 0.3 else 0
        mark = self._timers[name] = object()
        self.stage.later(max(0, seconds) + late, self._when_awake, lambda: self._due(name, mark, act))

    def _when_awake(self, act):
        if self.suspended:
            self._overdue.append(act)
        elif self.is_open:
            act()

    def _due(self, name, mark, act):
        if self._timers.get(name) is mark:
            del self._timers[name]
            act()

    def _track(self):
        self._timers.pop("track", None)
        self._tracked_at = None
        run, page = self._run, self._page
        self._send(lambda: self._server_track(page), lambda answer: run is self._run and self._tracked(answer))

    def _tracked(self, answer):
        if answer is None:
            longest = min(PING, 2 * RETRY_FROM * 2**self._track_failures)
            self._track_failures += 1
            self._later("track", longest * (1 + self.chance.random()) / 2, self._track)
            return
        if answer == "closed":
            self._restart()
            return
        self._track_failures = 0
        self._tracked_at = self.stage.now
        self._known = True
        self._plan_track()
        if self._pinging:
            return
        if self._untold_since is not None:
            self._timers.pop("ping", None)
            self._ping()
        elif self.in_front and "ping" not in self._timers:
            self._plan_ping()

    def _plan_track(self):
        ahead = 0 if self.in_front else 60
        wait = self._tracked_at + TRACK - ahead - self.chance.random() * 20 - self.stage.now
        counts = 0 if self.in_front else self._last_ping_at + THROTTLE + 1 - self.stage.now
        self._later("track", max(wait, counts), self._track)

    def _visibility_changed(self):
        self._changes += 1
        if self._untold_since is None:
            self._untold_since = self.stage.now
        if not self._known:
            return
        self._timers.pop("ping", None)
        self._ping()
        if self._tracked_at is not None:
            self._plan_track()

    def _plan_ping(self):
        wait = PING + self.chance.uniform(-JITTER, JITTER)
        self._later("ping", max(wait, self._last_ping_at + THROTTLE - self.stage.now), self._ping)

    def _ping(self):
        if self._pinging:
            self._ping_again = True
            if self._timers.pop("nap", None):
                self._pinged(None)
            return
        self._pinging = True
        self._attempt(0)

    def _attempt(self, number):
        self._last_ping_at = self.stage.now
        run, page, in_front, untold = self._run, self._page, self.in_front, self._untold_for()
        changes = self._changes

        def answered(answer):
            if run is not self._run:
                return
            if answer is not None:
                if changes == self._changes:
                    self._untold_since = None
                self._pinged(answer)
            elif number == RETRIES or self._ping_again:
                self._pinged(None)
            else:
                wait = RETRY_FROM * 2**number * (1 + self.chance.random())
                self._later("nap", wait, lambda: self._attempt(number + 1))

        self._send(lambda: self._server_ping(page, in_front, untold), answered, may_be_late=self._untold_since is None)

    def _pinged(self, answer):
        self._pinging = False
        if answer == "closed":
            self._restart()
        elif self._ping_again:
            self._ping_again = False
            self._ping()
        elif self.in_front or self._untold_since is not None:
            self._plan_ping()

    def _untold_for(self):
        seconds = 0 if self._untold_since is None else self.stage.now - self._untold_since
        return timedelta(seconds=seconds if seconds >= TOLD_LATE else 0)

    # The line, and the server

    def _way(self):
        return self.chance.uniform(0.02, 0.12)

    def _send(self, serve, answered, *, may_be_late=False):
        """A call arrives and is answered, or is lost on the way, which the page finds out in its own time."""
        if self._is_away or self.chance.random() < LOST:
            self.stage.later(self.chance.uniform(0.1, 4), self._when_awake, lambda: answered(None))
            return
        late = self.chance.uniform(1, 8) if may_be_late and self.chance.random() < LATE else 0

        def arrive():
            answer = serve()
            self.stage.later(self._way(), self._when_awake, lambda: answered(answer))

        self.stage.later(self._way() + late, arrive)

    def _server_track(self, page):
        if not self.is_open and self.truth.began is None:
            return None  # it was closed before it was ever heard of
        entered_at = page.track(self.stage.clock).entered_at
        if entered_at == self.stage.clock:
            self.sessions += 1
        if self.truth.began is None:
            self.truth.began = self.stage.now
        self.truth.heard.append((self.stage.now, self.in_front))
        return "open" if entered_at else "closed"

    def _server_ping(self, page, in_front, untold):
        if self.truth.began is not None:
            self.truth.heard.append((self.stage.now, self.in_front))
        return "open" if page.ping(self.stage.clock, is_visible=in_front, untold=untold) else "closed"

    def _server_leave(self, page, untold):
        page.leave(self.stage.clock, untold=untold)
