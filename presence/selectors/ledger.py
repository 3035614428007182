"""The attendance ledger, read: each person's figures and stretches within the content window (spec 7)."""

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from presence.sql import ledger
from presence.sql.ledger import Figures, Frame, GuestFigures, Stretches


def person_figures(frame: Frame, user_ids: Sequence[UUID] | None = None) -> list[Figures]:
    """Of everybody with a session in the webinar, or of these people; by user id. One query."""
    with connection.cursor() as cursor:
        cursor.execute(ledger.SELECT_FIGURES, frame.params(user_ids))
        return [Figures(*row) for row in cursor.fetchall()]


def person_stretches(frame: Frame, user_ids: Sequence[UUID] | None = None) -> dict[UUID, Stretches]:
    """The strips of everybody, or of these people. One query."""
    with connection.cursor() as cursor:
        cursor.execute(ledger.SELECT_STRETCHES, frame.params(user_ids))
        return {row[0]: Stretches(*row) for row in cursor.fetchall()}


def guest_figures(frame: Frame) -> GuestFigures:
    """All guests' pages together. One query."""
    with connection.cursor() as cursor:
        cursor.execute(ledger.SELECT_GUESTS, frame.params())
        return GuestFigures(*cursor.fetchone())
