"""What hosts do with questions, and how an asker takes one back (spec 10).

    pending -> published -> answered        each of them -> archived, and back to where it was

Doing again what is done already changes nothing and is no conflict; what the question's state rules out is one.
"""

import uuid
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions

from eventflow.api.errors import NotFound, WebinarClosed
from webinars.models import Question
from webinars.selectors.access import Reason, decide_access, webinar_and_person
from webinars.selectors.questions import SHOWN, own_data, row_of
from webinars.services.chat import Banned
from webinars.services.hosting import Host, Lead, host_of
from webinars.services.live_pass import LivePass
from webinars.services.question_changes import Act, Change
from webinars.services.questions import Withdrawn, WrongState

Status = Question.Status
ANSWER_MISSING = _("Write an answer, or say that it was answered live.")


def change_question(
    *,
    live_pass: LivePass,
    question_id: uuid.UUID,
    status: str | None = None,
    is_pinned: bool | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Publish, put away or restore a question, and pin or unpin it: all of it or nothing. Answers it as hosts see it.

    Raises WrongState for what waits and is to be pinned, for what was published and is to wait again, and for what its
    asker took back.
    """
    host = host_of(live_pass, Lead.ANSWER, now=now)
    change = _change(host, now)

    def step(question: Question) -> list[Act]:
        acts = _set_status(question, status, now) if status is not None else []
        return acts if is_pinned is None else [*acts, *_set_pinned(question, is_pinned, change)]

    return _as_host(change.make(question_id, step), host)


def answer_question(
    *,
    live_pass: LivePass,
    question_id: uuid.UUID,
    text: str | None = None,
    live: bool | None = None,
    now: datetime,
) -> dict[str, Any]:
    """Answer in text, or say that it was answered live, or both; what is not given stays as it is. Answering what
    waits publishes it; answering again corrects the answer, which keeps its time.

    Raises WrongState for what was put away, and ValidationError when nothing would be left of the answer.
    """
    host = host_of(live_pass, Lead.ANSWER, now=now)

    def step(question: Question) -> list[Act]:
        if question.status == Status.ARCHIVED:
            raise WrongState
        answer = question.answer if text is None else text
        answered_live = question.answered_live if live is None else live
        if not answer and not answered_live:
            raise exceptions.ValidationError({"text": [ANSWER_MISSING]})
        if question.status == Status.ANSWERED and (question.answer, question.answered_live) == (answer, answered_live):
            return []
        details = {"live": answered_live, "text": bool(answer), "from": question.status}
        question.answer, question.answered_live = answer, answered_live
        question.answered_by_id = host.user_id
        question.answered_at = question.answered_at or now
        question.published_at = question.published_at or now
        question.status = Status.ANSWERED
        return [Act("question.answered", details)]

    return _as_host(_change(host, now).make(question_id, step), host)


def take_answer_back(*, live_pass: LivePass, question_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """The question is published, as before it was answered. Raises WrongState for what was put away answered."""
    host = host_of(live_pass, Lead.ANSWER, now=now)

    def step(question: Question) -> list[Act]:
        if question.answered_at is None:
            return []
        if question.status == Status.ARCHIVED:
            raise WrongState
        question.status = Status.PUBLISHED
        question.answer, question.answered_live, question.answered_at, question.answered_by = "", False, None, None
        return [Act("question.answer_withdrawn")]

    return _as_host(_change(host, now).make(question_id, step), host)


def withdraw_question(*, live_pass: LivePass, question_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """Who asked takes the question back, as long as it waits. Raises WrongState once it was published."""
    user_id = live_pass.user_id
    if user_id is None:
        raise exceptions.PermissionDenied()
    found = webinar_and_person(str(live_pass.webinar_id), user_id=user_id, proven=not live_pass.unproven)
    if found is None:
        raise NotFound
    webinar, person = found
    access = decide_access(webinar=webinar, person=person, now=now)
    if access.reason is Reason.ENDED:
        raise WebinarClosed
    if access.reason is Reason.BANNED:
        raise Banned
    if not access.allowed:
        raise exceptions.PermissionDenied()

    def step(question: Question) -> list[Act]:
        if question.user_id != user_id:
            raise NotFound
        if question.status in SHOWN:
            raise WrongState
        acts = _archive(question, {"by": "asker"})
        if acts:
            question.withdrawn_at = now
        return acts

    question = Change(webinar, user_id, now).make(question_id, step)
    return own_data(row_of(question), mine=True, sees_all=False)


def _set_status(question: Question, status: str, now: datetime) -> list[Act]:
    match status:
        case Status.PENDING:
            return _back_to_waiting(question)
        case Status.PUBLISHED:
            return _publish(question, now)
        case Status.ARCHIVED:
            return _archive(question)
    raise AssertionError(status)


def _publish(question: Question, now: datetime) -> list[Act]:
    """From the archive it comes back with its answer."""
    if question.status in SHOWN:
        return []
    if question.withdrawn_at is not None:
        raise Withdrawn
    before = question.status
    question.status = Status.PUBLISHED if question.answered_at is None else Status.ANSWERED
    question.published_at = question.published_at or now
    return [Act("question.published" if before == Status.PENDING else "question.restored", {"to": question.status})]


def _back_to_waiting(question: Question) -> list[Act]:
    """From the archive only, and only what nobody has read yet."""
    if question.status == Status.PENDING:
        return []
    if question.withdrawn_at is not None:
        raise Withdrawn
    if question.status != Status.ARCHIVED or question.published_at is not None:
        raise WrongState
    question.status = Status.PENDING
    return [Act("question.restored", {"to": question.status})]


def _archive(question: Question, details: dict[str, Any] | None = None) -> list[Act]:
    if question.status == Status.ARCHIVED:
        return []
    act = Act("question.archived", {"from": question.status, **(details or {})})
    question.status, question.pinned_at = Status.ARCHIVED, None
    return [act]


def _set_pinned(question: Question, is_pinned: bool, change: Change) -> list[Act]:
    if is_pinned and question.status not in SHOWN:
        raise WrongState
    if is_pinned == (question.pinned_at is not None):
        return []
    if not is_pinned:
        question.pinned_at = None
        return [Act("question.unpinned")]
    _unpin_the_other(question, change)
    question.pinned_at = change.now
    return [Act("question.pinned")]


def _unpin_the_other(question: Question, change: Change) -> None:
    """One question is pinned at a time. The room is locked, so no second one can be."""
    pinned = Question.objects.select_for_update(of=("self",)).select_related("answered_by")
    for other in pinned.filter(webinar=change.webinar, pinned_at__isnull=False).exclude(pk=question.pk):
        other.pinned_at = None
        change.note(other, [Act("question.unpinned", {"instead": str(question.pk)})])


def _change(host: Host, now: datetime) -> Change:
    return Change(host.webinar, host.user_id, now)


def _as_host(question: Question, host: Host) -> dict[str, Any]:
    return own_data(row_of(question), mine=question.user_id == host.user_id, sees_all=True)
