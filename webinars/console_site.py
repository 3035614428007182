"""The console's front door: who comes in, what others are told, and its home page (spec 14)."""

from collections.abc import Callable
from functools import update_wrapper
from typing import Any
from urllib.parse import quote

from django.contrib.auth import logout
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
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
        """Strangers go to sign in; whoever is signed in and may not see this finds nothing (404, spec 14)."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.user.is_authenticated and not self.has_permission(request):
                raise Http404
            try:
                return inner(request, *args, **kwargs)
            except PermissionDenied:
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
            raise Http404
        return redirect(f"{reverse('account_login')}?next={quote(target)}")

    @method_decorator(require_POST)
    def logout(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        logout(request)
        return redirect("/")

    def index(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        from webinars.admin.home import home_context

        return super().index(request, {**home_context(request, now=timezone.now()), **(extra_context or {})})
