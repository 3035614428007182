"""A room with hosts and questions, for the tests of this folder."""

from typing import Any

from django.utils import timezone

from webinars.models import Question, QuestionRoom, User, Webinar
from webinars.tests.factories import QuestionFactory, RegistrationFactory


def person(webinar: Webinar, role: str = "attendee", name: str = "Somebody") -> User:
    return RegistrationFactory(webinar=webinar, role=role, user__display_name=name).user


def questions(webinar: Webinar, count: int, **fields: Any) -> list[Question]:
    """So many, numbered as if they had been asked one after another."""
    room, _is_new = QuestionRoom.objects.get_or_create(webinar=webinar)
    made = []
    for _each in range(count):
        room.last_seq += 1
        room.last_changed_seq += 1
        made.append(QuestionFactory(webinar=webinar, seq=room.last_seq, changed_seq=room.last_changed_seq, **fields))
    room.save()
    return made


def question(webinar: Webinar, status: str = "published", **fields: Any) -> Question:
    """In one of the states, or "archived answered", "archived published" or "archived pending" for what it was."""
    archived, _space, before = status.rpartition(" ")
    now = timezone.now()
    if archived and before != "pending":
        fields = {"published_at": now, **fields}
    if before == "answered":
        fields = {"answered_at": now, "answer": "Yes.", "answered_live": False, **fields}
    (made,) = questions(webinar, 1, status=archived or before, **fields)
    return made
