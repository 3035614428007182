"""The statements of questions and votes (spec 10): each guards what it writes, in one round trip."""

import json
import uuid
from datetime import datetime
from typing import Any, NamedTuple

from eventflow.database import fetch_one, short
from webinars.sql import COLLECT_WINDOW_OPEN, STILL_RUNS, doors

# How a person stands to the questions of a webinar, as one row `w`. Members of the tenant have no registration. Where
# what they wrote is stored, person and registration are locked against erasing, banning and muting until the commit,
# in the order in which these lock them: what is stored was allowed at its commit.
# ORM equivalent: User, Webinar and Registration by their keys, and Webinar.collect_window.contains(now).
STANDING = f"""
person AS MATERIALIZED (
    SELECT u.id FROM users u WHERE u.id = %(user_id)s AND u.is_active {{lock_person}}
), registered AS MATERIALIZED (
    SELECT r.role, r.banned_at, r.muted_until FROM registrations r
    WHERE r.webinar_id = %(webinar_id)s AND r.user_id = %(user_id)s AND NOT %(is_manager)s
      AND EXISTS (SELECT FROM person)
    {{lock_registration}}
), w AS MATERIALIZED (
    SELECT w.id, w.client_id, w.agency_id, w.questions_enabled, w.questions_moderated, w.blocked_words,
           {COLLECT_WINDOW_OPEN} AS is_open,
           EXISTS (SELECT FROM person) AND ({STILL_RUNS} OR (r.role IS NOT NULL AND r.banned_at IS NULL))
               AS may_take_part,
           r.banned_at IS NOT NULL AS banned,
           %(is_manager)s OR coalesce(r.role <> 'attendee', false) AS is_host,
           CASE WHEN r.muted_until > %(now)s THEN r.muted_until END AS muted_until
    FROM webinars w LEFT JOIN registered r ON true
    WHERE w.id = %(webinar_id)s
)"""
LOOKED_UP = STANDING.format(lock_person="", lock_registration="")
LOCKED = STANDING.format(lock_person="FOR KEY SHARE", lock_registration="FOR SHARE")
PERSON_LOCKED = STANDING.format(lock_person="FOR KEY SHARE", lock_registration="")

# A question `q` as `questions` answers it; `answered_by` is a name.
COLUMNS = """
    q.id, q.seq, q.changed_seq, q.body, q.user_id, q.asker_name, q.is_anonymous, q.status, q.published_at,
    q.withdrawn_at, q.pinned_at, q.upvote_count, q.answer, q.answered_live, q.answered_at,
    (SELECT nullif(host.display_name, '') FROM users host WHERE host.id = q.answered_by_id) AS answered_by,
    q.created_at"""


class QuestionRow(NamedTuple):
    """The columns of COLUMNS."""

    id: uuid.UUID
    seq: int
    changed_seq: int
    body: str
    user_id: uuid.UUID
    asker_name: str
    is_anonymous: bool
    status: str
    published_at: datetime | None
    withdrawn_at: datetime | None
    pinned_at: datetime | None
    upvote_count: int
    answer: str
    answered_live: bool
    answered_at: datetime | None
    answered_by: str | None
    created_at: datetime


class Asked(NamedTuple):
    """What `asking_gate` or `ask` found and did. `question` is None unless it is stored."""

    is_open: bool
    enabled: bool
    may_take_part: bool
    banned: bool
    is_host: bool
    muted_until: datetime | None
    blocked_words: list[str]
    is_new: bool
    question: QuestionRow | None

    @property
    def may_ask(self) -> bool:
        return self.is_open and self.enabled and self.may_take_part and self.muted_until is None


MINE = f"""
mine AS MATERIALIZED (
    SELECT {COLUMNS} FROM questions q
    WHERE q.webinar_id = %(webinar_id)s AND q.user_id = %(user_id)s AND q.client_message_id = %(client_message_id)s
)"""
FACTS = """
SELECT w.is_open, w.questions_enabled, w.may_take_part, w.banned, w.is_host, w.muted_until, w.blocked_words"""

# How a person stands before anything of theirs is counted or stored, and the question, if it was asked before.
# ORM equivalent: the same, and Question.objects.filter(…).first(): 3 queries.
# Index: webinars_pkey, registration_unique, question_once. Cost: three look-ups.
GATE = short(f"WITH {LOOKED_UP}, {MINE} {FACTS}, false, mine.* FROM w LEFT JOIN mine ON true")

# Stores a question under the room's next number and next change. The row of numbers stays locked until the commit, so
# both follow the order of commits. A repeated client_message_id finds the first question; two at once make the second
# fail on question_once, which also takes its numbers back: the caller asks again. Nothing of an attendee is stored
# unless it was compared with the blocked words as they are now; hosts may say every word.
# ORM equivalent: in a transaction, QuestionRoom…select_for_update(), Question.objects.get_or_create(…), room.save().
# Index: webinars_pkey, registration_unique, question_once, question_rooms_pkey. Cost: one update, one insert.
ASK = short(f"""
WITH {LOCKED}, {MINE}, number AS (
    INSERT INTO question_rooms AS room (webinar_id, last_seq, last_changed_seq)
    SELECT w.id, 1, 1 FROM w
    WHERE w.is_open AND w.questions_enabled AND w.may_take_part AND w.muted_until IS NULL
      AND (w.is_host OR w.blocked_words = %(compared_words)s::varchar[])
      AND NOT EXISTS (SELECT FROM mine)
    ON CONFLICT (webinar_id) DO UPDATE
    SET last_seq = room.last_seq + 1, last_changed_seq = room.last_changed_seq + 1
    RETURNING room.last_seq, room.last_changed_seq
), added AS (
    INSERT INTO questions AS q
        (id, webinar_id, client_id, agency_id, user_id, seq, changed_seq, client_message_id, body, asker_name,
         is_anonymous, status, published_at, upvote_count, answer, answered_live, created_at, updated_at)
    SELECT gen_random_uuid(), w.id, w.client_id, w.agency_id, %(user_id)s, number.last_seq, number.last_changed_seq,
           %(client_message_id)s, %(body)s, %(asker_name)s, %(is_anonymous)s,
           CASE WHEN w.is_host OR NOT w.questions_moderated THEN 'published' ELSE 'pending' END,
           CASE WHEN w.is_host OR NOT w.questions_moderated THEN %(now)s::timestamptz END,
           0, '', false, %(now)s, %(now)s
    FROM w, number
    RETURNING {COLUMNS}
){FACTS},
       EXISTS (SELECT FROM added), stored.*
FROM w LEFT JOIN (SELECT * FROM added UNION ALL SELECT * FROM mine) stored ON true""")


def asking_gate(
    *, webinar_id: uuid.UUID, user_id: uuid.UUID, is_manager: bool, client_message_id: str, now: datetime
) -> Asked | None:
    """None when the webinar is gone."""
    return _asked(GATE, locals())


def ask(
    *,
    webinar_id: uuid.UUID,
    user_id: uuid.UUID,
    is_manager: bool,
    client_message_id: str,
    body: str,
    asker_name: str,
    is_anonymous: bool,
    compared_words: list[str] | None,
    now: datetime,
) -> Asked | None:
    """None when the webinar is gone. Raises IntegrityError when the same question is being stored by another call."""
    return _asked(ASK, locals())


def _asked(statement: str, params: dict[str, Any]) -> Asked | None:
    row = fetch_one(statement, {**params, "doors": doors()})
    if row is None:
        return None
    facts, question = row[:8], row[8:]
    return Asked._make([*facts, QuestionRow(*question) if question[0] is not None else None])


class Voted(NamedTuple):
    """What a vote found and did. The question's own columns are None when the webinar has no such question."""

    is_open: bool
    enabled: bool
    may_take_part: bool
    banned: bool
    is_host: bool
    status: str | None
    is_own: bool | None
    votes: int | None
    changed: bool


# One vote of a person, and the question's count with it. The question's row is locked first, so that its state is the
# one that the vote counts in, and its votes are changed one after another: the count is always the number of votes.
# Before it the person's, since a vote of somebody who is being erased waits, and must not keep a question meanwhile.
# ORM equivalent: in a transaction, Question…select_for_update(), QuestionVote.objects.get_or_create(…), and its count.
# Index: webinars_pkey, registration_unique, questions_pkey, question_vote_once. Cost: one insert and one update.
VOTE_GUARDS = f"""
WITH {PERSON_LOCKED}, q AS MATERIALIZED (
    SELECT q.id, q.status, q.user_id, q.upvote_count FROM questions q
    WHERE q.id = %(question_id)s AND q.webinar_id = %(webinar_id)s
      AND EXISTS (SELECT FROM w WHERE w.is_open AND w.questions_enabled AND w.may_take_part)
    FOR NO KEY UPDATE
)"""
VOTE_ANSWER = """
SELECT w.is_open, w.questions_enabled, w.may_take_part, w.banned, w.is_host, q.status, q.user_id = %(user_id)s,
       coalesce(counted.upvote_count, q.upvote_count), counted.id IS NOT NULL
FROM w LEFT JOIN q ON true LEFT JOIN counted ON true"""
UPVOTE = short(f"""{VOTE_GUARDS}, vote AS (
    INSERT INTO question_votes (webinar_id, client_id, agency_id, question_id, user_id, created_at, updated_at)
    SELECT w.id, w.client_id, w.agency_id, q.id, %(user_id)s, %(now)s, %(now)s FROM w, q
    WHERE q.status IN ('published', 'answered') AND q.user_id <> %(user_id)s
    ON CONFLICT (question_id, user_id) DO NOTHING
    RETURNING question_id
), counted AS (
    UPDATE questions SET upvote_count = questions.upvote_count + 1, updated_at = %(now)s
    FROM vote WHERE questions.id = vote.question_id
    RETURNING questions.id, questions.upvote_count
){VOTE_ANSWER}""")
# The same for taking a vote back.
WITHDRAW_VOTE = short(f"""{VOTE_GUARDS}, vote AS (
    DELETE FROM question_votes
    USING q WHERE question_votes.question_id = q.id AND question_votes.user_id = %(user_id)s
    RETURNING question_votes.question_id
), counted AS (
    UPDATE questions SET upvote_count = questions.upvote_count - 1, updated_at = %(now)s
    FROM vote WHERE questions.id = vote.question_id
    RETURNING questions.id, questions.upvote_count
){VOTE_ANSWER}""")


def upvote(*, webinar_id: uuid.UUID, question_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> Voted | None:
    return _voted(UPVOTE, locals())


def withdraw_vote(*, webinar_id: uuid.UUID, question_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> Voted | None:
    return _voted(WITHDRAW_VOTE, locals())


def _voted(statement: str, params: dict[str, Any]) -> Voted | None:
    row = fetch_one(statement, {**params, "is_manager": False, "doors": doors()})
    return Voted(*row) if row is not None else None


class Found(NamedTuple):
    """What one reader may read, as a host if `sees_all`. `rows` are in the order of their changes; `votes` are by
    question."""

    banned: bool
    sees_all: bool
    last_change: int
    rows: list[dict[str, Any]]
    votes: dict[str, int]


# The questions that one reader may read, with `voted`; the numbers of the room; and the votes of what everybody may
# read, the most voted first, as a bounded list. An attendee reads what is shown and their own that waits; after a
# change also what was put away, since their page may still show it. Whoever asks as a host must be one now: a pass may
# be older than the end of a role.
# ORM equivalent: Registration and memberships, Question.objects.filter(…).annotate(voted=Exists(…))[:limit],
# QuestionRoom, and the votes: 5 queries.
# Index: webinars_pkey, registration_unique, those of STILL_RUNS; question_changed_seq_unique, question_vote_once,
# question_most_votes. Cost: one look-up for each row and each count that is answered: 1.5 ms among 10,000 questions.
READ = f"""
WITH reader AS MATERIALIZED (
    SELECT r.banned_at IS NOT NULL AS banned,
           %(as_host)s AND EXISTS (SELECT FROM users u WHERE u.id = %(user_id)s::uuid AND u.is_active)
           AND ({STILL_RUNS} OR coalesce(r.role <> 'attendee' AND r.banned_at IS NULL, false)) AS sees_all
    FROM webinars w LEFT JOIN registrations r
        ON r.webinar_id = w.id AND r.user_id = %(user_id)s::uuid AND NOT %(is_manager)s
    WHERE w.id = %(webinar_id)s
), picked AS MATERIALIZED (
    SELECT q.* FROM questions q
    WHERE q.webinar_id = %(webinar_id)s
      AND (%(status)s::text IS NULL OR q.status = %(status)s)
      AND ((SELECT sees_all FROM reader) OR q.status IN ('published', 'answered')
           OR (q.status = 'pending' AND q.user_id = %(user_id)s::uuid)
           {{or_gone}})
      {{after}}
    ORDER BY q.changed_seq {{order}} LIMIT %(limit)s
), popular AS (
    SELECT q.id, q.upvote_count FROM questions q
    WHERE q.webinar_id = %(webinar_id)s AND q.status IN ('published', 'answered') AND q.upvote_count > 0
    ORDER BY q.upvote_count DESC, q.seq LIMIT %(votes_at_most)s
)
SELECT coalesce((SELECT banned FROM reader), false), coalesce((SELECT sees_all FROM reader), false),
       coalesce((SELECT room.last_changed_seq FROM question_rooms room WHERE room.webinar_id = %(webinar_id)s), 0),
       coalesce((SELECT jsonb_agg(to_jsonb(seen) ORDER BY seen.changed_seq) FROM (
           SELECT {COLUMNS},
                  EXISTS (SELECT FROM question_votes v WHERE v.question_id = q.id AND v.user_id = %(user_id)s::uuid)
                  AS voted
           FROM picked q) AS seen), '[]'),
       coalesce((SELECT jsonb_object_agg(id, upvote_count) FROM popular), '{{{{}}}}')"""
READ_NEWEST = short(READ.format(or_gone="", after="", order="DESC"))
READ_AFTER = short(
    READ.format(
        or_gone="OR q.status = 'archived'",
        after="AND q.changed_seq > %(after)s",
        order="ASC",
    )
)
VOTES_AT_MOST = 1_000


def questions(
    *,
    webinar_id: uuid.UUID,
    user_id: uuid.UUID | None,
    as_host: bool,
    is_manager: bool,
    after: int | None,
    status: str | None,
    limit: int,
) -> Found:
    params = {**locals(), "votes_at_most": VOTES_AT_MOST}
    row = fetch_one(READ_NEWEST if after is None else READ_AFTER, params)
    assert row is not None
    banned, sees_all, last_change, rows, votes = row
    return Found(banned, sees_all, last_change, [_typed(each) for each in json.loads(rows)], json.loads(votes))


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """Moments as such; everything else is what the API answers anyway."""
    for name in ("published_at", "withdrawn_at", "pinned_at", "answered_at", "created_at"):
        if row[name] is not None:
            row[name] = datetime.fromisoformat(row[name])
    return row
