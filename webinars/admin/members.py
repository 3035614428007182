"""Who holds which role. Owners and admins of a tenant manage its members, and no one else's."""

import uuid
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.actions import delete_selected
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from webinars.admin.base import ScopedAdmin, ScopedInline, TenantFilter
from webinars.admin.member_form import MemberForm, MemberFormSet, SingleMemberForm, last_owner_problem
from webinars.models import AgencyMember, ClientMember
from webinars.selectors.permissions import Verb
from webinars.selectors.standing import Standing, standing_of
from webinars.services.memberships import keep_console_flag


class MemberRules:
    """The same for agencies' and clients' members, in lists and as inline rows."""

    see: Verb | None = "manage_members"
    add: Verb | None = "manage_members"
    change: Verb | None = "manage_members"
    delete: Verb | None = "manage_members"


class MemberAdmin(MemberRules, ScopedAdmin):
    form = SingleMemberForm
    search_fields = ["user__email", "user__display_name"]

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

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        with transaction.atomic():
            member = self.get_object(request, object_id)
            if member is not None and self.has_delete_permission(request, member):
                problem = last_owner_problem([member])
                if problem:
                    return self._refusal(request, member, problem)
            return super().delete_view(request, object_id, extra_context)

    def _refusal(self, request: HttpRequest, member: Any, problem: Any) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(member),
            "problem": problem,
            "back_url": reverse(f"admin:webinars_{self.opts.model_name}_change", args=[member.pk]),
        }
        return TemplateResponse(request, "admin/webinars/refusal.html", context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        if "delete_selected" in actions:
            _action, name, description = actions["delete_selected"]
            actions["delete_selected"] = (delete_selected_members, name, description)
        return actions

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


def delete_selected_members(model_admin: MemberAdmin, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
    """Django's action, unless it would leave a tenant without an owner."""
    with transaction.atomic():
        if problem := last_owner_problem(queryset.select_related(model_admin.tenant)):
            messages.error(request, str(problem))
            return None
        return delete_selected(model_admin, request, queryset)


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

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may_manage_an_agency(self, request)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return may_manage_an_agency(self, request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_view_permission(request, obj) and may_manage_an_agency(self, request)


def may_manage_an_agency(scoped: ScopedAdmin, request: HttpRequest) -> bool:
    return standing_of(request).may_in_any_agency("manage_members")


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
