"""Words for the pages about an account."""

from django import template

from webinars.social_accounts import NAMES

register = template.Library()


@register.filter
def provider_name(provider: str) -> str:
    """As people call it in their language; what is not known is said as it is."""
    return str(NAMES.get(provider, provider))
