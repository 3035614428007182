"""Asking and voting (spec 10): stored first, then told."""

import uuid
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from eventflow import rate_limit
from eventflow.api.errors import ApiError, NotFound, WebinarClosed
from webinars.blocked_words import has_blocked
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast, tell_votes
from webinars.selectors.questions import SHOWN, own_data, public_data
from webinars.services.chat import Banned, Muted
from webinars.services.live_pass import LivePass
from webinars.sql import questions as sql

MOST_ATTEMPTS = 3


class MayNotTakePart(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "read_only", _("You can read the questions, but not ask or vote."))


class QuestionsDisabled(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "questions_disabled", _("The Q&A of this webinar is switched off."))


class BlockedWord(ApiError):
    def __init__(self) -> None:
        super().__init__(400, "blocked_word", _("This question has a word that is not welcome here. It was not sent."))


class OwnQuestion(ApiError):
    def __init__(self) -> None:
        super().__init__(403, "own_question", _("You cannot vote for your own question."))


class WrongState(ApiError):
    """The question's state does not allow it, and asking again will not help."""

    def __init__(self) -> None:
        super().__init__(409, "wrong_state", _("The question has changed meanwhile, so this is no longer possible."))


class Withdrawn(ApiError):
    def __init__(self) -> None:
        super().__init__(409, "wrong_state", _("Whoever asked this question took it back."))


class AskingTooFast(ApiError):
    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            429,
            "rate_limited",
            _("You have asked several questions just now. Please wait a moment before the next one."),
            retry_after=wait_seconds,
        )


def ask_question(
    *, live_pass: LivePass, body: str, client_id: str, is_anonymous: bool, now: datetime
) -> tuple[dict[str, Any], bool]:
    """Store a question and tell the room after the commit. Answers its data for who asked, and whether it is new: the
    same `client_id` always means the same question. Two statements; a third when the same question comes twice at
    once. What is refused uses up nothing of the allowance."""
    who: dict[str, Any] = {
        "webinar_id": live_pass.webinar_id,
        "user_id": _asker(live_pass),
        "is_manager": live_pass.admin_mode,
        "client_message_id": client_id,
        "now": now,
    }
    asked = sql.asking_gate(**who)
    if asked is not None and asked.question is None:
        _check(asked, body, now)
        _count(live_pass, client_id)
        question = {"body": body, "asker_name": live_pass.name, "is_anonymous": is_anonymous}
        asked = _store({**who, **question}, asked)
    if asked is None or asked.question is None:
        raise NotFound
    if asked.is_new:
        data = {"question": public_data(asked.question), "changedSeq": asked.question.changed_seq}
        broadcast(live_pass.webinar_id, EventType.QUESTION_CREATED, data)
    return {**own_data(asked.question, mine=True, sees_all=asked.is_host), "voted": False}, asked.is_new


def vote(*, live_pass: LivePass, question_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """One vote of this person for a question that is shown; voting again changes nothing. One query."""
    user_id = _voter(live_pass)
    try:
        voted = sql.upvote(
            webinar_id=live_pass.webinar_id,
            question_id=question_id,
            user_id=user_id,
            now=now,
        )
    except IntegrityError:  # the webinar, the question or the person was deleted at this instant
        raise NotFound from None
    counted = _checked(voted)
    if counted.is_own:
        raise OwnQuestion
    if counted.status not in SHOWN:
        raise WrongState
    return _told(live_pass.webinar_id, question_id, counted, voted=True)


def take_vote_back(*, live_pass: LivePass, question_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """Also from a question that is no longer shown. One query."""
    user_id = _voter(live_pass)
    withdrawn = sql.withdraw_vote(
        webinar_id=live_pass.webinar_id,
        question_id=question_id,
        user_id=user_id,
        now=now,
    )
    return _told(live_pass.webinar_id, question_id, _checked(withdrawn), voted=False)


def _asker(live_pass: LivePass) -> uuid.UUID:
    """Who bears the pass, if it allows to ask; whether that still holds, the statement asks."""
    user_id = live_pass.user_id
    if user_id is None or (live_pass.admin_mode and not live_pass.may("run")):
        raise MayNotTakePart
    return user_id


def _voter(live_pass: LivePass) -> uuid.UUID:
    """The same for a vote. Nobody in admin mode is counted."""
    user_id = live_pass.user_id
    if user_id is None or live_pass.admin_mode:
        raise MayNotTakePart
    return user_id


def _check(asked: sql.Asked, body: str, now: datetime) -> None:
    if refusal := _refused_at_the_door(asked):
        raise refusal
    if asked.muted_until is not None:
        raise Muted(asked.muted_until, now=now)
    if not asked.is_host and has_blocked(body, asked.blocked_words):
        raise BlockedWord


def _count(live_pass: LivePass, client_id: str) -> None:
    """One more question of this person's allowance; the same question once only."""
    wait = rate_limit.wait_seconds(
        f"questions:{live_pass.webinar_id}:{live_pass.user_id}",
        limit=settings.QUESTION_RATE_QUESTIONS,
        seconds=settings.QUESTION_RATE_SECONDS,
        what=client_id,
    )
    if wait:
        raise AskingTooFast(wait)


def _store(question: dict[str, Any], asked: sql.Asked) -> sql.Asked | None:
    """The same question may come twice at once, and the room may change meanwhile: then once more."""
    found: sql.Asked | None = asked
    for _attempt in range(MOST_ATTEMPTS):
        assert found is not None
        try:
            found = sql.ask(**question, compared_words=None if found.is_host else found.blocked_words)
        except IntegrityError:  # the same question at the same time; else the webinar or the person is just deleted
            continue
        if found is None or found.question is not None:
            return found
        _check(found, question["body"], question["now"])
    return None


def _checked(voted: sql.Voted | None) -> sql.Voted:
    """A vote that could be counted, on a question that the person may see, in a room where they may vote; or one that
    was."""
    if voted is None:
        raise NotFound
    if refusal := _refused_at_the_door(voted):
        raise refusal
    if voted.status is None or not (voted.changed or voted.status in SHOWN or voted.is_own or voted.is_host):
        raise NotFound
    return voted


def _refused_at_the_door(found: sql.Asked | sql.Voted) -> ApiError | None:
    if found.banned:
        return Banned()
    if not found.may_take_part:
        return MayNotTakePart()
    if not found.is_open:
        return WebinarClosed()
    return None if found.enabled else QuestionsDisabled()


def _told(webinar_id: uuid.UUID, question_id: uuid.UUID, counted: sql.Voted, *, voted: bool) -> dict[str, Any]:
    if counted.changed and counted.status in SHOWN:
        assert counted.votes is not None
        tell_votes(webinar_id, {question_id: counted.votes})
    return {"id": question_id, "votes": counted.votes, "voted": voted}
