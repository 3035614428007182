"""Who holds which role. Owners and admins of a tenant manage its members, and no one else's."""

import uuid
from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from webinars.admin.base import ScopedAdmin, ScopedInline, TenantFilter
from webinars.admin.invite_url import invite_url
from webinars.admin.last_owner import KeepsOwners
from webinars.admin.member_form import MemberForm, MemberFormSet, SingleMemberForm
from webinars.models import AgencyMember, ClientMember
from webinars.selectors.invitations import may_give_in
from webinars.selectors.permissions import Verb
from webinars.selectors.standing import Standing, standing_of
from webinars.services.memberships import keep_console_flag, tenant_of


class MemberRules:
    """The same for agencies' and clients' members, in lists and as inline rows."""

    see: Verb | None = "manage_members"
    add: Verb | None = "manage_members"
    change: Verb | None = "manage_members"
    delete: Verb | None = "manage_members"


class MemberAdmin(MemberRules, KeepsOwners, ScopedAdmin):
    """Nobody changes or removes a member whose role is above their own; they see that there is one."""

    viewed = "members"
    form = SingleMemberForm
    list_before_template = "admin/webinars/member_list_head.html"
    search_fields = ["user__email", "user__display_name"]

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.standing = standing_of(request)
        return form

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        names = list(self.fields or ())
        if obj is None or self.has_change_permission(request, obj):
            return names
        return ["person_email" if name == "email" else name for name in names]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request, obj) and (obj is None or self._gives(request, obj))

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_delete_permission(request, obj) and (obj is None or self._gives(request, obj))

    def _gives(self, request: HttpRequest, obj: Any) -> bool:
        return may_give_in(standing_of(request), obj.role, tenant_of(obj))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        return super().changelist_view(request, {"invite_url": invite_url(), **(extra_context or {})})

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A membership stays where it is: moving one would carry a right from one tenant to another."""
        return [self.tenant] if obj else []

    tenant: str

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        keep_console_flag([obj.user_id])

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        super().delete_model(request, obj)
        keep_console_flag([obj.user_id])

    def memberships_of(self, queryset: QuerySet[Any]) -> Iterable[Any]:
        return queryset.select_related(self.tenant)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        people = list(queryset.values_list("user_id", flat=True))
        super().delete_queryset(request, queryset)
        keep_console_flag(people)

    @admin.display(description=_("name"), ordering="user__display_name")
    def person_name(self, obj: Any) -> str:
        return obj.user.display_name or "–"

    @admin.display(description=_("email address"), ordering="user__email")
    def person_email(self, obj: Any) -> str:
        email: str = obj.user.email
        return email


@admin.register(AgencyMember)
class AgencyMemberAdmin(MemberAdmin):
    tenant = "agency"
    fields = ["agency", "email", "role"]
    list_display = ["person_email", "person_name", "agency", "role"]
    list_filter = ["role", ("agency", TenantFilter)]
    list_select_related = ["agency", "user"]
    ordering = ["agency__name", "user__email"]

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(agency__in=standing.agencies(verb))

    def tenant_of(self, obj: AgencyMember) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return obj.agency_id, None

    def allowed_at_all(self, standing: Standing, verb: Verb) -> bool:
        return standing.may_in_any_agency(verb)


@admin.register(ClientMember)
class ClientMemberAdmin(MemberAdmin):
    tenant = "client"
    fields = ["client", "email", "role"]
    list_display = ["person_email", "person_name", "client", "role"]
    list_filter = ["role", ("client", TenantFilter)]
    list_select_related = ["client", "user"]
    ordering = ["client__name", "user__email"]

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(client__in=standing.clients(verb))

    def tenant_of(self, obj: ClientMember) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return obj.client.agency_id, obj.client_id


class MemberInline(MemberRules, ScopedInline):
    form = MemberForm
    formset = MemberFormSet
    fields = ["email", "role"]
    hide_title = True

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)
        return queryset.select_related("user").order_by("user__email")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        formset = super().get_formset(request, obj, **kwargs)
        formset.form.standing, formset.form.tenant = standing_of(request), obj
        return formset


class AgencyMemberInline(MemberInline):
    model = AgencyMember

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(agency__in=standing.agencies(verb))

    def tenant_of(self, obj: Any) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return obj.pk, None


class ClientMemberInline(MemberInline):
    model = ClientMember

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(client__in=standing.clients(verb))

    def tenant_of(self, obj: Any) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return obj.agency_id, obj.pk
