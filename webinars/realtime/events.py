"""Names that the socket, the server and the page agree on (spec 8)."""

import enum
import json
import uuid
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder

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
    MEMBER_REMOVED = "member.removed"


class Removal(enum.StrEnum):
    """Why somebody who was not banned has to leave; the `code` of `member.removed`."""

    NOT_REGISTERED = "not_registered"
    ACCESS_CHANGED = "access_changed"


class CloseCode(enum.IntEnum):
    """Codes that browsers hand to the page."""

    TOO_MANY_FRAMES = 1008
    RESTART = 1012
    TRY_AGAIN_LATER = 1013
    INVALID_PASS = 4401
    REFUSED = 4403  # a pass of another webinar or person, another site's page, or somebody who was shut out
    NOT_FOUND = 4404


class Control(enum.StrEnum):
    """What processes tell each other on a room's channel; unlike events these have no number."""

    TELL = "tell"  # an event for one person's pages
    PAGES = "pages"  # who opened which page when
    SHUT_OUT = "shut-out"
    LET_IN = "let-in"
    TALLY = "tally"  # something waits to be told, for so many milliseconds
    DROP = "drop"  # close the sockets, one after another


CONTROL = "!"


def control(kind: Control, content: Any) -> str:
    """A message between processes, on the channel of events, whose first word is their epoch."""
    return f"{CONTROL} {kind} {as_json(content)}"


def as_json(content: Any) -> str:
    return json.dumps(content, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":"))


def room_channel(webinar_id: uuid.UUID | str) -> str:
    """The Redis channel that carries a webinar's events."""
    return f"eventflow:room:{webinar_id}"


def room_counter(webinar_id: uuid.UUID | str) -> str:
    """The Redis hash with a webinar's `epoch` and `seq`."""
    return f"eventflow:room:{webinar_id}:counter"


def room_recent(webinar_id: uuid.UUID | str) -> str:
    """The Redis list of a webinar's last events, for pages that were away for a moment."""
    return f"eventflow:room:{webinar_id}:recent"


def room_banned(webinar_id: uuid.UUID | str) -> str:
    """The Redis hash of who was shut out, each with the moment (Unix seconds) when the last pass is over."""
    return f"eventflow:room:{webinar_id}:banned"


def room_tally(webinar_id: uuid.UUID | str, kind: str) -> str:
    """The Redis hash of values that wait to be told."""
    return f"eventflow:room:{webinar_id}:tally:{kind}"


def room_gate(webinar_id: uuid.UUID | str, kind: str) -> str:
    """The Redis key that is there while values of this kind have to wait."""
    return f"eventflow:room:{webinar_id}:gate:{kind}"


# Every socket process listens here, once for each Redis server it uses.
PROCESSES_CHANNEL = "eventflow:sockets"
