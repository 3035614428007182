"""Content-Security-Policy by part of the site (spec 15)."""

from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponseBase

from eventflow.socket_origin import socket_origin

# What other people's pages need, and attendees' pages do not: Unfold's carry inline styles and Alpine expressions, the
# API's reference an inline style.
ADDITIONS = {
    "/console/": {"script-src": ["'unsafe-eval'"], "style-src": ["'unsafe-inline'"]},
    "/api/docs/": {"style-src": ["'unsafe-inline'"]},
}


class ContentSecurityMiddleware(CSPMiddleware):
    """The strict policy for every page, what the console's theme needs for the console, and the socket's address.

    What is neither a page nor one of our own files is left to the policy that allows nothing
    (`eventflow/security_headers.py`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        super().__init__(get_response)

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        file = request.path_info.startswith(settings.STATIC_URL)
        if not file and not response.get("Content-Type", "").startswith("text/html"):
            return response
        update = dict(getattr(response, "_csp_update", None) or {})
        if origin := _socket(request):
            update["connect-src"] = [*update.get("connect-src", []), origin]
        for part, additions in ADDITIONS.items():
            if request.path_info.startswith(part):
                for directive, sources in additions.items():
                    update[directive] = [*update.get(directive, []), *sources]
        if file:  # the demo's stage is one, and stands in the live page's frame
            response._csp_replace = {"frame-ancestors": ["'self'"]}  # type: ignore[attr-defined]
        if update:
            response._csp_update = update  # type: ignore[attr-defined]
        return super().process_response(request, response)


def _socket(request: HttpRequest) -> str | None:
    """None where it is the page's own origin, and where the host is none of ours, so that nobody is to follow it."""
    if not settings.SOCKET_PORT:
        return None
    try:
        return socket_origin(host=request.get_host(), secure=request.is_secure())
    except DisallowedHost:
        return None
