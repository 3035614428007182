"""Closing sockets in good order, by telling the processes that have them (spec 8, `realtime/dropping.py`)."""

import time
import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from django.conf import settings

from eventflow import redis
from webinars.models import Webinar
from webinars.realtime.events import PROCESSES_CHANNEL, Control, control, room_channel
from webinars.realtime.shards import room_server

ANSWER_SECONDS = 5.0
SILENCE_SECONDS = 10.0
POLL_SECONDS = 0.1


class NoAnswer(Exception):
    """Redis is away, or a socket server that should say how far it is does not."""


@dataclass
class Target:
    """A channel on which socket servers are told, and where each of them reports "closed total" under its name."""

    server: redis.Server
    channel: str
    job: str = field(default_factory=lambda: f"eventflow:drop:{uuid.uuid4().hex}")
    listeners: int = 0
    reports: dict[str, tuple[int, int]] = field(default_factory=dict)

    def say(self, rates: dict[str, float] | None) -> None:
        message = control(Control.DROP, {"job": self.job, "rates": rates})
        try:
            self.listeners = self.server.client.publish(self.channel, message)
        except redis.RedisUnavailable as error:
            raise NoAnswer(f"Redis does not answer ({type(error).__name__}).") from error

    def read(self) -> None:
        try:
            reports = self.server.client.hgetall(self.job)
        except redis.RedisUnavailable as error:
            raise NoAnswer(f"Redis does not answer ({type(error).__name__}).") from error
        for process, state in reports.items():
            closed, total = _text(state).split()
            self.reports[_text(process)] = (int(closed), int(total))

    @property
    def closed(self) -> int:
        return sum(closed for closed, _ in self.reports.values())

    @property
    def sockets(self) -> int:
        return sum(total for _, total in self.reports.values())


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value


@dataclass(frozen=True)
class Found:
    """`silent` servers listen and did not answer in time."""

    sockets: int
    servers: int
    silent: int


class Drop:
    """`count`, then `begin`, then follow `progress`. All raise NoAnswer."""

    def __init__(self, targets: list[Target]) -> None:
        self.targets = targets
        self.patience = SILENCE_SECONDS

    @classmethod
    def of_rooms(cls, webinars: Iterable[Webinar]) -> "Drop":
        return cls([Target(room_server(webinar.pk), room_channel(webinar.pk)) for webinar in webinars])

    @classmethod
    def of_all(cls) -> "Drop":
        return cls([Target(redis.server(url), PROCESSES_CHANNEL) for url in settings.REALTIME_REDIS_URLS])

    def count(self) -> Found:
        for target in self.targets:
            target.say(rates=None)
        deadline = time.monotonic() + ANSWER_SECONDS
        while (silent := self._silent()) and time.monotonic() < deadline:
            time.sleep(POLL_SECONDS)
            self._read()
        with_sockets = {name for target in self.targets for name, (_, total) in target.reports.items() if total}
        return Found(sum(target.sockets for target in self.targets), len(with_sockets), silent)

    def _silent(self) -> int:
        return max((target.listeners - len(target.reports) for target in self.targets), default=0)

    def begin(self, *, per_second: float) -> None:
        """Each closes its sockets at such a pace that all are ready at the same time."""
        every = sum(target.sockets for target in self.targets)
        for target in self.targets:
            rates = {name: per_second * total / every for name, (_, total) in target.reports.items() if total}
            self.patience = max([self.patience, *(SILENCE_SECONDS + 1 / rate for rate in rates.values())])
            target.say(rates)

    def progress(self) -> Iterator[tuple[int, int]]:
        """(closed so far, all), until they are equal."""
        before, moved_at = -1, time.monotonic()
        while True:
            self._read()
            closed = sum(target.closed for target in self.targets)
            every = sum(target.sockets for target in self.targets)
            if closed != before:
                before, moved_at = closed, time.monotonic()
                yield closed, every
            if closed >= every:
                return
            if time.monotonic() - moved_at > self.patience:
                raise NoAnswer(f"{every - closed} of {every} sockets were not reported closed.")
            time.sleep(POLL_SECONDS)

    def _read(self) -> None:
        for target in self.targets:
            target.read()
