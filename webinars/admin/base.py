"""The console's one scoped base (spec 14): every list, object, choice, inline and action shows what the person's
memberships allow, by the table in `webinars/selectors/permissions.py`. The rest does not exist (404).

Django's own permission rows are not used.
"""

import uuid
from typing import Any

from django.contrib.admin import RelatedFieldListFilter
from django.contrib.admin.actions import delete_selected
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import ForeignKey, JSONField, Model, QuerySet
from django.forms import ModelChoiceField
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.text import capfirst
from unfold.admin import ModelAdmin, TabularInline
from unfold.views import ChangeList

from webinars.admin.json_field import KeptJSONField
from webinars.admin.on_record import OnRecord
from webinars.admin.pagination import EstimatedPaginator
from webinars.models import Agency, Campaign, Client, User, Webinar
from webinars.selectors.permissions import Verb, roles_for
from webinars.selectors.standing import Standing, standing_of
from webinars.services.audit import record_view


class Scoped:
    """What the ModelAdmin and the inlines share.

    Each model names the verb of spec 1 that it takes to see, add, change and delete its rows; None means nobody.
    `tenant_of` says to whom a row belongs, and `rows` which rows the person may see.
    """

    see: Verb | None = None
    add: Verb | None = None
    change: Verb | None = None
    delete: Verb | None = None
    model: type[Model]

    def tenant_of(self, obj: Any) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return obj.agency_id, obj.client_id

    def rows(self, queryset: QuerySet[Any], standing: Standing, verb: Verb) -> QuerySet[Any]:
        if standing.is_superuser:
            return queryset
        return queryset.filter(webinar__in=standing.webinars(verb))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = super().get_queryset(request)  # type: ignore[misc]
        return self.rows(queryset, standing_of(request), self.see) if self.see else queryset.none()

    def allowed(self, request: HttpRequest, verb: Verb | None, obj: Any = None) -> bool:
        if verb is None:
            return False
        standing = standing_of(request)
        if obj is None:
            return self.allowed_at_all(standing, verb)
        agency_id, client_id = self.tenant_of(obj)
        return standing.may(verb, agency_id=agency_id, client_id=client_id)

    def allowed_at_all(self, standing: Standing, verb: Verb) -> bool:
        """Whether there can be a row for which the person may: else the list does not exist either."""
        return standing.may_anywhere(verb)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, self.see, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, self.add, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, self.change, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.allowed(request, self.delete, obj)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if isinstance(db_field, JSONField):
            kwargs["form_class"] = KeptJSONField
        return super().formfield_for_dbfield(db_field, request, **kwargs)  # type: ignore[misc]

    def formfield_for_foreignkey(
        self, db_field: ForeignKey[Any, Any], request: HttpRequest, **kwargs: Any
    ) -> ModelChoiceField | None:
        """Choices are the tenants in which the person may do what the form is for; no other is offered or taken."""
        standing, verb = standing_of(request), self.change or self.add
        if not standing.is_superuser:
            related = db_field.related_model
            kwargs["queryset"] = (
                choices(related, standing, verb) if verb is not None else related._default_manager.none()
            )
        field: ModelChoiceField | None = super().formfield_for_foreignkey(db_field, request, **kwargs)  # type: ignore[misc]
        return field


def choices(related: Any, standing: Standing, verb: Verb) -> QuerySet[Any]:
    if related is Agency:
        return standing.agencies(verb)
    if related is Client:
        return standing.clients(verb)
    if related is Webinar:
        return standing.webinars(verb)
    if related is Campaign and standing.user is not None:
        campaigns: QuerySet[Any] = Campaign.objects.visible_to(standing.user, *roles_for(verb))
        return campaigns
    rows: QuerySet[Any] = related._default_manager.none()
    return rows


class ScopedChangeList(ChangeList):
    def get_results(self, request: HttpRequest) -> None:
        """Without a search or a filter, save for the webinar whose list it is, the result is all there is; Unfold then
        does not offer to "show all"."""
        super().get_results(request)
        if not self.query and not self.filter_params.keys() - {"webinar"}:
            self.full_result_count = self.result_count


OK = 200


class ScopedAdmin(Scoped, OnRecord, ModelAdmin):
    """An admin whose pages show people's data names that in `viewed`: who looks is on record (spec 13)."""

    viewed: str | None = None
    show_full_result_count = False
    paginator: type[Paginator] = EstimatedPaginator
    list_per_page = 50
    list_filter_sheet = False

    def _get_obj_does_not_exist_redirect(self, request: HttpRequest, opts: Any, object_id: str) -> HttpResponse:
        raise Http404

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        if not self.has_delete_permission(request):
            actions.pop("delete_selected", None)
        if "delete_selected" in actions:
            _action, name, description = actions["delete_selected"]
            actions["delete_selected"] = (delete_together, name, description)
        return actions

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return ScopedChangeList

    def listed_webinar(self, request: HttpRequest) -> Webinar | None:
        """The webinar whose rows alone the list shows."""
        return None

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> Any:
        """Titled by what it lists, in place of Django's "Select … to change"."""
        if any("\x00" in value for _name, values in request.GET.lists() for value in values):
            raise Http404  # the database takes no such text, also not to look for it
        self._refuse_foreign(request)
        title = capfirst(self.opts.verbose_name_plural)
        response = super().changelist_view(request, {"title": title, **(extra_context or {})})
        if self.viewed and response.status_code == OK:
            record_list_view(request, self.viewed, webinar=self.listed_webinar(request), verb=self.see)
        return response

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Rows are narrowed to a tenant or a webinar by the list's own filters only, which know whose they are."""
        filters = self.get_list_filter(request)
        own = {f"{item[0]}__id__exact" for item in filters if isinstance(item, tuple)}
        own |= {item.parameter_name for item in filters if hasattr(item, "parameter_name")}
        keys = {
            name for field in self.opts.concrete_fields if field.is_relation for name in (field.name, field.attname)
        }
        if lookup not in own and lookup.split("__")[0] in keys:
            raise Http404
        return super().lookup_allowed(lookup, value, request)

    def _refuse_foreign(self, request: HttpRequest) -> None:
        """A selection with a row that is not theirs does not exist."""
        chosen = set(request.POST.getlist(ACTION_CHECKBOX_NAME)) if request.method == "POST" else set()
        if not chosen:
            return
        try:
            known = self.get_queryset(request).filter(pk__in=chosen).count()
        except (ValueError, ValidationError):
            raise Http404 from None
        if known != len(chosen):
            raise Http404

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, form_url: str = "", extra_context: Any = None
    ) -> Any:
        """What was done to it is read by those who may read the audit log."""
        obj = self.get_object(request, object_id) if object_id else None
        may_read = obj is not None and self.allowed(request, "run", obj)
        response = super().changeform_view(
            request, object_id, form_url, {"show_history": may_read, **(extra_context or {})}
        )
        self._record_row_view(request, obj, response)
        return response

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Which asks first, and names what it is about."""
        obj = self.get_object(request, object_id)
        response = super().delete_view(request, object_id, extra_context)
        self._record_row_view(request, obj, response)
        return response

    def _record_row_view(self, request: HttpRequest, obj: Any, response: HttpResponse) -> None:
        if obj is None or not self.viewed or response.status_code != OK:
            return
        agency_id, client_id = self.tenant_of(obj)
        record_view(
            self.viewed,
            actor_id=acting_user(request).pk,
            now=timezone.now(),
            webinar_id=getattr(obj, "webinar_id", None),
            agency_id=agency_id,
            client_id=client_id,
        )


def record_list_view(request: HttpRequest, what: str, *, webinar: Webinar | None, verb: Verb | None) -> None:
    """A list within a webinar, or over every tenant in which the person may see it: in each of them."""
    standing, now = standing_of(request), timezone.now()
    actor_id = acting_user(request).pk
    if webinar is not None or standing.is_superuser:
        record_view(what, actor_id=actor_id, now=now, webinar=webinar)
        return
    agencies, clients = standing.tenant_ids(verb) if verb is not None else ([], [])
    for agency_id in agencies:
        record_view(what, actor_id=actor_id, now=now, agency_id=agency_id)
    theirs = Client.objects.filter(pk__in=clients).values_list("pk", "agency_id") if clients else ()
    for client_id, agency_id in theirs:
        record_view(what, actor_id=actor_id, now=now, agency_id=agency_id, client_id=client_id)


@transaction.atomic
def delete_together(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
    """Django's action, with its entries in the audit log or not at all."""
    return delete_selected(model_admin, request, queryset)


class ScopedInline(Scoped, TabularInline):
    """Rows of a parent; permissions are asked with the parent as object."""

    extra = 0
    tab = True

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """In a table, a field's own label is the head of its column, which no field points to."""
        formset = super().get_formset(request, obj, **kwargs)
        for field in formset.form.base_fields.values():
            field.widget.attrs.setdefault("aria-label", field.label)
        return formset


class SuperuserAdmin(ScopedAdmin):
    """For models that belong to no tenant: super admins only."""

    def tenant_of(self, obj: Any) -> tuple[uuid.UUID | None, uuid.UUID | None]:
        return None, None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        queryset: QuerySet[Any] = ModelAdmin.get_queryset(self, request)
        return queryset if standing_of(request).is_superuser else queryset.none()

    def allowed(self, request: HttpRequest, verb: Verb | None, obj: Any = None) -> bool:
        return standing_of(request).is_superuser

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return standing_of(request).is_superuser

    has_add_permission = has_change_permission = has_delete_permission = has_view_permission


class TenantFilter(RelatedFieldListFilter):
    """A list filter over agencies or clients that offers only those that the person sees."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        found = choices(field.related_model, standing_of(request), model_admin.see)
        return [(str(row.pk), str(row)) for row in found.order_by("name")]

    def __init__(
        self, field: Any, request: HttpRequest, params: Any, model: Any, model_admin: Any, field_path: str
    ) -> None:
        super().__init__(field, request, params, model, model_admin, field_path)
        theirs = {key for key, _name in self.lookup_choices}
        if not theirs.issuperset(self.lookup_val or ()):
            raise Http404


def acting_user(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user
