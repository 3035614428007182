import ipaddress

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str | None:
    """The caller's IP address. Proxies we run append to X-Forwarded-For, so with `TRUSTED_PROXIES` of them the
    caller is that many places from the right; what stands further left is the caller's own invention."""
    address = request.META.get("REMOTE_ADDR", "")
    if settings.TRUSTED_PROXIES:
        hops = [hop.strip() for hop in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",") if hop.strip()]
        if hops:
            address = hops[-min(settings.TRUSTED_PROXIES, len(hops))]
    try:
        return str(ipaddress.ip_address(address.partition("%")[0]))  # the database knows no scope of an address
    except ValueError:
        return None
