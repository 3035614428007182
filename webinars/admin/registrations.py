from typing import Any

from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from webinars.admin.base import acting_user
from webinars.admin.moderation_actions import BAN, MUTE, REMOVE, UNBAN, UNMUTE, Moderates
from webinars.admin.one_webinar import OneWebinarAdmin
from webinars.admin.person_words import email_of, name_of
from webinars.models import Registration
from webinars.services.room_roles import change_role

NEW_ROLE = gettext_lazy("An open page has the new role within ten minutes, or when it is loaded again.")
HOSTS_NO_MORE = gettext_lazy("Open pages of this person stop, and have the new role when they are loaded again.")


@admin.register(Registration)
class RegistrationAdmin(Moderates, OneWebinarAdmin):
    """People register by themselves; here their role in the room can be changed, and order kept."""

    see = "see_personal"
    viewed = "registrations"
    change = "run"
    recorded_elsewhere = frozenset({"role"})
    moderations = (MUTE, UNMUTE, BAN, UNBAN, REMOVE)
    list_display = ["person_name", "person_email", "role", "source", "registered_at", "muted", "banned_at"]
    list_filter = ["role", ("muted_until", admin.EmptyFieldListFilter), ("banned_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__display_name"]
    ordering = ["-registered_at"]
    fields = [
        "webinar",
        "person_name",
        "person_email",
        "role",
        "source",
        "answers",
        "registered_at",
        "muted",
        "banned_at",
    ]
    readonly_fields = [name for name in fields if name != "role"]

    def save_model(self, request: HttpRequest, obj: Registration, form: Any, change: bool) -> None:
        """The role is all that the form changes."""
        if change_role(registration=obj, role=obj.role, actor_id=acting_user(request).pk, now=timezone.now()):
            messages.info(request, HOSTS_NO_MORE if obj.role == Registration.RoomRole.ATTENDEE else NEW_ROLE)

    @admin.display(description=gettext_lazy("name"), ordering="user__display_name")
    def person_name(self, obj: Any) -> str:
        return name_of(obj.user)

    @admin.display(description=gettext_lazy("email address"), ordering="user__email")
    def person_email(self, obj: Any) -> str:
        return email_of(obj.user)

    @admin.display(description=gettext_lazy("muted"), ordering="muted_until")
    def muted(self, obj: Registration) -> str:
        """Until when; nothing once it is over."""
        until = obj.muted_until
        if until is None or until <= timezone.now():
            return "–"
        shown = date_format(timezone.localtime(until), "SHORT_DATETIME_FORMAT")
        return _("until %(time)s") % {"time": shown}
