"""What every answer says to browsers (docs/security.md), whoever makes it: a page, the API, the hot path, a file, an
error, a refusal of the socket server.
"""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

# The player's frame may be given what is not listed here; nothing else of a visitor's device is ever needed.
PERMISSIONS_POLICY = ", ".join(
    f"{feature}=()"
    for feature in (
        "accelerometer", "browsing-topics", "camera", "display-capture", "geolocation", "gyroscope",
        "hid", "idle-detection", "local-fonts", "magnetometer", "microphone", "midi", "payment",
        "publickey-credentials-create", "screen-wake-lock", "serial", "usb", "xr-spatial-tracking",
    )
)  # fmt: skip
# For what is no page: data, texts, and answers of other people's code. A browser that shows one runs nothing of it.
NOTHING_POLICY = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

CONTENT_TYPE_OPTIONS = ("X-Content-Type-Options", "nosniff")
FRAME_OPTIONS = "X-Frame-Options"
CACHE_CONTROL = "Cache-Control"
POLICY = "Content-Security-Policy"

# For answers that no Django makes (the socket server's).
PLAIN_HEADERS = (
    CONTENT_TYPE_OPTIONS,
    (FRAME_OPTIONS, "DENY"),
    ("Referrer-Policy", "no-referrer"),
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    ("Permissions-Policy", PERMISSIONS_POLICY),
    (POLICY, NOTHING_POLICY),
    (CACHE_CONTROL, "no-store"),
)


class SecurityHeadersMiddleware:
    """Outermost, so that no answer passes it by. What a view has decided for itself stands."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        file = request.path_info.startswith(settings.STATIC_URL)
        headers = response.headers
        headers.setdefault("Permissions-Policy", PERMISSIONS_POLICY)
        headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        headers.setdefault(FRAME_OPTIONS, "SAMEORIGIN" if file else "DENY")
        headers.setdefault(POLICY, NOTHING_POLICY)
        if not file:
            headers.setdefault(CACHE_CONTROL, keeping(request))
        return response


def keeping(request: HttpRequest) -> str:
    """Who may keep an answer whose view does not say: nobody what the API or a signed-in person's page shows, the
    visitor's own browser any other page, to ask again before it is shown."""
    personal = request.path_info.startswith("/api/") or settings.SESSION_COOKIE_NAME in request.COOKIES
    return "private, no-store" if personal else "private, no-cache"
