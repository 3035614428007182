"""Where people are invited from the console."""

from django.urls import reverse

from webinars.models import Agency, Client


def invite_url(tenant: Agency | Client | None = None) -> str:
    """The page, with the tenant chosen if one is given."""
    url = reverse("admin:webinars_invitation_add")
    if tenant is None:
        return url
    return f"{url}?{'agency' if isinstance(tenant, Agency) else 'client'}={tenant.pk}"
