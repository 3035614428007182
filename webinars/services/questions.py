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
from webinars.selectors.questions import SHOWN, is_asked, own_data, public_data
from webinars.services.chat import Banned, Muted
from webinars.services.live_pass import LivePass
from webinars.sql import questions as sql

# The statement, once more with the blocked words, and once more for each surprise: the same question at the same time,
# and words that were changed meanwhile.
MOST_ATTEMPTS = 4


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
    same `client_id` always means the same question. Up to three queries: 1. whether it was asked, when asking too
    fast, 2. the question, 3. once more, when there are blocked words to compare it with."""
    user_id = _asker(live_pass)
    wait = rate_limit.wait_seconds(
        f"questions:{live_pass.webinar_id}:{user_id}",
        limit=settings.QUESTION_RATE_QUESTIONS,
        seconds=settings.QUESTION_RATE_SECONDS,
    )
    if wait and not is_asked(live_pass.webinar_id, user_id=user_id, client_message_id=client_id):
        raise AskingTooFast(wait)
    asked = _store(live_pass, user_id, body, client_id, is_anonymous, now)
    if asked is None:
        raise NotFound
    if asked.question is None:
        raise _refusal(asked)
    if asked.is_new:
        question = public_data(asked.question)
        data = {"question": question, "changedSeq": asked.question.changed_seq}
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


def _store(
    live_pass: LivePass, user_id: uuid.UUID, body: str, client_id: str, is_anonymous: bool, now: datetime
) -> sql.Asked | None:
    def stored(compared_words: list[str]) -> sql.Asked | None:
        return sql.ask(
            webinar_id=live_pass.webinar_id,
            user_id=user_id,
            is_manager=live_pass.admin_mode,
            client_message_id=client_id,
            body=body,
            asker_name=live_pass.name,
            is_anonymous=is_anonymous,
            compared_words=compared_words,
            now=now,
        )

    words: list[str] = []
    for _attempt in range(MOST_ATTEMPTS):
        try:
            asked = stored(words)
        except IntegrityError:  # the same question at the same time; else the webinar or the person is just deleted
            continue
        if asked is None or asked.question is not None or not asked.is_held_back_by(words):
            return asked
        words = asked.blocked_words
        if has_blocked(body, words):
            raise BlockedWord
    return None


def _refusal(asked: sql.Asked) -> ApiError:
    if refusal := _refused_at_the_door(asked):
        return refusal
    assert asked.muted_until is not None
    return Muted(asked.muted_until)


def _checked(voted: sql.Voted | None) -> sql.Voted:
    """A vote that could be counted: on a question that the person may see, in a room where they may vote."""
    if voted is None:
        raise NotFound
    if refusal := _refused_at_the_door(voted):
        raise refusal
    if voted.status is None or not (voted.status in SHOWN or voted.is_own or voted.is_host):
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
    if counted.changed:
        assert counted.votes is not None
        tell_votes(webinar_id, {question_id: counted.votes})
    return {"id": question_id, "votes": counted.votes, "voted": voted}
