"""Names that the socket, the server and the page agree on (spec 8)."""

import enum
import uuid

SUBPROTOCOL = "eventflow.v1"
BEARER_PREFIX = "bearer."

# A count that nobody touched for this long begins anew, in a new epoch.
COUNTER_LIFE_SECONDS = 2 * 24 * 3600


class EventType(enum.StrEnum):
    MESSAGE_CREATED = "message.created"
    MESSAGE_DELETED = "message.deleted"
    QUESTION_CREATED = "question.created"
    QUESTION_UPDATED = "question.updated"
    QUESTION_ANSWERED = "question.answered"
    NOTICE_SET = "notice.set"
    NOTICE_CLEARED = "notice.cleared"
    PRESENCE_COUNT = "presence.count"
    WEBINAR_STATE = "webinar.state"
    # To one person's pages only; without a number.
    SESSION_SUPERSEDED = "session.superseded"
    MEMBER_MUTED = "member.muted"
    MEMBER_BANNED = "member.banned"


class CloseCode(enum.IntEnum):
    """Codes that browsers hand to the page."""

    TRY_AGAIN_LATER = 1013
    INVALID_PASS = 4401
    WRONG_WEBINAR = 4403
    NOT_FOUND = 4404


def room_channel(webinar_id: uuid.UUID | str) -> str:
    """The Redis channel that carries a webinar's events."""
    return f"eventflow:room:{webinar_id}"


def room_counter(webinar_id: uuid.UUID | str) -> str:
    """The Redis hash with a webinar's `epoch` and `seq`."""
    return f"eventflow:room:{webinar_id}:counter"
