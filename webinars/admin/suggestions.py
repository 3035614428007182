"""The rows that a field offers as one types."""

from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.http import Http404, HttpRequest, HttpResponse

from webinars.admin.base import record_list_view


class Suggestions(AutocompleteJsonView):
    """Where they name people, on record as their list is (spec 13)."""

    model_admin: Any

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if any("\x00" in value for value in request.GET.values()):
            raise Http404  # the database takes no such text, also not to look for it
        response: HttpResponse = super().get(request, *args, **kwargs)
        if self.model_admin.viewed:
            record_list_view(request, self.model_admin.viewed, webinar=None, verb=self.model_admin.see)
        return response
