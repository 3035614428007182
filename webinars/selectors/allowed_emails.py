"""A webinar's list of allowed addresses, and what was put on it of late (spec 3)."""

from collections.abc import Collection
from datetime import datetime, timedelta

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db.models import QuerySet
from django.db.models.functions import Lower

from webinars.models import AllowedEmail, AllowedEmailImport, Registration, User, Webinar, folded_email
from webinars.sql import allowed_emails as sql

LONGEST_SEARCH = 254


def addresses(webinar: Webinar, *, containing: str = "") -> QuerySet[AllowedEmail]:
    """In the order of the alphabet. A part of an address is looked for in this webinar's list only."""
    found = AllowedEmail.objects.filter(webinar=webinar).order_by("email")
    wanted = folded_email(containing.replace("\x00", ""))[:LONGEST_SEARCH]
    return found.filter(email__contains=wanted) if wanted else found


def who_registered(webinar: Webinar, emails: Collection[str]) -> set[str]:
    """Those of a page's addresses whose owners are registered here."""
    owned = User.objects.annotate(folded=Lower("email")).filter(folded__in=emails).values_list("pk", "folded")
    proven = EmailAddress.objects.filter(email__in=emails, verified=True).values_list("user_id", "email")
    by_person = [*owned, *proven]
    here = Registration.objects.filter(webinar=webinar, user__in={pk for pk, _email in by_person})
    registered = set(here.values_list("user_id", flat=True))
    return {email for pk, email in by_person if pk in registered}


def people_in_by_list(webinar: Webinar) -> int:
    """How many would lose their place with the list."""
    return sql.count_let_in(webinar_id=webinar.pk)


def kept_since(now: datetime) -> datetime:
    return now - timedelta(hours=settings.IMPORT_REPORT_RETENTION_HOURS)


def kept_imports(webinar: Webinar, *, now: datetime) -> QuerySet[AllowedEmailImport]:
    """Those whose report can still be looked at, the newest first."""
    made = AllowedEmailImport.objects.filter(webinar=webinar, at__gt=kept_since(now))
    return made.select_related("imported_by").order_by("-at")
