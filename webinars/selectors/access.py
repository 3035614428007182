"""Who gets in (spec 3): one decision for the page, the API, the websocket and the pass."""

import enum
import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import JSONObject
from django.utils import translation
from django.utils.translation import gettext

from webinars.models import AgencyMember, ClientMember, Registration, Role, User, Webinar
from webinars.selectors.permissions import ROLES, Verb


class Reason(enum.StrEnum):
    """Machine-readable; also the `code` of the API's refusals."""

    OK = "ok"
    DRAFT = "draft"
    TOO_EARLY = "too_early"
    ENDED = "ended"
    BANNED = "banned"
    LOGIN_REQUIRED = "login_required"
    NOT_REGISTERED = "not_registered"
    IS_MEMBER = "is_member"


class RoomRole(enum.StrEnum):
    ATTENDEE = "attendee"
    PRESENTER = "presenter"
    MODERATOR = "moderator"
    MANAGER = "manager"


@dataclass(frozen=True)
class Person:
    """Who asks, and how they stand to one webinar: a user, or a guest known by a signed cookie, or a stranger."""

    user_id: uuid.UUID | None = None
    guest_id: str | None = None
    name: str = ""
    is_active: bool = True
    is_superuser: bool = False
    member_roles: frozenset[str] = frozenset()
    registration_role: str | None = None
    banned: bool = False
    muted_until: datetime | None = None

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

    Members of the webinar's tenant come first: they get in whatever the policy and the time, in admin mode.
    `email_auth` and `name_email_auth` admit people by their registration, which is made where they prove
    their address.
    """
    if person.is_active and person.is_manager:
        return Access(True, Reason.OK, RoomRole.MANAGER, person.verbs)
    if webinar.state == Webinar.State.DRAFT:
        return Access(False, Reason.DRAFT)
    if person.banned:
        return Access(False, Reason.BANNED)
    window = webinar.collect_window
    if window.end is not None and now >= window.end:
        return Access(False, Reason.ENDED)
    known = person.user_id is not None and person.is_active
    if not known and webinar.access_policy != Webinar.AccessPolicy.OPEN:
        return Access(False, Reason.LOGIN_REQUIRED)
    if person.registration_role is None and not registers_on_entry(webinar):
        return Access(False, Reason.NOT_REGISTERED)
    role = RoomRole(person.registration_role or RoomRole.ATTENDEE) if known else RoomRole.ATTENDEE
    if now < window.start:
        return Access(False, Reason.TOO_EARLY, role)
    return Access(True, Reason.OK, role)


def may_register(*, webinar: Webinar, person: Person, now: datetime) -> Access:
    """Whether `person` may register: from the announcement to the end of the collect window. Members of the webinar's
    tenant enter without, and are never counted."""
    access = decide_access(webinar=webinar, person=person, now=now)
    if access.admin_mode:
        return Access(False, Reason.IS_MEMBER, access.role, access.verbs)
    if not access.allowed and access.reason is not Reason.TOO_EARLY:
        return access
    if person.user_id is None:
        return Access(False, Reason.LOGIN_REQUIRED)
    return Access(True, Reason.OK, access.role)


def registers_on_entry(webinar: Webinar) -> bool:
    """Whether entering is enough to be registered, for people who are signed in."""
    return webinar.access_policy in (Webinar.AccessPolicy.OPEN, Webinar.AccessPolicy.AUTH)


def webinar_and_person(
    ref: str, *, user_id: uuid.UUID | None, guest_id: str | None = None
) -> tuple[Webinar, Person] | None:
    """The webinar of a URL and how the person stands to it, in one query. None when there is no such webinar."""
    webinars = Webinar.objects.by_ref(ref).select_related("client")
    if user_id is None:
        webinar = webinars.first()
        return (webinar, Person(guest_id=guest_id)) if webinar is not None else None
    row = _with_standing(webinars, user_id).first()
    return (row, _person(row, user_id)) if row is not None else None


def _with_standing(webinars: QuerySet[Webinar], user_id: uuid.UUID) -> QuerySet[Any]:
    return webinars.annotate(
        person_facts=Subquery(
            User.objects.filter(id=user_id).values(
                json=JSONObject(name="display_name", active="is_active", superuser="is_superuser")
            )
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
    )


def nameless(language: str) -> str:
    """What a room calls somebody who gave no name."""
    with translation.override(language):
        return gettext("Attendee")


def _person(row: Any, user_id: uuid.UUID) -> Person:
    facts = row.person_facts
    if facts is None:  # the account is gone while its pass is still valid
        return Person(user_id=user_id, is_active=False)
    registration = row.registration_facts or {}
    return Person(
        user_id=user_id,
        name=facts["name"] or nameless(row.language),
        is_active=facts["active"],
        is_superuser=facts["superuser"],
        member_roles=frozenset(Role(role) for role in (*row.agency_roles, *row.client_roles)),
        registration_role=registration.get("role"),
        banned=registration.get("banned") is not None,
        muted_until=datetime.fromisoformat(muted) if (muted := registration.get("muted")) else None,
    )
