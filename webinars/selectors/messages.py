import uuid
from datetime import datetime
from typing import Any

from webinars.models import Message

NEWEST = 50
AT_MOST = 200


def messages_after(webinar_id: uuid.UUID, *, after: int | None, limit: int) -> list[dict[str, Any]]:
    """Messages with `seq` greater than `after`, oldest first; without `after`, the newest `limit` (spec 9).

    One query on message_seq_unique. Deleted messages keep their place without their text.
    """
    messages = Message.objects.filter(webinar_id=webinar_id)
    if after is None:
        rows = list(reversed(messages.order_by("-seq").values(*FIELDS)[:limit]))
    else:
        rows = list(messages.filter(seq__gt=after).order_by("seq").values(*FIELDS)[:limit])
    return [message_data(**row) for row in rows]


def is_stored(webinar_id: uuid.UUID, *, user_id: uuid.UUID, client_message_id: str) -> bool:
    """Whether this post came before: repeating it is never too fast."""
    return Message.objects.filter(webinar_id=webinar_id, user_id=user_id, client_message_id=client_message_id).exists()


FIELDS = (
    "id",
    "seq",
    "body",
    "user_id",
    "author_name",
    "is_host",
    "created_at",
    "client_message_id",
    "deleted_at",
)


def message_data(
    *,
    id: uuid.UUID | None,
    seq: int | None,
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
    }
