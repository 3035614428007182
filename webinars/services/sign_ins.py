"""How a person signs in, and where they are signed in now."""

from collections.abc import Iterable
from importlib import import_module

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.models import Session
from django.db import transaction

from webinars.models import User

AT_ONCE = 1000


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


def _forget_copies(keys: list[str]) -> None:
    """Sessions are read from the cache first."""
    store = import_module(settings.SESSION_ENGINE).SessionStore
    for key in keys:
        store(key).delete()
