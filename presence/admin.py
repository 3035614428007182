from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from presence.durations import clock_text
from presence.models import UserSession
from webinars.admin.one_webinar import OneWebinarAdmin
from webinars.admin.tabs import Tab, add_tab, list_of

add_tab(Tab("usersession", _("Sessions"), "see_personal", 30, list_of("presence_usersession")))


class OpenFilter(admin.SimpleListFilter):
    title = _("now")
    parameter_name = "open"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Open")), ("0", _("Closed"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() in ("0", "1"):
            return queryset.filter(exited_at__isnull=self.value() == "1")
        return queryset


@admin.register(UserSession)
class UserSessionAdmin(OneWebinarAdmin):
    """The ledger of who was here when: one row per opened page, to read and never to write."""

    see = "see_personal"
    list_display = ["entered_at", "person", "exited_at", "duration", "watched", "closed_reason", "ip_address"]
    list_filter = [OpenFilter, "closed_reason"]
    list_select_related = ["user"]
    search_fields = ["user__email", "user__display_name", "session_id"]
    ordering = ["-entered_at"]
    fields = [
        "webinar",
        "person",
        "session_id",
        "entered_at",
        "exited_at",
        "last_heartbeat_at",
        "duration",
        "watched",
        "is_visible",
        "closed_reason",
        "user_agent",
        "referrer",
        "ip_address",
    ]
    readonly_fields = ["person", "duration", "watched"]

    @admin.display(description=_("person"), ordering="user__display_name")
    def person(self, obj: UserSession) -> str:
        return str(obj.user.display_name or obj.user.email) if obj.user else str(_("Guest"))

    @admin.display(description=_("duration"), ordering="duration_seconds")
    def duration(self, obj: UserSession) -> str:
        return clock_text(obj.duration_seconds)

    @admin.display(description=_("watched"), ordering="watched_seconds_raw")
    def watched(self, obj: UserSession) -> str:
        return clock_text(obj.watched_seconds_raw)
