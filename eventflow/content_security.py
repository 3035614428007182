"""Content-Security-Policy by part of the site (spec 15)."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from eventflow.socket_origin import socket_origin

# What other people's pages need, and attendees' pages do not: Unfold's carry inline styles and Alpine expressions, the
# API's reference an inline style.
ADDITIONS = {
    "/console/": {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]},
    "/api/docs/": {"style-src": ["'unsafe-inline'"]},
}


class ContentSecurityMiddleware(CSPMiddleware):
    """The strict policy for every page, what the console's theme needs for the console, and the socket's address."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        update = dict(getattr(response, "_csp_update", None) or {})
        if settings.SOCKET_PORT:
            origin = socket_origin(host=request.get_host(), secure=request.is_secure())
            update["connect-src"] = [*update.get("connect-src", []), origin]
        for part, additions in ADDITIONS.items():
            if request.path_info.startswith(part):
                for directive, sources in additions.items():
                    update[directive] = [*update.get(directive, []), *sources]
        if update:
            response._csp_update = update  # type: ignore[attr-defined]
        return super().process_response(request, response)
