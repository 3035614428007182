from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from webinars.admin.one_webinar import OneWebinarAdmin
from webinars.models import Registration


@admin.register(Registration)
class RegistrationAdmin(OneWebinarAdmin):
    """People register by themselves; here their role in the room can be changed."""

    see = "see_personal"
    change = "run"
    list_display = ["person_name", "person_email", "role", "source", "registered_at", "banned_at"]
    list_filter = ["role", ("banned_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__display_name"]
    ordering = ["-registered_at"]
    fields = ["webinar", "person_name", "person_email", "role", "source", "answers", "registered_at", "banned_at"]
    readonly_fields = ["webinar", "person_name", "person_email", "source", "answers", "registered_at", "banned_at"]

    @admin.display(description=_("name"), ordering="user__display_name")
    def person_name(self, obj: Any) -> str:
        return obj.user.display_name or "–"

    @admin.display(description=_("email address"), ordering="user__email")
    def person_email(self, obj: Any) -> str:
        email: str = obj.user.email
        return email
