"""Without a database, pages and API answer 503 and recover by themselves (spec 18)."""

import logging
import sys
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.views import defaults

from eventflow.api.errors import DATABASE_RETRY_AFTER_SECONDS, DatabaseUnavailable, unavailable_response

logger = logging.getLogger(__name__)


def answer_unavailable(request: HttpRequest, error: BaseException) -> HttpResponseBase:
    logger.warning("database unavailable: %s", type(error).__name__)
    if request.path_info.startswith("/api/"):
        return unavailable_response(request)
    return HttpResponse(
        render_to_string("503.html"), status=503, headers={"Retry-After": str(DATABASE_RETRY_AFTER_SECONDS)}
    )


class DatabaseUnavailableMiddleware:
    """Answers for views; what fails in other middleware comes to `server_error`."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        return answer_unavailable(request, exception) if isinstance(exception, DatabaseUnavailable) else None


def server_error(request: HttpRequest) -> HttpResponseBase:
    """`handler500`: also called while the exception is being handled, so it can be told apart."""
    error = sys.exc_info()[1]
    if isinstance(error, DatabaseUnavailable):
        return answer_unavailable(request, error)
    return defaults.server_error(request)
