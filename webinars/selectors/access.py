"""Who gets in (spec 3): one decision for the page, the API, the websocket and the pass."""

import enum
import uuid
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import JSONObject, Lower
from django.utils import translation
from django.utils.translation import gettext

from webinars.models import (
    AgencyMember,
    AllowedEmail,
    ClientMember,
    ConsentVersion,
    Registration,
    Role,
    User,
    Webinar,
)
from webinars.selectors.permissions import ROLES, Verb
from webinars.selectors.unproven import people_with_nothing_to_lose


class Reason(enum.StrEnum):
    """Machine-readable; also the `code` of the API's refusals."""

    OK = "ok"
    DRAFT = "draft"
    TOO_EARLY = "too_early"
    ENDED = "ended"
    BANNED = "banned"
    LOGIN_REQUIRED = "login_required"
    PROOF_REQUIRED = "proof_required"
    NOT_REGISTERED = "not_registered"
    CONSENT_REQUIRED = "consent_required"
    IS_MEMBER = "is_member"


class RoomRole(enum.StrEnum):
    ATTENDEE = "attendee"
    PRESENTER = "presenter"
    MODERATOR = "moderator"
    MANAGER = "manager"


@dataclass(frozen=True)
class Person:
    """Who asks, and how they stand to one webinar: a user, or a guest known by a signed cookie, or a stranger.

    `proven`: whether they are signed in, or only typed an address (`verify_email` off); `may_go_unproven`: whether
    that is enough for this account. `on_list`: one of their addresses may enter this `email_auth` webinar; of somebody
    signed in only those count that they proved. `owes_consent`: registering asks for a consent.
    """

    user_id: uuid.UUID | None = None
    guest_id: str | None = None
    name: str = ""
    has_name: bool = True
    is_active: bool = True
    is_superuser: bool = False
    member_roles: frozenset[str] = frozenset()
    registration_role: str | None = None
    banned: bool = False
    muted_until: datetime | None = None
    proven: bool = True
    may_go_unproven: bool = False
    on_list: bool = False
    owes_consent: bool = False

    @property
    def is_manager(self) -> bool:
        return self.is_superuser or bool(self.member_roles)

    @property
    def verbs(self) -> frozenset[Verb]:
        """What the person's memberships allow here (spec 1)."""
        return frozenset(
            verb for verb, roles in ROLES.items() if self.is_superuser or not self.member_roles.isdisjoint(roles)
        )


@dataclass(frozen=True)
class Access:
    allowed: bool
    reason: Reason
    role: RoomRole = RoomRole.ATTENDEE
    verbs: frozenset[Verb] = frozenset()

    @property
    def admin_mode(self) -> bool:
        """Sees the page without ever being counted."""
        return self.role is RoomRole.MANAGER


def decide_access(*, webinar: Webinar, person: Person, now: datetime) -> Access:
    """Whether `person` may be in `webinar` at `now`, if not why, and in which role. Asks nobody: a pure rule.

    Members of the webinar's tenant come first: they get in whatever the policy and the time, in admin mode, once
    they are signed in. Who only typed an address is an attendee or nothing.
    """
    if person.proven and person.is_active and person.is_manager:
        return Access(True, Reason.OK, RoomRole.MANAGER, person.verbs)
    if webinar.state == Webinar.State.DRAFT:
        return Access(False, Reason.DRAFT)
    if person.banned:
        return Access(False, Reason.BANNED)
    window = webinar.collect_window
    if window.end is not None and now >= window.end:
        return Access(False, Reason.ENDED)
    known = person.user_id is not None and person.is_active
    if (refusal := _refusal(webinar, person, known=known)) is not None:
        return Access(False, refusal)
    role = RoomRole(person.registration_role or RoomRole.ATTENDEE) if known else RoomRole.ATTENDEE
    if now < window.start:
        return Access(False, Reason.TOO_EARLY, role)
    return Access(True, Reason.OK, role)


def _refusal(webinar: Webinar, person: Person, *, known: bool) -> Reason | None:
    """What the policy has against somebody who is neither a manager nor banned."""
    policy = webinar.access_policy
    hosts = person.registration_role in (RoomRole.PRESENTER, RoomRole.MODERATOR)
    if not person.proven and (hosts or not (may_skip_proof(webinar) and person.may_go_unproven)):
        return Reason.PROOF_REQUIRED
    if not known:
        return None if policy == Webinar.AccessPolicy.OPEN else Reason.LOGIN_REQUIRED
    registered = person.registration_role is not None
    if policy == Webinar.AccessPolicy.NAME_EMAIL_AUTH:
        return None if registered else Reason.NOT_REGISTERED
    if policy == Webinar.AccessPolicy.EMAIL_AUTH and not (person.on_list or hosts):
        return Reason.NOT_REGISTERED
    return Reason.CONSENT_REQUIRED if person.owes_consent and not registered else None


def may_watch_again(*, webinar: Webinar, person: Person) -> bool:
    """Whether the replay is for `person`: for whoever the policy lets in, whatever the time. Nobody is
    registered by watching it, so no consent is owed."""
    if person.proven and person.is_active and person.is_manager:
        return True
    if webinar.state == Webinar.State.DRAFT or person.banned:
        return False
    known = person.user_id is not None and person.is_active
    return _refusal(webinar, consenting(person), known=known) is None


def may_register(*, webinar: Webinar, person: Person, now: datetime) -> Access:
    """Whether `person` may register: from the announcement to the end of the collect window. Members of the webinar's
    tenant enter without, and are never counted. Who has just answered the consents asks as `consenting(person)`."""
    access = decide_access(webinar=webinar, person=person, now=now)
    if access.admin_mode:
        return Access(False, Reason.IS_MEMBER, access.role, access.verbs)
    if not access.allowed and access.reason is not Reason.TOO_EARLY:
        return access
    if person.user_id is None:
        return Access(False, Reason.LOGIN_REQUIRED)
    return Access(True, Reason.OK, access.role)


def consenting(person: Person) -> Person:
    """The same person, once they agreed to what is required."""
    return replace(person, owes_consent=False)


def admits_by_address(webinar: Webinar) -> bool:
    """Whether people enter with their address alone, without having made an account."""
    return webinar.access_policy in (Webinar.AccessPolicy.EMAIL_AUTH, Webinar.AccessPolicy.NAME_EMAIL_AUTH)


def may_skip_proof(webinar: Webinar) -> bool:
    """Whether typing an address is enough, for those who have nothing to lose by it."""
    return admits_by_address(webinar) and not webinar.verify_email


def webinar_and_person(
    ref: str, *, user_id: uuid.UUID | None, guest_id: str | None = None, proven: bool = True
) -> tuple[Webinar, Person] | None:
    """The webinar of a URL and how the person stands to it, in one query. None when there is no such webinar.
    `proven`: whether they are signed in as that user, rather than having typed an address."""
    webinars = Webinar.objects.by_ref(ref).select_related("client")
    if user_id is None:
        webinar = webinars.first()
        return (webinar, Person(guest_id=guest_id)) if webinar is not None else None
    row = _with_standing(webinars, user_id, proven=proven).first()
    return (row, _person(row, user_id, proven=proven)) if row is not None else None


def _with_standing(webinars: QuerySet[Webinar], user_id: uuid.UUID, *, proven: bool) -> QuerySet[Any]:
    person = User.objects.filter(id=user_id)
    return webinars.annotate(
        person_facts=Subquery(
            person.values(json=JSONObject(name="display_name", active="is_active", superuser="is_superuser"))
        ),
        agency_roles=ArraySubquery(
            AgencyMember.objects.in_force().filter(agency_id=OuterRef("agency_id"), user_id=user_id).values("role")
        ),
        client_roles=ArraySubquery(
            ClientMember.objects.in_force().filter(client_id=OuterRef("client_id"), user_id=user_id).values("role")
        ),
        registration_facts=Subquery(
            Registration.objects.filter(webinar_id=OuterRef("pk"), user_id=user_id).values(
                json=JSONObject(role=F("role"), banned=F("banned_at"), muted=F("muted_until"))
            )
        ),
        on_list=Q(access_policy=Webinar.AccessPolicy.EMAIL_AUTH) & _on_list(user_id, proven=proven),
        asks_consent=Q(Exists(_required_consents(OuterRef("client_id")))),
        may_go_unproven=Q(verify_email=False) & Q(Exists(people_with_nothing_to_lose().filter(id=user_id))),
    )


def _on_list(user_id: uuid.UUID, *, proven: bool) -> Q:
    """Whether an address of the person is on the webinar's list: each is looked up there, however long the list is.

    An account's own address counts as proven unless the account says that it is not; whoever typed an address claims
    the account's own.
    """
    listed = AllowedEmail.objects.filter(webinar_id=OuterRef(OuterRef("pk")))
    addresses = EmailAddress.objects.filter(user_id=user_id, verified=True)
    own = User.objects.filter(id=user_id)
    if proven:
        own = own.exclude(
            Exists(EmailAddress.objects.filter(user_id=user_id, verified=False, email=Lower(OuterRef("email"))))
        )
    return Q(Exists(addresses.filter(Exists(listed.filter(email=Lower(OuterRef("email"))))))) | Q(
        Exists(own.filter(Exists(listed.filter(email=Lower(OuterRef("email"))))))
    )


def _required_consents(client_id: OuterRef) -> QuerySet[ConsentVersion]:
    """What a client asks of everybody who registers, as it is worded now, and as far as it cannot be refused."""
    newer = ConsentVersion.objects.filter(text=OuterRef("text"), number__gt=OuterRef("number"))
    asked = ConsentVersion.objects.filter(text__client_id=client_id, text__campaign=None, text__is_asked=True)
    return asked.filter(~Exists(newer), is_required=True)


def nameless(language: str) -> str:
    """What a room calls somebody who gave no name."""
    with translation.override(language):
        return gettext("Attendee")


def _person(row: Any, user_id: uuid.UUID, *, proven: bool) -> Person:
    facts = row.person_facts
    if facts is None:  # the account is gone while its pass is still valid
        return Person(user_id=user_id, is_active=False, proven=proven)
    registration = row.registration_facts or {}
    return Person(
        user_id=user_id,
        name=facts["name"] or nameless(row.language),
        has_name=bool(facts["name"]),
        is_active=facts["active"],
        is_superuser=facts["superuser"],
        member_roles=frozenset(Role(role) for role in (*row.agency_roles, *row.client_roles)),
        registration_role=registration.get("role"),
        banned=registration.get("banned") is not None,
        muted_until=datetime.fromisoformat(muted) if (muted := registration.get("muted")) else None,
        proven=proven,
        may_go_unproven=row.may_go_unproven,
        on_list=row.on_list,
        owes_consent=row.asks_consent and not registration,
    )
