"""The addresses that leave the site: in mails, calendars, invitations."""

from django.conf import settings
from django.http import HttpRequest


def absolute_url(path: str, request: HttpRequest | None = None) -> str:
    """`path` of this site as a whole address. With PUBLIC_URL set, whatever host a request names changes nothing;
    without, the request's host counts, which ALLOWED_HOSTS has checked. Raises ValueError with neither."""
    if settings.PUBLIC_URL:
        return f"{settings.PUBLIC_URL}{path}"
    if request is None:
        raise ValueError("Without a request, PUBLIC_URL must be set to make an address that can be mailed.")
    return request.build_absolute_uri(path)


def as_public(address: str, request: HttpRequest) -> str:
    """The same for an address that somebody else's code has made from the request's host."""
    here = request.build_absolute_uri("/")
    return absolute_url(f"/{address.removeprefix(here)}", request) if address.startswith(here) else address
