from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.views import ChangeList

from presence.durations import clock_text
from presence.models import UserSession
from presence.selectors.overlaps import Overlap, overlaps_of
from webinars.admin.base import ScopedChangeList
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


class OverlapFilter(admin.SimpleListFilter):
    """People who had two pages open, as evidence (spec 5)."""

    title = _("with another page")
    parameter_name = "overlapping"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("1", _("Open at the same time"))]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.overlapping(now=timezone.now()) if self.value() == "1" else queryset


class SessionChangeList(ScopedChangeList):
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """The overlaps of a page's sessions are asked for together."""
        super().get_results(request)
        sessions = list(self.result_list)
        found = overlaps_of(sessions, now=timezone.now())
        for session in sessions:
            session.overlaps = found.get(session.pk, [])
        self.result_list = sessions


SAID = 2


@admin.register(UserSession)
class UserSessionAdmin(OneWebinarAdmin):
    """The ledger of who was here when: one row per opened page, to read and never to write."""

    see = "see_personal"
    viewed = "sessions"
    list_display = [
        "entered_at",
        "person",
        "exited_at",
        "duration",
        "watched",
        "beside",
        "closed_reason",
        "ip_address",
    ]
    list_filter = [OpenFilter, OverlapFilter, "closed_reason"]
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
        "others",
        "is_visible",
        "closed_reason",
        "user_agent",
        "referrer",
        "ip_address",
    ]
    readonly_fields = ["person", "duration", "watched", "others"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return SessionChangeList

    @admin.display(description=_("person"), ordering="user__display_name")
    def person(self, obj: UserSession) -> str:
        return str(obj.user.display_name or obj.user.email) if obj.user else str(_("Guest"))

    @admin.display(description=_("duration"), ordering="duration_seconds")
    def duration(self, obj: UserSession) -> str:
        return clock_text(obj.duration_seconds)

    @admin.display(description=_("watched"), ordering="watched_seconds_raw")
    def watched(self, obj: UserSession) -> str:
        return clock_text(obj.watched_seconds_raw)

    @admin.display(description=_("open at the same time"))
    def beside(self, obj: Any) -> str | SafeString:
        """The person's other pages, and how long both were open."""
        said: list[str] = [short_line(overlap) for overlap in obj.overlaps[:SAID]]
        more = len(obj.overlaps) - len(said)
        if more:
            said.append(ngettext("%(n)d more", "%(n)d more", more) % {"n": more})
        return format_html_join(", ", "{}", [(line,) for line in said]) if said else "–"

    @admin.display(description=_("open at the same time"))
    def others(self, obj: UserSession) -> str | SafeString:
        found = overlaps_of([obj], now=timezone.now()).get(obj.pk, [])
        lines = format_html_join("", "<li>{}</li>", [(full_line(overlap),) for overlap in found])
        return format_html('<ul class="ef-overlaps">{}</ul>', lines) if found else "–"


def short_line(overlap: Overlap) -> SafeString:
    return format_html(
        '<a class="ef-link" href="{}">{}</a> ({})', url_of(overlap), hour(overlap.entered_at), length_of(overlap)
    )


def full_line(overlap: Overlap) -> SafeString:
    """From when to when, and what tells one device from another."""
    return format_html(
        '<a class="ef-link" href="{}">{}–{}</a> ({}) · {} · {}',
        url_of(overlap),
        hour(overlap.began),
        _("now") if overlap.is_open else hour(overlap.ended),
        length_of(overlap),
        overlap.ip_address or "–",
        overlap.user_agent or "–",
    )


def url_of(overlap: Overlap) -> str:
    return reverse("admin:presence_usersession_change", args=[overlap.id])


def hour(moment: Any) -> str:
    """In the zone in force, which is the webinar's."""
    return f"{timezone.localtime(moment):%H:%M:%S}"


def length_of(overlap: Overlap) -> str:
    return clock_text(overlap.length.total_seconds())
