"""Who may enter by typing an address that nobody proved (spec 3, `verify_email`): people with nothing to lose."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, QuerySet

from webinars.models import AgencyMember, ClientMember, Registration, User, Webinar


def people_with_nothing_to_lose() -> QuerySet[User]:
    """Accounts without a password, another way of signing in, a membership or staff rights."""
    return User.objects.filter(
        ~Exists(AgencyMember.objects.filter(user=OuterRef("pk"))),
        ~Exists(ClientMember.objects.filter(user=OuterRef("pk"))),
        ~Exists(Authenticator.objects.filter(user=OuterRef("pk"))),
        ~Exists(SocialAccount.objects.filter(user=OuterRef("pk"))),
        password__startswith=UNUSABLE_PASSWORD_PREFIX,
        is_active=True,
        is_staff=False,
        is_superuser=False,
    )


def may_go_unproven(user: User, webinar: Webinar) -> bool:
    """Whether typing this person's address may be enough here: not for accounts that open more than a seat, and not
    for who was banned. One query. Every renewal of a pass asks the same (`selectors.access`)."""
    if webinar.verify_email:
        return False
    closed = Registration.objects.filter(webinar=webinar, user=user).exclude(
        role=Registration.RoomRole.ATTENDEE, banned_at=None
    )
    return people_with_nothing_to_lose().filter(pk=user.pk).exclude(registrations__in=closed).exists()
