"""Questions as their readers see them (spec 10): the room, who asked, and the hosts."""

import uuid
from typing import Any

from webinars.models import Question
from webinars.sql import questions as sql

AT_MOST = 200
SHOWN = frozenset({Question.Status.PUBLISHED, Question.Status.ANSWERED})


def questions_after(
    webinar_id: uuid.UUID,
    *,
    user_id: uuid.UUID | None,
    as_host: bool,
    is_manager: bool,
    after: int | None = None,
    status: str | None = None,
    limit: int = AT_MOST,
) -> dict[str, Any] | None:
    """What one reader may read, by `changedSeq`: what changed after `after`, else the newest changes. One query.

    `lastChange` is how far the answer reaches: there is more while it is less than the room's. `votes` are those of
    the most voted questions. None for who was banned. `as_host` and `is_manager` are what a pass or a decision says;
    who is no host any more reads what attendees read.
    """
    found = sql.questions(
        webinar_id=webinar_id,
        user_id=user_id,
        as_host=as_host,
        is_manager=is_manager,
        after=after,
        status=status,
        limit=limit,
    )
    if found.banned:
        return None
    is_cut = after is not None and len(found.rows) == limit
    return {
        "questions": [_seen(row, user_id, found.sees_all) for row in found.rows],
        "lastChange": found.rows[-1]["changed_seq"] if is_cut else found.last_change,
        "votes": found.votes,
    }


def public_data(row: sql.QuestionRow) -> dict[str, Any] | None:
    """What every page of the room may be told: None while the question waits, and only that it is gone when it was
    put away."""
    if row.status == Question.Status.PENDING:
        return None
    if row.status == Question.Status.ARCHIVED:
        return gone(row._asdict())
    return question_data(row._asdict(), with_name=not row.is_anonymous)


def own_data(row: sql.QuestionRow, *, mine: bool, sees_all: bool) -> dict[str, Any]:
    """For whoever may read it whole: who asked, or a host."""
    return {**question_data(row._asdict(), with_name=sees_all or not row.is_anonymous), "mine": mine}


def row_of(question: Question) -> sql.QuestionRow:
    """A question that the ORM read, as the statements answer it. At most one query, for who answered."""
    host = question.answered_by
    columns = {name: getattr(question, name) for name in sql.QuestionRow._fields if name != "answered_by"}
    return sql.QuestionRow(**columns, answered_by=host.display_name or None if host is not None else None)


def _seen(row: dict[str, Any], user_id: uuid.UUID | None, sees_all: bool) -> dict[str, Any]:
    if row["status"] == Question.Status.ARCHIVED and not sees_all:
        return gone(row)
    data = question_data(row, with_name=sees_all or not row["is_anonymous"])
    mine = user_id is not None and str(row["user_id"]) == str(user_id)
    return {**data, "mine": mine, "voted": row["voted"]}


def gone(row: dict[str, Any]) -> dict[str, Any]:
    """Without a word of it; `withdrawn` tells hosts' pages that nobody can put it back."""
    return {
        "id": row["id"],
        "seq": row["seq"],
        "changedSeq": row["changed_seq"],
        "status": row["status"],
        "withdrawn": row["withdrawn_at"] is not None,
    }


def question_data(row: dict[str, Any], *, with_name: bool) -> dict[str, Any]:
    """A question as API and socket show it: camelCase, no email; `answeredBy` is the host's name."""
    return {
        "id": row["id"],
        "seq": row["seq"],
        "changedSeq": row["changed_seq"],
        "body": row["body"],
        "authorId": row["user_id"] if with_name else None,
        "authorName": row["asker_name"] if with_name else None,
        "isAnonymous": row["is_anonymous"],
        "status": row["status"],
        "withdrawn": row["withdrawn_at"] is not None,
        "votes": row["upvote_count"],
        "pinned": row["pinned_at"] is not None,
        "answer": row["answer"],
        "answeredLive": row["answered_live"],
        "answeredAt": row["answered_at"],
        "answeredBy": row["answered_by"],
        "publishedAt": row["published_at"],
        "createdAt": row["created_at"],
    }
