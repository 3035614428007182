"""What a signed-in person may do in the console: their memberships, read once per request (spec 1)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Q, QuerySet
from django.http import HttpRequest

from webinars.models import Agency, AgencyMember, Client, ClientMember, Role, User, Webinar
from webinars.selectors.permissions import Verb, may_give, roles_for


@dataclass(frozen=True)
class Standing:
    """The roles that the person holds, by agency and by client; everything for a super admin."""

    user: User | None
    is_superuser: bool = False
    agency_roles: Mapping[uuid.UUID, str] = field(default_factory=dict)
    client_roles: Mapping[uuid.UUID, str] = field(default_factory=dict)

    @property
    def may_enter(self) -> bool:
        return self.is_superuser or bool(self.agency_roles or self.client_roles)

    def may(self, verb: Verb, *, agency_id: uuid.UUID | None, client_id: uuid.UUID | None = None) -> bool:
        """Whether the memberships allow `verb` on what belongs to this agency and, if given, this client."""
        if self.is_superuser:
            return True
        return any(role in roles_for(verb) for role in self._held(agency_id, client_id))

    def may_give(self, role: str, *, agency_id: uuid.UUID | None, client_id: uuid.UUID | None = None) -> bool:
        """Whether the person may invite, make, change or remove somebody of this role there."""
        return self.is_superuser or may_give(self._held(agency_id, client_id), role)

    def _held(self, agency_id: uuid.UUID | None, client_id: uuid.UUID | None) -> list[str]:
        held = (
            self.agency_roles.get(agency_id) if agency_id else None,
            self.client_roles.get(client_id) if client_id else None,
        )
        return [role for role in held if role]

    def may_anywhere(self, verb: Verb) -> bool:
        roles = roles_for(verb)
        held = (*self.agency_roles.values(), *self.client_roles.values())
        return self.is_superuser or any(role in roles for role in held)

    def may_in_any_agency(self, verb: Verb) -> bool:
        roles = roles_for(verb)
        return self.is_superuser or any(role in roles for role in self.agency_roles.values())

    @property
    def owns_anything(self) -> bool:
        return Role.OWNER in (*self.agency_roles.values(), *self.client_roles.values())

    def agencies(self, verb: Verb) -> QuerySet[Agency]:
        if self.is_superuser:
            return Agency.objects.all()
        return Agency.objects.filter(pk__in=self._agency_ids(verb))

    def clients(self, verb: Verb) -> QuerySet[Client]:
        if self.is_superuser:
            return Client.objects.all()
        return Client.objects.filter(Q(agency__in=self._agency_ids(verb)) | Q(pk__in=self._client_ids(verb)))

    def webinars(self, verb: Verb) -> QuerySet[Webinar]:
        if self.user is None:
            return Webinar.objects.none()
        return Webinar.objects.visible_to(self.user, *roles_for(verb))

    def tenant_ids(self, verb: Verb) -> tuple[list[uuid.UUID], list[uuid.UUID]]:
        """The agencies and the clients in which the person may."""
        return self._agency_ids(verb), self._client_ids(verb)

    def _agency_ids(self, verb: Verb) -> list[uuid.UUID]:
        return [key for key, role in self.agency_roles.items() if role in roles_for(verb)]

    def _client_ids(self, verb: Verb) -> list[uuid.UUID]:
        return [key for key, role in self.client_roles.items() if role in roles_for(verb)]


NOBODY = Standing(user=None)


def standing(user: Any) -> Standing:
    """Two queries; none for strangers and super admins."""
    if not isinstance(user, User) or not user.is_active:
        return NOBODY
    if user.is_superuser:
        return Standing(user=user, is_superuser=True)
    return Standing(
        user=user,
        agency_roles=dict(AgencyMember.objects.in_force().filter(user=user).values_list("agency_id", "role")),
        client_roles=dict(ClientMember.objects.in_force().filter(user=user).values_list("client_id", "role")),
    )


def standing_of(request: HttpRequest) -> Standing:
    """The standing of the request's person, asked for once."""
    known: tuple[Any, Standing] | None = getattr(request, "_standing", None)
    if known is None or known[0] != request.user.pk:
        known = (request.user.pk, standing(request.user))
        request._standing = known  # type: ignore[attr-defined]
    return known[1]
