"""People who come by their address alone (spec 3): an account without a password, made when it is first needed."""

from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import IntegrityError, transaction
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from webinars.models import User, folded_email


def person_by_address(email: str, *, name: str = "", now: datetime) -> User:
    """Whose address this is: who proved it, else whose account has it, else a new person without a password and with
    `name`. Racing calls make one person.

    The caller has checked that it is an address. Whether the account may be used is for the caller to ask: it may be
    switched off.
    """
    address = folded_email(email)
    if (known := known_person(address)) is not None:
        return known
    try:
        with transaction.atomic():
            person = User(email=address, display_name=name, date_joined=now)
            person.set_unusable_password()
            person.save(force_insert=True)
            EmailAddress.objects.create(user=person, email=address, primary=True, verified=False)
    except IntegrityError:  # somebody else made it at this very instant
        if (known := known_person(address)) is None:
            raise
        return known
    return person


def known_person(address: str) -> User | None:
    """Who proved this folded address, else whose account has it."""
    proven = EmailAddress.objects.filter(email=address, verified=True).select_related("user").first()
    if proven is not None:
        owner: User = proven.user
        return owner
    return User.objects.alias(folded=Lower("email")).filter(folded=address).first()


def waiting_person(address: str) -> User | None:
    """Whose account was made because this folded address was typed somewhere, and is nobody's yet: it has no
    password, and nobody has proved anything of it."""
    proven = EmailAddress.objects.filter(Q(user=OuterRef("pk")) | Q(email=address), verified=True)
    found = User.objects.alias(folded=Lower("email")).filter(~Exists(proven), folded=address, is_active=True).first()
    return found if found is not None and not found.has_usable_password() else None
