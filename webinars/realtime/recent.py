"""The last events of a room, for pages that come back after a short break: they get what they missed from here, and
ask the database for nothing. After a broken process a whole crowd comes back at once."""

from collections import deque
from collections.abc import Iterable

MOST_EVENTS = 500


class Recent:
    """An unbroken run of events, each as it goes into a frame, up to the newest that this process heard of."""

    __slots__ = ("_events", "last")

    def __init__(self, last: int = 0) -> None:
        self._events: deque[str] = deque(maxlen=MOST_EVENTS)
        self.last = last

    def begin(self, last: int) -> None:
        """Nothing is known of what came up to `last`."""
        self._events.clear()
        self.last = last

    def add(self, seq: int, event: str) -> None:
        if seq != self.last + 1:
            self.begin(seq - 1)
        self._events.append(event)
        self.last = seq

    def put_before(self, older: Iterable[tuple[int, str]]) -> None:
        """What was kept from before this process listened."""
        last, own = self.last, list(self._events)
        first = last - len(own) + 1
        self.begin(0)
        for seq, event in older:
            if seq < first:
                self.add(seq, event)
        if self.last != first - 1:
            self.begin(first - 1)
        for seq, event in enumerate(own, first):
            self.add(seq, event)

    def between(self, after: int, upto: int) -> list[str] | None:
        """The events after `after` up to `upto`, or None when they are not all here."""
        first = self.last - len(self._events) + 1
        if after + 1 < first or upto > self.last:
            return None
        return list(self._events)[after + 1 - first : max(after, upto) + 1 - first]
