import uuid
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from webinars.admin.base import ScopedAdmin, TenantFilter
from webinars.admin.members import AgencyMemberInline, ClientMemberInline
from webinars.models import Agency, Client
from webinars.selectors.permissions import Verb
from webinars.selectors.standing import Standing, standing_of
from webinars.services.memberships import keep_console_flag


class OrganisationAdmin(ScopedAdmin):
    see = "see_statistics"
    change = "manage_members"
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    ordering = ["name"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return dict(self.prepopulated_fields) if obj is None else {}

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        touched = [*formset.new_objects, *formset.deleted_objects]
        keep_console_flag({member.user_id for member in touched})

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Members are added to an organisation that exists."""
        return list(self.inlines) if obj is not None else []


@admin.register(Agency)
class AgencyAdmin(OrganisationAdmin):
    fields = ["name", "slug"]
    list_display = ["name", "slug"]
    inlines = [AgencyMemberInline]

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(pk__in=standing.agencies(verb))

    def tenant_of(self, obj: Agency) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return obj.pk, None

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        standing = standing_of(request)
        return standing.may_in_any_agency("see_statistics") and super().has_view_permission(request, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return standing_of(request).is_superuser

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return standing_of(request).is_superuser


@admin.register(Client)
class ClientAdmin(OrganisationAdmin):
    list_display = ["name", "agency", "slug"]
    list_filter = [("agency", TenantFilter)]
    list_select_related = ["agency"]
    inlines = [ClientMemberInline]

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(pk__in=standing.clients(verb))

    def tenant_of(self, obj: Client) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return obj.agency_id, obj.pk

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return ["agency_name"] if obj else []

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """A client stays with its agency: all that belongs to it carries the agency's key."""
        return ["agency_name" if obj else "agency", "name", "slug"]

    @admin.display(description=_("agency"))
    def agency_name(self, obj: Client) -> str:
        """Without a link: members of the client alone do not see the agency."""
        return obj.agency.name

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return standing_of(request).may_in_any_agency("manage_members")

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return standing_of(request).is_superuser
