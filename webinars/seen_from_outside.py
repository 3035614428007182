"""What django-allauth takes from a request's headers, taken as everywhere else (docs/security.md)."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from django.core.mail import EmailMessage
from django.http import HttpRequest

from eventflow.api.client_address import client_address
from eventflow.public_url import as_public

# Those whose address cannot be told are limited together; the list of sign-ins takes nothing but an address.
NOBODY_KNOWS = "0.0.0.0"


class SeenFromOutside(DefaultAccountAdapter):
    """The caller's address counts our proxies as `client_address` does; links in mails lead to the public address."""

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_address(request) or NOBODY_KNOWS

    def render_mail(
        self, template_prefix: str, email: str, context: dict[str, Any], headers: dict[str, str] | None = None
    ) -> EmailMessage:
        public = {
            name: as_public(value, self.request) if isinstance(value, str) else value
            for name, value in context.items()
        }
        message: EmailMessage = super().render_mail(template_prefix, email, public, headers=headers)
        return message
