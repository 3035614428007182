"""Who may enter by typing an address that nobody proved (spec 3, `verify_email`): people with nothing to lose."""

from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db.models import Exists, OuterRef, QuerySet

from webinars.models import AgencyMember, ClientMember, User


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
