"""How lists call a person. The address of somebody who was erased has their id in it, so it is never shown."""

from webinars.models import User
from webinars.tombstones import ERASED_PERSON, is_tombstone


def name_of(user: User) -> str:
    if is_tombstone(user.pk, user.email):
        return str(ERASED_PERSON)
    return user.display_name or "–"


def email_of(user: User) -> str:
    return "–" if is_tombstone(user.pk, user.email) else user.email


def name_or_email(user: User) -> str:
    return name_of(user) if is_tombstone(user.pk, user.email) else user.display_name or user.email
