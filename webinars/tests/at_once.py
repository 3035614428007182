"""Several things at the same time, on connections of their own."""

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from django.db import connection, connections


class Team:
    """Threads with a connection each, which begin together."""

    def __init__(self, size: int) -> None:
        self.pool = ThreadPoolExecutor(size)

    def at_once(self, *acts: Callable[[], Any]) -> list[Any]:
        together = threading.Barrier(len(acts))

        def run(act: Callable[[], Any]) -> Any:
            connection.ensure_connection()
            together.wait(10)
            return act()

        return [future.result(20) for future in [self.pool.submit(run, act) for act in acts]]

    def start(self, act: Callable[[], Any]) -> Future[Any]:
        """Runs it beside us, and returns once it waits for a lock, or is done."""
        with connection.cursor() as cursor:
            waiting = _waiting(cursor)
            future = self.pool.submit(act)
            while not future.done() and _waiting(cursor) <= waiting:
                pass
        return future

    def close(self) -> None:
        together = threading.Barrier(self.pool._max_workers)

        def leave() -> None:
            together.wait(10)
            connections.close_all()

        for future in [self.pool.submit(leave) for _ in range(self.pool._max_workers)]:
            future.result(20)
        self.pool.shutdown()


def _waiting(cursor: Any) -> int:
    cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
    count: int = cursor.fetchone()[0]
    return count
