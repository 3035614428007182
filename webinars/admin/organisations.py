import uuid
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from webinars.admin.base import ScopedAdmin, TenantFilter, acting_user
from webinars.admin.invite_url import invite_url
from webinars.admin.members import AgencyMemberInline, ClientMemberInline
from webinars.models import Agency, Client, User
from webinars.selectors.permissions import Verb
from webinars.selectors.second_factor import has_factor, members_without_factor
from webinars.selectors.standing import Standing, standing_of
from webinars.services.memberships import keep_console_flag


class OrganisationAdmin(ScopedAdmin):
    see = "see_statistics"
    change = "manage_members"
    change_form_outer_before_template = "admin/webinars/organisation_head.html"
    search_fields = ["name", "slug"]
    prepopulated_fields = {"slug": ["name"]}
    ordering = ["name"]

    def get_prepopulated_fields(self, request: HttpRequest, obj: Any = None) -> dict[str, Any]:
        return dict(self.prepopulated_fields) if obj is None else {}

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        super().save_formset(request, form, formset, change)
        touched = [*formset.new_objects, *formset.deleted_objects]
        keep_console_flag({member.user_id for member in touched})

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        obj = self.get_object(request, object_id) if object_id else None
        invites = obj is not None and self.has_change_permission(request, obj)
        context = {"invite_url": invite_url(obj) if invites else None, **(extra_context or {})}
        return super().changeform_view(request, object_id, form_url, context)

    def get_inlines(self, request: HttpRequest, obj: Any) -> list[Any]:
        """Members are added to an organisation that exists."""
        return list(self.inlines) if obj is not None else []


class AgencyForm(forms.ModelForm):
    """Whoever asks others for a second factor has one: the switch locks nobody out by their own hand."""

    acting: User

    def clean_mfa_required(self) -> bool:
        wanted: bool = self.cleaned_data["mfa_required"]
        if wanted and not self.instance.mfa_required and not self.acting.is_superuser and not has_factor(self.acting):
            words = gettext("Set up your own second factor first, or you would lock yourself out.")
            link = format_html('<a class="ef-link" href="{}">{}</a>', reverse("mfa_index"), gettext("Set it up"))
            raise ValidationError(format_html("{} {}", words, link))
        return wanted


@admin.register(Agency)
class AgencyAdmin(OrganisationAdmin):
    form = AgencyForm
    fields = ["name", "slug", "mfa_required"]
    list_display = ["name", "slug"]
    inlines = [AgencyMemberInline]

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return queryset.filter(pk__in=standing.agencies(verb))

    def tenant_of(self, obj: Agency) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return obj.pk, None

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form = super().get_form(request, obj, change=change, **kwargs)
        form.acting = acting_user(request)
        return form

    def save_model(self, request: HttpRequest, obj: Agency, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        if "mfa_required" in form.changed_data and obj.mfa_required and (n := members_without_factor(obj)):
            sentence = ngettext(
                "%(n)d member has no second factor yet, and sees nothing until it is set up.",
                "%(n)d members have no second factor yet, and see nothing until it is set up.",
                n,
            )
            messages.warning(request, sentence % {"n": n})

    def allowed_at_all(self, standing: Standing, verb: Verb) -> bool:
        return standing.may_in_any_agency(verb)

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
