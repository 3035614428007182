import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from webinars.models import Message
from webinars.sql.chat import FIELDS, MOST_CHANGES, read_messages

NEWEST = 50
AT_MOST = 200


@dataclass(frozen=True)
class MessagesPage:
    """A stretch of the chat as of one instant. `last_seq` and `last_changed_seq` are the `after` and `changed_after`
    with which a page goes on from here and misses nothing."""

    messages: list[dict[str, Any]]
    last_seq: int
    last_changed_seq: int
    changed: list[dict[str, Any]]
    has_earlier: bool
    reader_is_banned: bool


def messages_page(
    webinar_id: uuid.UUID,
    *,
    reader_id: uuid.UUID | None = None,
    after: int | None = None,
    before: int | None = None,
    changed_after: int | None = None,
    limit: int,
) -> MessagesPage:
    """Messages with `seq` greater than `after`; without `after` the last `limit`, which with `before` are history.
    Oldest first (spec 9). `changed` holds what was deleted or restored since `changed_after`, at most 200 of them, by
    `changedSeq`. One statement. Deleted messages keep their place without their text. For `reader_id`, somebody whom
    no membership lets in, `reader_is_banned` tells that they are to see nothing of it.
    """
    read = read_messages(
        webinar_id, reader_id=reader_id, after=after, before=before, changed_after=changed_after, limit=limit
    )
    last_seq = read.messages[-1]["seq"] if read.messages else after or 0
    if (
        before is None and len(read.messages) < limit
    ):  # messages that were deleted with their webinar's data leave gaps
        last_seq = max(last_seq, read.last_seq)
    return MessagesPage(
        messages=[message_data(**row) for row in read.messages],
        last_seq=last_seq,
        last_changed_seq=read.changed[-1]["changed_seq"]
        if len(read.changed) == MOST_CHANGES
        else read.last_changed_seq,
        changed=[message_data(**row) for row in read.changed],
        has_earlier=read.has_earlier,
        reader_is_banned=read.banned,
    )


def message_of(message: Message) -> dict[str, Any]:
    """As `message_data`, of a row that is at hand."""
    return message_data(**{name: getattr(message, name) for name in FIELDS})


def message_data(
    *,
    id: uuid.UUID | None,
    seq: int | None,
    changed_seq: int | None,
    body: str | None,
    user_id: uuid.UUID,
    author_name: str,
    is_host: bool,
    created_at: datetime | None,
    client_message_id: str,
    deleted_at: datetime | None,
) -> dict[str, Any]:
    """A message as API and socket show it: camelCase, no email."""
    return {
        "id": id,
        "seq": seq,
        "body": body if deleted_at is None else "",
        "authorId": user_id,
        "authorName": author_name,
        "isHost": is_host,
        "createdAt": created_at,
        "clientId": client_message_id,
        "deleted": deleted_at is not None,
        "changedSeq": changed_seq,
    }
