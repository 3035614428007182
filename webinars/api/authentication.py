"""Who calls the API: the bearer of a live pass, or the person of a console or page session."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, CSRFCheck
from rest_framework.request import Request

from eventflow.api.errors import ApiError
from webinars.models import User
from webinars.services.live_pass import InvalidPass, LivePass, verify_pass


class LivePassAuthentication(BaseAuthentication):
    """`Authorization: Bearer <live pass>`; verified locally, without a query (spec 4)."""

    def authenticate(self, request: Request) -> tuple[None, LivePass] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, token = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        return None, _verified(token.strip())

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SessionAuthentication(BaseAuthentication):
    """The signed-in person of the page; writes need the CSRF token."""

    def authenticate(self, request: Request) -> tuple[User, None] | None:
        django_request: HttpRequest = request._request
        user = getattr(django_request, "user", None)
        if not isinstance(user, User) or not user.is_active:
            return None
        check_csrf(django_request)
        return user, None

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


def check_csrf(request: HttpRequest) -> None:
    """For calls that a cookie admits; refuses with 403 like Django's middleware."""
    check = CSRFCheck(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request)
    if check.process_view(request, _any_view, (), {}):
        raise exceptions.PermissionDenied()


def _any_view(request: HttpRequest) -> HttpResponse:
    """The check asks only whether the view is exempt; none of those that come here is."""
    return HttpResponse()


def pass_of(request: Request, w: str) -> LivePass:
    """The caller's pass for the webinar in the URL. 401 without one, 403 when it is for another webinar."""
    live_pass = request.auth
    if not isinstance(live_pass, LivePass):
        raise exceptions.NotAuthenticated()
    if not live_pass.is_for(w):
        raise wrong_webinar()
    return live_pass


def pass_in_body(token: Any, w: str) -> LivePass:
    """The pass that `sendBeacon` carries in the body."""
    if not isinstance(token, str):
        raise exceptions.NotAuthenticated()
    live_pass = _verified(token)
    if not live_pass.is_for(w):
        raise wrong_webinar()
    return live_pass


def wrong_webinar() -> ApiError:
    return ApiError(403, "wrong_webinar", gettext_lazy("Your pass is for another webinar."))


def _verified(token: str) -> LivePass:
    try:
        return verify_pass(token)
    except InvalidPass:
        raise exceptions.AuthenticationFailed() from None


class LivePassScheme(OpenApiAuthenticationExtension):
    target_class = "webinars.api.authentication.LivePassAuthentication"
    name = "livePass"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}


class SessionScheme(OpenApiAuthenticationExtension):
    target_class = "webinars.api.authentication.SessionAuthentication"
    name = "session"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "apiKey", "in": "cookie", "name": settings.SESSION_COOKIE_NAME}
