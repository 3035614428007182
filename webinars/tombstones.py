"""What stands in the place of a person who was erased (spec 5, Retention): their row, without a name, and with an
address that is nobody's. It has their id in it, so it is never shown."""

import uuid

from django.utils.translation import gettext_lazy as _

TOMBSTONE_DOMAIN = "erased.invalid"
# How they are called wherever people are listed.
ERASED_PERSON = _("Erased person")

# The same as `is_tombstone`, of a row of `users`.
IS_TOMBSTONE = f"(starts_with(email, 'erased-') AND email = 'erased-' || id || '@{TOMBSTONE_DOMAIN}')"
# The people, without what the tombstones' addresses would tell: neither name nor address.
PEOPLE_WITHOUT_TOMBSTONES = f"""(
    SELECT id, CASE WHEN {IS_TOMBSTONE} THEN '' ELSE display_name END AS display_name,
           CASE WHEN {IS_TOMBSTONE} THEN '' ELSE email END AS email
    FROM users)"""


def tombstone_email(user_id: uuid.UUID) -> str:
    return f"erased-{user_id}@{TOMBSTONE_DOMAIN}"


def is_tombstone(user_id: uuid.UUID, email: str) -> bool:
    return email == tombstone_email(user_id)
