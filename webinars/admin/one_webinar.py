"""Lists over big tables: always within one webinar, so that they read its index and never the whole table."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin import SimpleListFilter
from django.db.models import Case, IntegerField, QuerySet, Value, When
from django.http import Http404, HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from webinars.admin.base import ScopedAdmin
from webinars.models import Webinar
from webinars.selectors.standing import standing_of

OFFERED = 30


class WebinarFilter(SimpleListFilter):
    """Which webinar's rows the list shows: the chosen one, else the one that is live or was latest."""

    title = _("webinar")
    parameter_name = "webinar"

    def __init__(self, request: HttpRequest, params: Any, model: Any, model_admin: Any) -> None:
        self.webinar = webinar_of_list(request, model_admin.see)
        super().__init__(request, params, model, model_admin)

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        found = list(standing_of(request).webinars(model_admin.see)[:OFFERED])
        if self.webinar is not None and self.webinar not in found:
            found.insert(0, self.webinar)
        return [(str(webinar.pk), webinar.title) for webinar in found]

    def has_output(self) -> bool:
        return True

    def value(self) -> str | None:
        return str(self.webinar.pk) if self.webinar is not None else None

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Without "all": one webinar at a time."""
        return (choice for index, choice in enumerate(super().choices(changelist)) if index > 0)

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(webinar=self.webinar) if self.webinar is not None else queryset.none()


def webinar_of_list(request: HttpRequest, verb: Any) -> Webinar | None:
    """The webinar that `?webinar=` (UUID or slug) names, 404 when it is not theirs; else the live or latest one."""
    known: tuple[Any, Webinar | None] | None = getattr(request, "_webinar_of_list", None)
    wanted = request.GET.get("webinar")
    if known is not None and known[0] == wanted:
        return known[1]
    theirs = standing_of(request).webinars(verb).select_related("client")
    if wanted:
        found = theirs.by_ref(wanted).first()  # type: ignore[attr-defined]
        if found is None:
            raise Http404
    else:
        rank = Case(
            When(state="live", then=Value(0)),
            When(state="ended", then=Value(1)),
            default=Value(2),
            output_field=IntegerField(),
        )
        found = theirs.order_by(rank, "-webinar_start_time").first()
    request._webinar_of_list = (wanted, found)  # type: ignore[attr-defined]
    return found


def rendered(response: Any) -> Any:
    """While the webinar's zone is in force."""
    return response.render() if hasattr(response, "render") else response


class OneWebinarAdmin(ScopedAdmin):
    """Times are in the webinar's zone, as on its other pages."""

    list_before_template = "admin/webinars/list_head.html"
    change_form_outer_before_template = "admin/webinars/row_head.html"

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        return [WebinarFilter, *self.list_filter]

    def listed_webinar(self, request: HttpRequest) -> Webinar | None:
        return webinar_of_list(request, self.see)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        from webinars.admin.tabs import tools_of, webinar_tabs

        context = dict(extra_context or {})
        webinar = webinar_of_list(request, self.see) if self.has_view_permission(request) else None
        if webinar is None:
            return super().changelist_view(request, context)
        context |= {
            "webinar": webinar,
            "webinar_tabs": webinar_tabs(request, webinar, current=self.tab),
            "list_tools": tools_of(self.tab),
        }
        with timezone.override(webinar.zone):
            return rendered(super().changelist_view(request, context))

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        obj = self.get_object(request, object_id) if object_id else None
        if obj is None:
            return super().changeform_view(request, object_id, form_url, extra_context)
        context = {**(extra_context or {}), "webinar": obj.webinar}
        with timezone.override(obj.webinar.zone):
            return rendered(super().changeform_view(request, object_id, form_url, context))

    @property
    def tab(self) -> str:
        """The name of this list among the webinar's tabs."""
        return self.model._meta.model_name or ""
