"""The statement by which an invitation is used (spec 13)."""

import uuid
from datetime import datetime
from typing import NamedTuple

from eventflow.database import fetch_one


class Claim(NamedTuple):
    """What the invitation was for, and who answers for it."""

    agency_id: uuid.UUID
    client_id: uuid.UUID | None
    role: str
    invited_by_id: uuid.UUID | None


# Uses an open invitation: of two who come at once, one finds a row. Whoever rolls back gives it up again.
# ORM equivalent: in a transaction, Invitation…select_for_update().get(…), and its save(). Index:
# client_invitations_pkey. Cost: one look-up, one update.
CLAIM = """
UPDATE client_invitations i
SET accepted_at = %(now)s, accepted_by_id = %(user_id)s
WHERE i.id = %(invitation_id)s AND i.accepted_at IS NULL AND i.revoked_at IS NULL AND i.expires_at > %(now)s
RETURNING i.agency_id, i.client_id, i.role, i.invited_by_id"""


def claim(*, invitation_id: uuid.UUID, user_id: uuid.UUID, now: datetime) -> Claim | None:
    """None when it is not open. Needs a transaction, in which the membership is made."""
    row = fetch_one(CLAIM, {"invitation_id": invitation_id, "user_id": user_id, "now": now})
    return Claim(*row) if row is not None else None
