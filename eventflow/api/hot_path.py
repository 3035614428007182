"""Calls that come every second from everybody skip the middleware they do not need (architecture, "Hot path")."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase
from django.urls import resolve
from django.utils import translation

from eventflow.failures import length_required

# What a signed live pass alone admits: no cookie, no session, no CSRF, no page headers.
HOT_PATHS = re.compile(r"^/api/webinars/[^/]+/(?:presence/ping|access/track|access/exit)$")


class HotPathMiddleware:
    """Outermost: answers a hot path itself, everything else goes on to the other middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if HOT_PATHS.match(request.path_info) is None:
            return self.get_response(request)
        translation.activate(translation.get_language_from_request(request))
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return length_required(request)
        match = resolve(request.path_info)
        request.resolver_match = match
        response = match.func(request, *match.args, **match.kwargs)
        render = getattr(response, "render", None)
        return render() if render is not None else response
