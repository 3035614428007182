"""The console's front door: who comes in, what others are told, and its home page (spec 14)."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import quote

from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST
from unfold.sites import UnfoldAdminSite


class ConsoleSite(UnfoldAdminSite):
    index_title = _("Home")
    enable_nav_sidebar = True

    def has_permission(self, request: HttpRequest) -> bool:
        """Members of any tenant, and super admins."""
        from webinars.selectors.standing import standing_of

        return standing_of(request).may_enter

    def admin_view(self, view: Callable[..., Any], cacheable: bool = False) -> Callable[..., Any]:
        """Strangers go to sign in; whoever is signed in and may not see this finds nothing (404, spec 14). Members
        whose agency asks for a second factor first are led to setting it up, also by a page that is not theirs yet."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                return shut_out(request)
            try:
                return inner(request, *args, **kwargs)
            except (PermissionDenied, Http404):
                if is_page(request):
                    return shut_out(request)
                raise Http404 from None

        return update_wrapper(guarded, inner)

    @method_decorator(never_cache)
    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        """People sign in where everybody does."""
        wanted = request.GET.get("next", "")
        # Only addresses of the console: this page must not send people elsewhere.
        home = reverse("admin:index")
        target = wanted if wanted.startswith(home) else home
        if self.has_permission(request):
            return redirect(target)
        if request.user.is_authenticated:
            return shut_out(request)
        return redirect(f"{reverse('account_login')}?next={quote(target)}")

    @method_decorator(require_POST)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        logout(request)
        return redirect("/")

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        from webinars.admin.suggestions import Suggestions

        return Suggestions.as_view(admin_site=self)(request)

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from webinars.admin.base import acting_user
        from webinars.admin.home import home_context
        from webinars.selectors.second_factor import agencies_waiting_for

        waiting = agencies_waiting_for(acting_user(request))
        context = {**home_context(request, now=timezone.now()), "waiting_agencies": waiting}
        return super().index(request, {**context, **(extra_context or {})})


def is_page(request: HttpRequest) -> bool:
    """Asked for by a person's browser, not by a script of a page."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("Accept", "")


def shut_out(request: HttpRequest) -> HttpResponse:
    from webinars.console_gate import to_the_gate, waits_for_factor

    if waits_for_factor(request):
        return to_the_gate(request)
    raise Http404
