"""How a person signs in, and where they are signed in now."""

import uuid
from collections.abc import Iterable
from datetime import datetime
from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from webinars.models import User

AT_ONCE = 1000
# The session's key of the number of the sign-in that it is listed by.
SIGN_IN = "sign_in"


def number_of_sign_in(session_key: str | None) -> int | None:
    return UserSession.objects.filter(session_key=session_key).values_list("pk", flat=True).first()


def is_signed_in(number: int, user_id: uuid.UUID | None) -> bool:
    return UserSession.objects.filter(pk=number, user_id=user_id).exists()


def move_sign_in(number: int | None, *, session_key: str | None) -> None:
    """The same sign-in, whose session has got another key; the row that stands for that key, if any, gives way."""
    with transaction.atomic():
        UserSession.objects.filter(session_key=session_key).exclude(pk=number).delete()
        UserSession.objects.filter(pk=number).update(session_key=session_key)


def forget_sign_in(number: int | None) -> None:
    """Unlist a session that is over, with which its live passes end (spec 4)."""
    if number is not None:
        UserSession.objects.filter(pk=number).delete()


def end_listed_sign_ins(*, user_id: uuid.UUID, numbers: Iterable[int] | None = None) -> int:
    """End these sessions of the person, or all that are listed; answers how many. Numbers of others' count for
    nothing."""
    sessions = UserSession.objects.filter(user_id=user_id)
    if numbers is not None:
        sessions = sessions.filter(pk__in=list(numbers))
    ended = list(sessions)
    for session in ended:
        session.end()
    return len(ended)


def end_sign_ins(user: User, *, addresses: Iterable[str]) -> int:
    """End the sessions in which the person is signed in, or is about to be by one of these addresses; answers how
    many. What sessions hold is packed, so each is opened: a few thousand a second."""
    marks = [address.lower() for address in addresses]
    keys = []
    for session in Session.objects.iterator(AT_ONCE):
        held = session.get_decoded()
        if held.get(SESSION_KEY) == str(user.pk) or any(mark in str(held).lower() for mark in marks):
            keys.append(session.session_key)
    Session.objects.filter(pk__in=keys).delete()
    UserSession.objects.filter(user=user).delete()
    transaction.on_commit(lambda: _forget_copies(keys))
    return len(keys)


def forget_ways_in(user: User) -> int:
    """Delete the addresses, second factors and linked accounts by which the person could sign in."""
    rows = [
        EmailAddress.objects.filter(user=user).delete(),
        Authenticator.objects.filter(user=user).delete(),
        SocialAccount.objects.filter(user=user).delete(),
    ]
    return sum(count for count, _ in rows)


def over_sessions(now: datetime) -> QuerySet[Session]:
    return Session.objects.filter(expire_date__lt=now)


def unlisted_sign_ins() -> QuerySet[UserSession]:
    """Rows whose session is over: where it was, and by which browser, is kept no longer."""
    return UserSession.objects.exclude(Exists(Session.objects.filter(session_key=OuterRef("session_key"))))


def _forget_copies(keys: list[str]) -> None:
    """Sessions are read from the cache first."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store(key).delete()
