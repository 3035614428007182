"""The chat in one round trip each: posting, and reading."""

import uuid
from datetime import datetime
from typing import Any, NamedTuple

from eventflow.database import fetch_all, fetch_one, short
from webinars.sql import COLLECT_WINDOW_OPEN, STILL_RUNS, doors

FIELDS = (
    "id",
    "seq",
    "changed_seq",
    "body",
    "user_id",
    "author_name",
    "is_host",
    "created_at",
    "client_message_id",
    "deleted_at",
)
_FIELDS = ", ".join(f"m.{name}" for name in FIELDS)


class Standing(NamedTuple):
    """Whether somebody may write here now, and if not, why. `muted_until` is None once it is over."""

    is_open: bool
    chat_enabled: bool
    may_write: bool
    banned: bool
    muted_until: datetime | None


class Gate(NamedTuple):
    """What decides about a post before it is counted; `stored` is the message that it repeats."""

    standing: Standing
    is_host: bool
    slow_seconds: int
    blocked_words: list[str]
    stored: dict[str, Any] | None


# Everything that a post is held against. It is asked again, under locks, when the message is stored. A role is the one
# of now: the pass may be older than its change.
# ORM equivalent: Webinar, Registration, User and Message, each .filter(…).first(); for managers, their memberships.
# Index: webinars_pkey, users_pkey, registration_unique, message_once. Cost: four look-ups.
GATE = short(f"""
SELECT {COLLECT_WINDOW_OPEN}, w.chat_enabled,
       EXISTS (SELECT FROM users u WHERE u.id = %(user_id)s AND u.is_active)
           AND ({STILL_RUNS} OR r.user_id IS NOT NULL),
       r.banned_at IS NOT NULL, CASE WHEN r.muted_until > %(now)s THEN r.muted_until END,
       %(is_manager)s OR coalesce(r.role <> 'attendee', false), w.chat_slow_seconds, w.blocked_words, {_FIELDS}
FROM webinars w
LEFT JOIN registrations r ON r.webinar_id = w.id AND r.user_id = %(user_id)s AND NOT %(is_manager)s
LEFT JOIN messages m ON m.webinar_id = w.id AND m.user_id = %(user_id)s
    AND m.client_message_id = %(client_message_id)s
WHERE w.id = %(webinar_id)s""")


def chat_gate(
    *, webinar_id: uuid.UUID, user_id: uuid.UUID, client_message_id: str, is_manager: bool, now: datetime
) -> Gate | None:
    row = fetch_one(GATE, {**locals(), "doors": doors()})
    if row is None:
        return None
    standing, (is_host, slow_seconds, blocked_words), message = row[:5], row[5:8], row[8:]
    return Gate(Standing(*standing), is_host, slow_seconds, blocked_words, _message(message))


def _message(columns: tuple[Any, ...]) -> dict[str, Any] | None:
    return dict(zip(FIELDS, columns, strict=True)) if columns[0] is not None else None


class Posted(NamedTuple):
    """What `post_message` found and did; without `message` it was refused."""

    standing: Standing
    is_new: bool
    message: dict[str, Any] | None


# Stores a message under the webinar's next number. The counter's row stays locked until the commit, so numbers
# follow the order of commits and `after=` never skips one (spec 9). A repeated client_message_id finds the first
# message; two at once make the second fail on message_once, which also takes its number back: the caller asks again.
# The person's row and their registration are share-locked: a mute or a ban under way is waited for and obeyed, one
# that comes later waits for this message. The order of locks is person, registration, room, webinar, as everywhere.
# ORM equivalent: in a transaction, Registration…select_for_update(), ChatRoom…select_for_update(),
# Message.objects.get_or_create(…), ChatRoom.save().
# Index: users_pkey, registration_unique, webinars_pkey, message_once, chat_rooms_pkey. Cost: one update, one insert.
POST_MESSAGE = short(f"""
WITH person AS MATERIALIZED (
    SELECT u.id FROM users u WHERE u.id = %(user_id)s AND u.is_active FOR KEY SHARE
), registered AS MATERIALIZED (
    SELECT r.banned_at IS NOT NULL AS banned, r.muted_until, r.role
    FROM registrations r
    WHERE r.webinar_id = %(webinar_id)s AND r.user_id = %(user_id)s AND NOT %(is_manager)s
      AND EXISTS (SELECT FROM person)
    FOR SHARE
), w AS MATERIALIZED (
    SELECT w.id, w.client_id, w.agency_id, w.chat_enabled, {COLLECT_WINDOW_OPEN} AS is_open,
           EXISTS (SELECT FROM person) AND ({STILL_RUNS} OR registered.banned IS NOT NULL) AS may_write,
           %(is_manager)s OR coalesce(registered.role <> 'attendee', false) AS is_host,
           coalesce(registered.banned, false) AS banned,
           CASE WHEN registered.muted_until > %(now)s THEN registered.muted_until END AS muted_until
    FROM webinars w LEFT JOIN registered ON true WHERE w.id = %(webinar_id)s
), mine AS MATERIALIZED (
    SELECT {_FIELDS} FROM messages m
    WHERE m.webinar_id = %(webinar_id)s AND m.user_id = %(user_id)s AND m.client_message_id = %(client_message_id)s
), number AS (
    INSERT INTO chat_rooms AS room (webinar_id, last_seq)
    SELECT w.id, 1 FROM w
    WHERE w.is_open AND w.chat_enabled AND w.may_write AND NOT w.banned AND w.muted_until IS NULL
      AND NOT EXISTS (SELECT FROM mine)
    ON CONFLICT (webinar_id) DO UPDATE SET last_seq = room.last_seq + 1
    RETURNING room.last_seq
), added AS (
    INSERT INTO messages AS m
        (id, webinar_id, client_id, agency_id, user_id, seq, client_message_id, body, author_name, is_host,
         created_at, updated_at)
    SELECT gen_random_uuid(), w.id, w.client_id, w.agency_id, %(user_id)s, number.last_seq, %(client_message_id)s,
           %(body)s, %(author_name)s, w.is_host, %(now)s, %(now)s
    FROM w, number
    RETURNING {_FIELDS}
)
SELECT w.is_open, w.chat_enabled, w.may_write, w.banned, w.muted_until, EXISTS (SELECT FROM added), m.*
FROM w LEFT JOIN (SELECT * FROM added UNION ALL SELECT * FROM mine) m ON true""")


def post_message(
    *,
    webinar_id: uuid.UUID,
    user_id: uuid.UUID,
    client_message_id: str,
    body: str,
    author_name: str,
    is_manager: bool,
    now: datetime,
) -> Posted | None:
    """Raises IntegrityError when the same message is being stored by another call."""
    row = fetch_one(POST_MESSAGE, {**locals(), "doors": doors()})
    return Posted(Standing(*row[:5]), row[5], _message(row[6:])) if row is not None else None


class Read(NamedTuple):
    """What `read_messages` found: the room's counters at the same instant, then the rows of both lists."""

    banned: bool
    last_seq: int
    last_changed_seq: int
    has_earlier: bool
    messages: list[dict[str, Any]]
    changed: list[dict[str, Any]]


NO_NUMBER = 2**63 - 1
MOST_CHANGES = 200

# A stretch of the chat, what changed in it since, and where its counters stand, all of one instant, so that a page
# that continues from here misses nothing. `{order}` is ASC for what follows a number, DESC for what precedes one.
# ORM equivalent: Message.objects.filter(webinar=…, seq__gt=…, seq__lt=…).order_by("seq")[:limit], the same with
# changed_seq__gt, ChatRoom.objects.get(webinar=…), and .earliest("seq"), in one snapshot. (EXISTS would do for what
# comes before a number, but where nothing does, the planner may read the whole table for it.)
# Index: message_seq_unique (twice), message_changed_seq_unique (partial), chat_rooms_pkey, registration_unique.
# Cost: the rows answered.
_READ = f"""
WITH page AS MATERIALIZED (
    SELECT {_FIELDS} FROM messages m
    WHERE m.webinar_id = %(webinar_id)s AND m.seq > %(after)s AND m.seq < %(before)s
    ORDER BY m.seq {{order}} LIMIT %(limit)s
), changed AS (
    SELECT {_FIELDS} FROM messages m
    WHERE m.webinar_id = %(webinar_id)s AND m.changed_seq > %(changed_after)s
    ORDER BY m.changed_seq LIMIT {MOST_CHANGES}
), room AS (
    SELECT coalesce(max(r.last_seq), 0) AS last_seq, coalesce(max(r.last_changed_seq), 0) AS last_changed_seq
    FROM chat_rooms r WHERE r.webinar_id = %(webinar_id)s
)
SELECT EXISTS (SELECT FROM registrations b WHERE b.webinar_id = %(webinar_id)s
               AND b.user_id = %(reader_id)s::uuid AND b.banned_at IS NOT NULL),
       room.last_seq, room.last_changed_seq,
       coalesce((SELECT e.seq FROM messages e WHERE e.webinar_id = %(webinar_id)s ORDER BY e.seq LIMIT 1)
                < coalesce((SELECT min(seq) FROM page), %(earliest)s), false),
       m.*
FROM room LEFT JOIN (
    SELECT false AS is_change, seq AS place, page.* FROM page
    UNION ALL
    SELECT true, changed_seq, changed.* FROM changed
) m ON true
ORDER BY m.is_change, m.place"""
READ_FORWARD = short(_READ.format(order="ASC"))
READ_BACKWARD = short(_READ.format(order="DESC"))


def read_messages(
    webinar_id: uuid.UUID,
    *,
    reader_id: uuid.UUID | None,
    after: int | None,
    before: int | None,
    changed_after: int | None,
    limit: int,
) -> Read:
    """With `after` the first ones behind it, otherwise the last ones (before `before`); always oldest first.
    `banned` is whether `reader_id` is."""
    rows = fetch_all(
        READ_BACKWARD if after is None else READ_FORWARD,
        {
            "webinar_id": webinar_id,
            "reader_id": reader_id,
            "after": after or 0,
            "before": NO_NUMBER if before is None else before,
            "changed_after": NO_NUMBER if changed_after is None else changed_after,
            "earliest": min(before or NO_NUMBER, NO_NUMBER if after is None else after + 1),
            "limit": limit,
        },
    )
    banned, last_seq, last_changed_seq, has_earlier = rows[0][:4]
    messages: list[dict[str, Any]] = []
    changed: list[dict[str, Any]] = []
    for row in rows:
        is_change, fields = row[4], row[6:]
        if is_change is not None:
            (changed if is_change else messages).append(dict(zip(FIELDS, fields, strict=True)))
    return Read(banned, last_seq, last_changed_seq, has_earlier, messages, changed)
