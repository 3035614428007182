"""Failures as `{"success": false, "error", "code", "fields"?}` in the caller's language (spec 17)."""

import logging
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, JsonResponse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions, status
from rest_framework.response import Response

logger = logging.getLogger(__name__)

DATABASE_RETRY_AFTER_SECONDS = 2
DatabaseUnavailable = (OperationalError, InterfaceError)


class ApiError(Exception):
    """A refusal with a machine code. `message` is translated when it is answered, not when it is raised. `extra` joins
    the envelope."""

    def __init__(
        self,
        status_code: int,
        code: str,
        message: Any,
        *,
        retry_after: int | None = None,
        extra: dict[str, Any] | None = None,
    ) -> None:
        super().__init__(code)
        self.status_code = status_code
        self.code = code
        self.message = message
        self.retry_after = retry_after
        self.extra = extra or {}


class WebinarClosed(ApiError):
    def __init__(self) -> None:
        super().__init__(410, "webinar_closed", gettext_lazy("This webinar is closed."))


class NotFound(ApiError):
    def __init__(self) -> None:
        super().__init__(404, "not_found", gettext_lazy("There is nothing here, or it is not yours to see."))


def _messages(exc: Exception) -> tuple[int, str, str]:
    match exc:
        case Http404():
            return 404, "not_found", _("There is nothing here, or it is not yours to see.")
        case PermissionDenied() | exceptions.PermissionDenied():
            return 403, "forbidden", _("You may not do this.")
        case exceptions.ValidationError():
            return 400, "invalid", _("Please check what you entered.")
        case exceptions.ParseError():
            return 400, "malformed", _("The request could not be read. Send a JSON object.")
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return 401, "invalid_pass", _("Your pass is missing or no longer valid.")
        case exceptions.MethodNotAllowed():
            return 405, "method_not_allowed", _("This address does not take that method.")
        case exceptions.UnsupportedMediaType():
            return 415, "unsupported_media_type", _("Send the request as application/json.")
        case exceptions.Throttled():
            return 429, "rate_limited", _("That was too fast. Please wait a moment.")
    return 400, "malformed", _("The request could not be understood.")


def answer_error(exc: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler. Returns None, so that Django sees it, for what is a bug of ours."""
    request = context["request"]
    with translation.override(translation.get_language_from_request(request)):
        return _answer(exc)


def _answer(exc: Exception) -> Response | None:
    headers: dict[str, str] = {}
    body: dict[str, Any] = {"success": False}
    if isinstance(exc, ApiError):
        status_code, code, message = exc.status_code, exc.code, str(exc.message)
        if exc.retry_after is not None:
            headers["Retry-After"] = str(exc.retry_after)
        body.update(exc.extra)
    elif isinstance(exc, DatabaseUnavailable):
        logger.warning("database unavailable: %s", type(exc).__name__)
        status_code, code, message = database_unavailable()
        headers["Retry-After"] = str(DATABASE_RETRY_AFTER_SECONDS)
    elif isinstance(exc, (exceptions.APIException, Http404, PermissionDenied)):
        status_code, code, message = _messages(exc)
        if status_code == status.HTTP_401_UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        if isinstance(exc, exceptions.ValidationError):
            body["fields"] = exc.detail
    else:
        return None
    body.update(error=message, code=code)
    return Response(body, status=status_code, headers=headers)


def database_unavailable() -> tuple[int, str, str]:
    return 503, "unavailable", _("The service is catching its breath. Please try again in a moment.")


def unavailable_response(request: HttpRequest) -> JsonResponse:
    """The 503 for an API call outside DRF's reach, such as in middleware."""
    with translation.override(translation.get_language_from_request(request)):
        status_code, code, message = database_unavailable()
    return JsonResponse(
        {"success": False, "error": message, "code": code},
        status=status_code,
        headers={"Retry-After": str(DATABASE_RETRY_AFTER_SECONDS)},
    )
