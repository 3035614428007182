"""How much a request may bring, before anything of it is read: everybody may call (docs/security.md).

A body without a stated length would be none to Django; so it has to be stated, and what is stated is what counts.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from eventflow.failures import length_required, too_large

UPLOADS = "/console/"  # the only part of the site that takes files
MEGABYTE = 1024 * 1024


class BodyLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if "HTTP_TRANSFER_ENCODING" in request.META:
            return length_required(request)
        length = request.META.get("CONTENT_LENGTH") or ""
        if length.isascii() and length.isdigit() and int(length[:20]) > most_bytes(request):
            return too_large(request)
        return self.get_response(request)


def most_bytes(request: HttpRequest) -> int:
    """A form whose text is percent-encoded takes fifty times its size to read, so a long one comes in parts."""
    if request.path_info.startswith(UPLOADS) and request.content_type == "multipart/form-data":
        return int(settings.UPLOAD_MEGABYTES) * MEGABYTE
    return int(settings.BODY_MAX_BYTES)
