"""What callers see when something fails: API calls their envelope, people a page; never a stack trace (spec 17).

Without a database both answer 503 and recover by themselves (spec 18).
"""

import logging
import sys
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext_lazy
from django.views import defaults

from eventflow.api.errors import DATABASE_RETRY_AFTER_SECONDS, DatabaseUnavailable, unavailable_response

logger = logging.getLogger(__name__)

# The same sentences that DRF's calls answer with, for what never reaches DRF.
BAD_REQUEST = gettext_lazy("The request could not be understood.")
FORBIDDEN = gettext_lazy("You may not do this.")
NOT_FOUND = gettext_lazy("There is nothing here, or it is not yours to see.")
TOO_LARGE = gettext_lazy("That is more than this call takes.")
LENGTH_REQUIRED = gettext_lazy("Say how long the body is, with Content-Length.")
INTERNAL = gettext_lazy("Something went wrong on our side. It has been noted.")


class DatabaseUnavailableMiddleware:
    """Answers for views; what fails in other middleware comes to `server_error`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return answer_unavailable(request, exception) if isinstance(exception, DatabaseUnavailable) else None


def answer_unavailable(request: HttpRequest, error: BaseException) -> HttpResponseBase:
    logger.warning("database unavailable: %s", type(error).__name__)
    if _is_api(request):
        return unavailable_response(request)
    response = _page("503.html", 503)
    response["Retry-After"] = str(DATABASE_RETRY_AFTER_SECONDS)
    return response


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent)):
        return too_large(request)
    if _is_api(request):
        return _failure(request, 400, "malformed", BAD_REQUEST)
    return defaults.bad_request(request, exception)


def too_large(request: HttpRequest) -> HttpResponseBase:
    if _is_api(request):
        return _failure(request, 413, "too_large", TOO_LARGE)
    with translation.override(translation.get_language_from_request(request)):
        return _page("413.html", 413)


def length_required(request: HttpRequest) -> HttpResponseBase:
    """A body that comes in pieces has no length, and would be taken for none. No browser sends one."""
    return _failure(request, 411, "length_required", LENGTH_REQUIRED)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return _failure(request, 403, "forbidden", FORBIDDEN)
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    if _is_api(request):
        return _failure(request, 404, "not_found", NOT_FOUND)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponseBase:
    """Called while the exception is being handled, so a lost database can be told from a bug."""
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseUnavailable):
        return answer_unavailable(request, error)
    if _is_api(request):
        return _failure(request, 500, "internal", INTERNAL)
    return _page("500.html", 500)


def _page(template: str, status: int) -> HttpResponse:
    """The page, or plain words when it cannot be rendered either (its files were never collected)."""
    try:
        return HttpResponse(render_to_string(template), status=status)
    except Exception:
        logger.exception("the page %s failed", template)
        return HttpResponse(str(INTERNAL), status=status, content_type="text/plain; charset=utf-8")


def _is_api(request: HttpRequest) -> bool:
    return request.path_info.startswith("/api/")


def _failure(request: HttpRequest, status: int, code: str, message: object) -> JsonResponse:
    with translation.override(translation.get_language_from_request(request)):
        return JsonResponse({"success": False, "error": str(message), "code": code}, status=status)
