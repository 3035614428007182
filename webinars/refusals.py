"""Pages that say "not now" in words, with the time to wait (spec 17)."""

import math

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

CODES_RETRY_AFTER_SECONDS = 60


def too_many(request: HttpRequest, *, wait_seconds: int, back: str = "/") -> HttpResponse:
    context = {"minutes": math.ceil(wait_seconds / 60), "back": back}
    response = render(request, "429.html", context, status=429)
    response["Retry-After"] = str(max(1, wait_seconds))
    return response


def codes_unavailable(request: HttpRequest, *, back: str = "/") -> HttpResponse:
    """Codes are neither counted nor sent: nobody guesses them by the thousand while Redis is away (spec 18)."""
    response = render(request, "codes_unavailable.html", {"back": back}, status=503)
    response["Retry-After"] = str(CODES_RETRY_AFTER_SECONDS)
    return response
