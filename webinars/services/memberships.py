"""Memberships open and close the console for a person (spec 1)."""

import uuid
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, Q

from webinars.models import AgencyMember, ClientMember, User


def keep_console_flag(user_ids: Iterable[uuid.UUID]) -> None:
    """Have `is_staff` say whether these people are members of anything (or super admins). One statement."""
    User.objects.filter(pk__in=list(user_ids)).update(
        is_staff=Q(is_superuser=True)
        | Q(Exists(AgencyMember.objects.filter(user=OuterRef("pk"))))
        | Q(Exists(ClientMember.objects.filter(user=OuterRef("pk"))))
    )
