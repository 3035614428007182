"""People and their sign-in, for super admins."""

import uuid
from collections.abc import Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialToken
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from webinars.admin.base import SuperuserAdmin, acting_user
from webinars.admin.last_owner import KeepsOwners
from webinars.admin.on_record import deletion_of, record_edit
from webinars.models import Client, User
from webinars.services.memberships import last_owner_problem, memberships_of, tenant_of
from webinars.services.sign_ins import SIGN_IN, end_listed_sign_ins, move_sign_in

for model in (Group, EmailAddress, Authenticator, SocialAccount, SocialApp, SocialToken, UserSession):
    if admin.site.is_registered(model):
        admin.site.unregister(model)


class PersonChangeForm(UserChangeForm):
    class Meta(UserChangeForm.Meta):
        model = User

    def clean_is_active(self) -> bool:
        """Who cannot sign in owns nothing."""
        active: bool = self.cleaned_data["is_active"]
        if not active and (problem := last_owner_problem(memberships_of([self.instance]))):
            raise ValidationError(problem)
        return active


class PersonCreationForm(UserCreationForm):
    class Meta(UserCreationForm.Meta):
        model = User
        fields = ("email", "display_name")
        field_classes: dict[str, Any] = {}


@admin.register(User)
class PersonAdmin(KeepsOwners, SuperuserAdmin, DjangoUserAdmin):
    viewed = "people"
    form = PersonChangeForm
    add_form = PersonCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ["email", "display_name", "is_staff", "is_superuser", "is_active", "date_joined"]
    list_filter = ["is_staff", "is_superuser", "is_active"]
    search_fields = ["email", "display_name"]
    ordering = ["email"]
    filter_horizontal = ()
    readonly_fields = ["is_staff", "last_login", "date_joined"]
    fieldsets = [
        (None, {"fields": ["email", "display_name", "password"]}),
        (_("Rights"), {"fields": ["is_active", "is_staff", "is_superuser"]}),
        (_("Times"), {"fields": ["last_login", "date_joined"]}),
    ]
    add_fieldsets = [(None, {"fields": ["email", "display_name", "usable_password", "password1", "password2"]})]

    def memberships_of(self, queryset: QuerySet[Any]) -> Iterable[Any]:
        return memberships_of(queryset)

    @transaction.atomic
    def user_change_password(self, request: HttpRequest, id: str, form_url: str = "") -> HttpResponse:
        """With its entry in the audit log or not at all. All sign-ins of the person end, and their live passes; one's
        own goes on here."""
        response: HttpResponse = super().user_change_password(request, id, form_url)
        if request.method == "POST" and response.status_code == 302:
            here = request.session.get(SIGN_IN)
            if here is not None:
                move_sign_in(here, session_key=request.session.session_key)
            others = UserSession.objects.filter(user_id=id).exclude(pk=here)
            end_listed_sign_ins(user_id=uuid.UUID(id), numbers=others.values_list("pk", flat=True))
        return response

    def log_deletions(self, request: HttpRequest, queryset: Iterable[Any]) -> Any:
        """A person's memberships go with them, which their tenants read in the audit log."""
        people = list(queryset)
        super().log_deletions(request, people)
        for member in memberships_of(people):
            tenant = tenant_of(member)
            record_edit(
                deletion_of(member),
                actor_id=acting_user(request).pk,
                agency_id=tenant.agency_id if isinstance(tenant, Client) else tenant.pk,
                client_id=tenant.pk if isinstance(tenant, Client) else None,
                now=timezone.now(),
            )


@admin.register(EmailAddress)
class EmailAddressAdmin(SuperuserAdmin):
    viewed = "people"
    list_display = ["email", "user", "primary", "verified"]
    list_filter = ["primary", "verified"]
    list_select_related = ["user"]
    search_fields = ["email"]
    autocomplete_fields = ["user"]
    ordering = ["email"]


@admin.register(SocialAccount)
class SocialAccountAdmin(SuperuserAdmin):
    viewed = "people"
    list_display = ["user", "provider", "last_login"]
    list_filter = ["provider"]
    list_select_related = ["user"]
    search_fields = ["user__email"]
    autocomplete_fields = ["user"]
