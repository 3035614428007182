"""Everything that is stored about one person, for themselves (spec 13; docs/privacy.md).

Each app registers its part in `parts`: rows with readable keys, of that person and of nobody else, a few at a time.
What is kept by address is theirs for the addresses that they proved.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession as SignIn
from django.contrib.admin.models import LogEntry
from django.db.models import F, Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _

from webinars.models import (
    AgencyMember,
    AllowedEmail,
    AllowedEmailImport,
    AuditEntry,
    CampaignEntry,
    ClientMember,
    ConsentGiven,
    Invitation,
    Message,
    Question,
    QuestionVote,
    Registration,
    User,
    folded_email,
)

AT_ONCE = 1000
Rows = Iterator[dict[str, Any]]


@dataclass(frozen=True)
class Part:
    """`title` says it to the person; `models` are those whose rows it gives; `query` gives them."""

    title: Any
    models: tuple[type[Model], ...]
    query: Callable[[User], QuerySet[Any, Any]]

    def rows(self, user: User) -> Rows:
        return self.query(user).iterator(AT_ONCE)

    def count(self, user: User) -> int:
        return self.query(user).count()


def proven_addresses(user: User) -> list[str]:
    """Folded. The account's own counts unless it is known not to be proven, as in `selectors.access`."""
    known = dict(EmailAddress.objects.filter(user=user).values_list("email", "verified"))
    proven = {folded_email(email) for email, verified in known.items() if verified}
    unproven = {folded_email(email) for email, verified in known.items() if not verified}
    own = folded_email(user.email)
    return sorted(proven | ({own} - unproven))


def _account(user: User) -> QuerySet[Any, Any]:
    return User.objects.filter(pk=user.pk).values(
        "id",
        "email",
        name=F("display_name"),
        joinedAt=F("date_joined"),
        lastSignInAt=F("last_login"),
        mayOpenTheConsole=F("is_staff"),
        isSuperAdmin=F("is_superuser"),
        isActive=F("is_active"),
    )


def _addresses(user: User) -> QuerySet[Any, Any]:
    return EmailAddress.objects.filter(user=user).order_by("pk").values("email", "verified", "primary")


def _second_factors(user: User) -> QuerySet[Any, Any]:
    """Without the secrets."""
    found = Authenticator.objects.filter(user=user).order_by("pk")
    return found.values(kind=F("type"), createdAt=F("created_at"), lastUsedAt=F("last_used_at"))


def _linked_accounts(user: User) -> QuerySet[Any, Any]:
    return (
        SocialAccount.objects.filter(user=user)
        .order_by("pk")
        .values(
            "provider",
            idThere=F("uid"),
            linkedAt=F("date_joined"),
            lastUsedAt=F("last_login"),
            toldByProvider=F("extra_data"),
        )
    )


def _sign_ins(user: User) -> QuerySet[Any, Any]:
    return (
        SignIn.objects.filter(user=user)
        .order_by("pk")
        .values(signedInAt=F("created_at"), lastSeenAt=F("last_seen_at"), ipAddress=F("ip"), browser=F("user_agent"))
    )


def _agencies(user: User) -> QuerySet[Any, Any]:
    return AgencyMember.objects.filter(user=user).values("role", agencyName=F("agency__name"), since=F("created_at"))


def _clients(user: User) -> QuerySet[Any, Any]:
    return ClientMember.objects.filter(user=user).values("role", clientName=F("client__name"), since=F("created_at"))


def _in_webinar(rows: QuerySet[Any], *names: str, **titles: Any) -> QuerySet[Any, Any]:
    return rows.values(*names, webinarId=F("webinar_id"), webinarTitle=F("webinar__title"), **titles)


def _registrations(user: User) -> QuerySet[Any, Any]:
    return _in_webinar(
        Registration.objects.filter(user=user).order_by("registered_at", "pk"),
        "role",
        "answers",
        registeredAt=F("registered_at"),
        cameThrough=F("source"),
        mutedUntil=F("muted_until"),
        bannedAt=F("banned_at"),
    )


def _campaign_entries(user: User) -> QuerySet[Any, Any]:
    return (
        CampaignEntry.objects.filter(user=user)
        .order_by("entered_at", "pk")
        .values(
            "email",
            "name",
            "phone",
            "answers",
            campaignId=F("campaign_id"),
            campaignTitle=F("campaign__title"),
            cameThrough=F("source"),
            addressProvenAt=F("proven_at"),
            enteredAt=F("entered_at"),
            changedAt=F("updated_at"),
        )
    )


def _consents(user: User) -> QuerySet[Any, Any]:
    return (
        ConsentGiven.objects.filter(user=user)
        .order_by("at", "pk")
        .values(
            "at",
            agreed=F("is_given"),
            label=F("version__label"),
            fullText=F("version__body"),
            versionNumber=F("version__number"),
            clientName=F("version__text__client__name"),
            webinarId=F("webinar_id"),
            campaignId=F("campaign_id"),
        )
    )


def _allowed_addresses(user: User) -> QuerySet[Any, Any]:
    rows = AllowedEmail.objects.filter(email__in=proven_addresses(user)).order_by("created_at", "pk")
    return _in_webinar(rows, "email", addedAt=F("created_at"))


def _imports(user: User) -> QuerySet[Any, Any]:
    rows = AllowedEmailImport.objects.filter(imported_by=user).order_by("at", "pk")
    return _in_webinar(rows, "at", "added", "known", "repeated", "rejected", cameFrom=F("source"))


def _invitations(user: User) -> QuerySet[Any, Any]:
    return (
        Invitation.objects.filter(Q(email__in=proven_addresses(user)) | Q(accepted_by=user))
        .order_by("created_at", "pk")
        .values(
            "role",
            agencyName=F("agency__name"),
            clientName=F("client__name"),
            sentAt=F("created_at"),
            validUntil=F("expires_at"),
            acceptedAt=F("accepted_at"),
            takenBackAt=F("revoked_at"),
        )
    )


def _sent_invitations(user: User) -> QuerySet[Any, Any]:
    """To whom is not theirs to carry away."""
    return (
        Invitation.objects.filter(invited_by=user)
        .order_by("created_at", "pk")
        .values("role", agencyName=F("agency__name"), clientName=F("client__name"), sentAt=F("created_at"))
    )


def _messages(user: User) -> QuerySet[Any, Any]:
    return _in_webinar(
        Message.objects.filter(user=user).order_by("webinar", "seq"),
        number=F("seq"),
        nameThen=F("author_name"),
        text=F("body"),
        saidAt=F("created_at"),
        deletedAt=F("deleted_at"),
    )


def _questions(user: User) -> QuerySet[Any, Any]:
    """What hosts answered is theirs, and may name others."""
    return _in_webinar(
        Question.objects.filter(user=user).order_by("webinar", "seq"),
        "status",
        number=F("seq"),
        nameThen=F("asker_name"),
        text=F("body"),
        anonymous=F("is_anonymous"),
        askedAt=F("created_at"),
        answeredAt=F("answered_at"),
    )


def _answers(user: User) -> QuerySet[Any, Any]:
    """To other people's questions, whose words are left out."""
    rows = Question.objects.filter(answered_by=user).order_by("webinar", "seq")
    return _in_webinar(rows, "answer", toNumber=F("seq"), answeredAt=F("answered_at"))


def _votes(user: User) -> QuerySet[Any, Any]:
    rows = QuestionVote.objects.filter(user=user).order_by("created_at", "pk")
    return _in_webinar(rows, forNumber=F("question__seq"), votedAt=F("created_at"))


def _audit(user: User) -> QuerySet[Any, Any]:
    """What they did, and what was done to them, by whom left out."""
    mine = Q(actor_id=user.pk) | Q(subject_type="person", subject_id=str(user.pk))
    return (
        AuditEntry.objects.filter(mine)
        .order_by("at", "pk")
        .values("at", "action", byThemselves=Q(actor_id=user.pk), webinarId=F("webinar_id"), clientId=F("client_id"))
    )


def _console_changes(user: User) -> QuerySet[Any, Any]:
    rows = LogEntry.objects.filter(user=user).order_by("action_time", "pk")
    return rows.values(at=F("action_time"), kindOfThing=F("content_type__model"), thingId=F("object_id"))


# In the order of the file and of the page.
parts: dict[str, Part] = {
    "account": Part(_("Account"), (User,), _account),
    "emailAddresses": Part(_("Email addresses"), (EmailAddress,), _addresses),
    "secondFactors": Part(_("Second factors"), (Authenticator,), _second_factors),
    "linkedAccounts": Part(_("Linked accounts"), (SocialAccount,), _linked_accounts),
    "signIns": Part(_("Where you are signed in"), (SignIn,), _sign_ins),
    "agencyMemberships": Part(_("Memberships of agencies"), (AgencyMember,), _agencies),
    "clientMemberships": Part(_("Memberships of clients"), (ClientMember,), _clients),
    "registrations": Part(_("Registrations"), (Registration,), _registrations),
    "campaignEntries": Part(_("Registration forms"), (CampaignEntry,), _campaign_entries),
    "consents": Part(_("Consents"), (ConsentGiven,), _consents),
    "allowedAddresses": Part(_("Lists of who gets in"), (AllowedEmail,), _allowed_addresses),
    "invitations": Part(_("Invitations to you"), (Invitation,), _invitations),
    "messages": Part(_("Chat messages"), (Message,), _messages),
    "questions": Part(_("Questions"), (Question,), _questions),
    "votes": Part(_("Votes for questions"), (QuestionVote,), _votes),
    "answersGiven": Part(_("Answers you gave"), (Question,), _answers),
    "sentInvitations": Part(_("Invitations from you"), (Invitation,), _sent_invitations),
    "imports": Part(_("Lists you imported"), (AllowedEmailImport,), _imports),
    "auditLog": Part(_("Acts on record"), (AuditEntry,), _audit),
    "consoleChanges": Part(_("Changes in the console"), (LogEntry,), _console_changes),
}
