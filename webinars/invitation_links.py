"""The link of an invitation (spec 13): its id, signed. Who holds the link may read the invitation; joining takes the
invited address as well. The link says nothing of when it expires, which the row knows."""

import uuid

from django.core import signing

SALT = "webinars.invitation"
LONGEST_TOKEN = 200


def token_of(invitation_id: uuid.UUID) -> str:
    return signing.Signer(salt=SALT).sign(invitation_id.hex)


def invitation_id_of(token: str) -> uuid.UUID | None:
    """None for what we never signed."""
    if len(token) > LONGEST_TOKEN:
        return None
    try:
        return uuid.UUID(hex=signing.Signer(salt=SALT).unsign(token))
    except (signing.BadSignature, ValueError):
        return None
