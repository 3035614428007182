"""What every change of a question has in common (spec 10): one at a time in a room, numbered, told, on record."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from eventflow.api.errors import NotFound
from webinars.models import Question, QuestionRoom, Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast
from webinars.selectors.questions import public_data, row_of
from webinars.services import audit
from webinars.services.hosting import lock_person

CHANGEABLE = (
    "status",
    "published_at",
    "pinned_at",
    "withdrawn_at",
    "answer",
    "answered_live",
    "answered_at",
    "answered_by",
    "body",
    "asker_name",
)


@dataclass(frozen=True)
class Act:
    """One thing that was done to a question, as the audit log names it."""

    action: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Change:
    """Who changes questions of which webinar, and when."""

    webinar: Webinar
    actor_id: uuid.UUID
    now: datetime

    @transaction.atomic
    def make(self, question_id: uuid.UUID, step: Callable[[Question], list[Act]]) -> Question:
        """Let `step` change the question, as it is now; it answers what it did. What did nothing leaves no trace.

        Raises NotFound for a question of another webinar, and whatever `step` raises.
        """
        lock_person(self.actor_id)
        locked_room(self.webinar.pk)
        question = (
            Question.objects.select_for_update(of=("self",))
            .select_related("answered_by")
            .filter(pk=question_id, webinar=self.webinar)
            .first()
        )
        if question is None:
            raise NotFound
        if acts := step(question):
            self.note(question, acts)
        return question

    def note(self, question: Question, acts: list[Act]) -> None:
        """Number, store, record and tell a change that was made to a question of the locked room."""
        renumber(question)
        for act in acts:
            audit.record(
                act.action,
                webinar=self.webinar,
                actor_id=self.actor_id,
                now=self.now,
                subject_type="question",
                subject_id=question.pk,
                details={**act.details, "seq": question.seq},
            )
        is_answer = any(act.action == "question.answered" for act in acts)
        tell(question, EventType.QUESTION_ANSWERED if is_answer else EventType.QUESTION_UPDATED)


def locked_room(webinar_id: uuid.UUID) -> QuestionRoom:
    """The room's counters, locked until the commit: taken before any of its questions, so that two changes never wait
    for each other."""
    return QuestionRoom.objects.select_for_update().get_or_create(webinar_id=webinar_id)[0]


def renumber(question: Question) -> None:
    """Store a changed question of the locked room under its next change."""
    room = locked_room(question.webinar_id)
    room.last_changed_seq += 1
    room.save(update_fields=["last_changed_seq"])
    question.changed_seq = room.last_changed_seq
    question.save(update_fields=[*CHANGEABLE, "changed_seq", "updated_at"])


def tell(question: Question, event: EventType) -> None:
    """The room, after the commit."""
    data = {"question": public_data(row_of(question)), "changedSeq": question.changed_seq}
    broadcast(question.webinar_id, event, data)
