"""A cursor for the statements of the hot path."""

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import psycopg
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from django.db.backends.utils import CursorWrapper

R = TypeVar("R")


class PreparedCursor(psycopg.Cursor[Any]):
    """Binds on the server and keeps the statement prepared: planning is two thirds of a ping's cost there."""

    def execute(self, query: Any, params: Any = None, **kwargs: Any) -> "PreparedCursor":
        super().execute(query, params, prepare=settings.DATABASE_PREPARED_STATEMENTS)
        return self


def short(statement: str) -> str:
    """Without the white space that makes it readable: a statement of more than 4,096 characters is taken apart by
    psycopg anew at every call, which takes 0.2 ms."""
    return " ".join(statement.split())


def prepared_cursor() -> CursorWrapper:
    """Django's connection, logging and query counting around a `PreparedCursor`; a context that closes it."""
    connection.ensure_connection()
    assert connection.connection is not None
    with connection.wrap_database_errors:
        raw: Any = PreparedCursor(connection.connection)
    return connection.make_debug_cursor(raw) if connection.queries_logged else connection.make_cursor(raw)


def fetch_one(statement: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    """The first row of one statement, which must be harmless to repeat: when the connection turns out to be dead
    (the server was restarted), it is replaced and the statement sent once more."""
    return _repeating(lambda: _fetch_one(statement, params))


def fetch_all(statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    """Every row of one statement; repeated as in `fetch_one`."""
    return _repeating(lambda: _fetch_all(statement, params))


def _repeating(fetch: Callable[[], R]) -> R:
    try:
        return fetch()
    except (OperationalError, InterfaceError):
        if connection.in_atomic_block or connection.is_usable():
            raise
        connection.close()
        return fetch()


def _fetch_one(statement: str, params: Mapping[str, Any]) -> tuple[Any, ...] | None:
    with prepared_cursor() as cursor:
        cursor.execute(statement, params)
        row: tuple[Any, ...] | None = cursor.fetchone()
    return row


def _fetch_all(statement: str, params: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    with prepared_cursor() as cursor:
        cursor.execute(statement, params)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows
