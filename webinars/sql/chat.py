"""The chat in one round trip each: posting, and reading."""

import uuid
from datetime import datetime
from typing import NamedTuple

from eventflow.database import fetch_one
from webinars.sql import COLLECT_WINDOW_OPEN, doors


class Posted(NamedTuple):
    """What `post_message` found and did; the message's own columns are None unless it is stored."""

    is_open: bool
    chat_enabled: bool
    may_write: bool
    is_new: bool
    id: uuid.UUID | None
    seq: int | None
    body: str | None
    created_at: datetime | None


# Stores a message under the webinar's next number. The counter's row stays locked until the commit, so numbers
# follow the order of commits and `after=` never skips one (spec 9). A repeated client_message_id finds the first
# message; two at once make the second fail on message_once, which also takes its number back: the caller asks again.
# ORM equivalent: in a transaction, ChatRoom…select_for_update(), Message.objects.get_or_create(…), ChatRoom.save().
# Index: webinars_pkey, registration_unique, message_once, chat_rooms_pkey. Cost: one update, one insert.
POST_MESSAGE = f"""
WITH w AS MATERIALIZED (
    SELECT w.id, w.client_id, w.agency_id, w.chat_enabled, {COLLECT_WINDOW_OPEN} AS is_open,
           EXISTS (SELECT FROM users u WHERE u.id = %(user_id)s AND u.is_active) AND (%(is_manager)s OR EXISTS (
               SELECT FROM registrations r
               WHERE r.webinar_id = w.id AND r.user_id = %(user_id)s AND r.banned_at IS NULL)) AS may_write
    FROM webinars w WHERE w.id = %(webinar_id)s
), mine AS MATERIALIZED (
    SELECT m.id, m.seq, m.body, m.created_at FROM messages m
    WHERE m.webinar_id = %(webinar_id)s AND m.user_id = %(user_id)s AND m.client_message_id = %(client_message_id)s
), number AS (
    INSERT INTO chat_rooms AS room (webinar_id, last_seq)
    SELECT w.id, 1 FROM w
    WHERE w.is_open AND w.chat_enabled AND w.may_write AND NOT EXISTS (SELECT FROM mine)
    ON CONFLICT (webinar_id) DO UPDATE SET last_seq = room.last_seq + 1
    RETURNING room.last_seq
), added AS (
    INSERT INTO messages
        (id, webinar_id, client_id, agency_id, user_id, seq, client_message_id, body, author_name, is_host,
         created_at, updated_at)
    SELECT gen_random_uuid(), w.id, w.client_id, w.agency_id, %(user_id)s, number.last_seq, %(client_message_id)s,
           %(body)s, %(author_name)s, %(is_host)s, %(now)s, %(now)s
    FROM w, number
    RETURNING id, seq, body, created_at
)
SELECT w.is_open, w.chat_enabled, w.may_write, EXISTS (SELECT FROM added), m.id, m.seq, m.body, m.created_at
FROM w LEFT JOIN (SELECT * FROM added UNION ALL SELECT * FROM mine) m ON true"""


def post_message(
    *,
    webinar_id: uuid.UUID,
    user_id: uuid.UUID,
    client_message_id: str,
    body: str,
    author_name: str,
    is_host: bool,
    is_manager: bool,
    now: datetime,
) -> Posted | None:
    """Raises IntegrityError when the same message is being stored by another call."""
    row = fetch_one(POST_MESSAGE, {**locals(), "doors": doors()})
    return Posted(*row) if row is not None else None
