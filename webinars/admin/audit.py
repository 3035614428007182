"""The audit log in the console (spec 13): to read, by those who may run webinars, and never to change."""

from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import admin
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from webinars.admin.audit_filters import (
    ActFilter,
    ActorFilter,
    PeriodFilter,
    SubjectFilter,
    WebinarFilter,
    wanted_webinar,
)
from webinars.admin.audit_words import full_time, sentence_of, title_of
from webinars.admin.base import ScopedAdmin, ScopedChangeList
from webinars.admin.one_webinar import rendered
from webinars.admin.tabs import Tab, add_tab, list_of, webinar_tabs
from webinars.models import AuditEntry, Webinar
from webinars.selectors.audit import Names, entries_of, names_of
from webinars.selectors.permissions import Verb
from webinars.selectors.standing import Standing

LISTED = 10_000


class NewestPaginator(Paginator):
    """Pages through the newest entries only, so that a log of many years is neither counted nor leafed through; the
    filters lead to older ones."""

    @cached_property
    def count(self) -> int:
        newest: Any = self.object_list
        return int(newest[:LISTED].count())


class AuditChangeList(ScopedChangeList):
    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        """The names behind a page's ids are asked for together."""
        super().get_results(request)
        entries: list[Any] = list(self.result_list)
        names = names_of(entries)
        for entry in entries:
            entry.names = names
        self.result_list = entries


@admin.register(AuditEntry)
class AuditEntryAdmin(ScopedAdmin):
    see = "run"
    viewed = "audit_log"
    paginator = NewestPaginator
    list_before_template = "admin/webinars/audit_head.html"
    list_display = ["when", "what", "actor", "webinar"]
    list_display_links = ["when"]
    list_filter = [WebinarFilter, ActFilter, ActorFilter, PeriodFilter, SubjectFilter]
    ordering = ["-at", "-id"]
    fields = ["when", "what", "act", "actor", "webinar", "kept"]
    readonly_fields = fields
    sortable_by: list[str] = []

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        return entries_of(queryset, standing)

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        """Narrowed to a webinar, no row has to name it."""
        return self.list_display if wanted_webinar(request)[0] is None else ["when", "what", "actor"]

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return AuditChangeList

    def listed_webinar(self, request: HttpRequest) -> Webinar | None:
        return wanted_webinar(request)[1]

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Narrowed to a webinar, the list is one of its tabs."""
        context = {**(extra_context or {}), "listed": LISTED}
        webinar = wanted_webinar(request)[1] if self.has_view_permission(request) else None
        if webinar is None:
            return super().changelist_view(request, context)
        context |= {"webinar": webinar, "webinar_tabs": webinar_tabs(request, webinar, current="auditentry")}
        with timezone.override(webinar.zone):
            return rendered(super().changelist_view(request, context))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """An entry has no history: nobody changes it."""
        response = super().changeform_view(request, object_id, form_url, extra_context)
        if hasattr(response, "context_data"):
            response.context_data["show_history"] = False
        return response

    @admin.display(description=gettext_lazy("when"))
    def when(self, obj: Any) -> str:
        return full_time(obj.at, zone_of(obj))

    @admin.display(description=gettext_lazy("what"))
    def what(self, obj: Any) -> str:
        return sentence_of(obj, names_behind(obj), zone_of(obj))

    @admin.display(description=gettext_lazy("act"))
    def act(self, obj: Any) -> str:
        return title_of(obj)

    @admin.display(description=gettext_lazy("by"))
    def actor(self, obj: Any) -> str:
        return names_behind(obj).person(obj.actor_id)

    @admin.display(description=gettext_lazy("where"))
    def webinar(self, obj: Any) -> str:
        """Of what happened in no webinar, the client or the agency."""
        place = names_behind(obj).place(obj)
        if place is not None:
            return place
        if obj.webinar_id:
            return _("Deleted webinar")
        return _("Deleted tenant") if obj.agency_id else "–"

    @admin.display(description=gettext_lazy("details"))
    def kept(self, obj: Any) -> str:
        """As the entry keeps them, for whoever follows something up."""
        kept = {"action": obj.action, "subject": " ".join(filter(None, [obj.subject_type, obj.subject_id]))}
        rows = [(name, value) for name, value in {**kept, **obj.details}.items() if value not in ("", None)]
        return format_html_join(mark_safe("<br>"), "{}: {}", rows)


def names_behind(obj: Any) -> Names:
    """Of a list, those that were asked for together."""
    if not hasattr(obj, "names"):
        obj.names = names_of([obj])
    found: Names = obj.names
    return found


def zone_of(obj: Any) -> ZoneInfo:
    """The webinar's; the installation's when the webinar is gone."""
    webinar = names_behind(obj).webinars.get(obj.webinar_id)
    default: Any = timezone.get_default_timezone()
    return webinar.zone if webinar is not None else default


add_tab(Tab("auditentry", gettext_lazy("Audit log"), "run", 85, list_of("webinars_auditentry")))
