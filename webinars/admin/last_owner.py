"""The last owner of a tenant is neither removed nor demoted: what the console says instead."""

from abc import abstractmethod
from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.contrib.admin.actions import delete_selected
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _

from webinars.services.memberships import last_owner_problem


class KeepsOwners:
    """For an admin whose rows take memberships with them when they are deleted."""

    admin_site: Any
    opts: Any

    @abstractmethod
    def memberships_of(self, queryset: QuerySet[Any]) -> Iterable[Any]:
        """The memberships that would be deleted with these rows."""

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        with transaction.atomic():
            obj = self.get_object(request, object_id)  # type: ignore[attr-defined]
            if obj is not None and self.has_delete_permission(request, obj):  # type: ignore[attr-defined]
                rows = type(obj)._default_manager.filter(pk=obj.pk)
                if problem := last_owner_problem(self.memberships_of(rows)):
                    return self._refusal(request, obj, problem)
            return super().delete_view(request, object_id, extra_context)  # type: ignore[misc]

    def _refusal(self, request: HttpRequest, obj: Any, problem: Any) -> TemplateResponse:
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "title": str(obj),
            "problem": problem,
            "back_url": reverse(f"admin:webinars_{self.opts.model_name}_change", args=[obj.pk]),
        }
        return TemplateResponse(request, "admin/webinars/refusal.html", context)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        if "delete_selected" in actions:
            _action, name, description = actions["delete_selected"]
            actions["delete_selected"] = (delete_selected_if_owned, name, description)
        return actions


def delete_selected_if_owned(model_admin: Any, request: HttpRequest, queryset: QuerySet[Any]) -> Any:
    """Django's action, unless it would leave a tenant without an owner."""
    with transaction.atomic():
        if problem := last_owner_problem(model_admin.memberships_of(queryset)):
            messages.error(request, str(problem))
            return None
        if any(not model_admin.has_delete_permission(request, row) for row in queryset):
            messages.error(request, _("Some of the chosen rows are not yours to delete. Nothing was changed."))
            return None
        return delete_selected(model_admin, request, queryset)
