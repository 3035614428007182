"""People at a webinar's door, for tests."""

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.mail import EmailMessage
from django.test import Client

BACKEND = "django.contrib.auth.backends.ModelBackend"


def code_in(mail: EmailMessage) -> str:
    """The line that is nothing but the code."""
    (code,) = re.findall(r"^[A-Z0-9]{3,}-?[A-Z0-9]{3,}$", str(mail.body), re.MULTILINE)
    return str(code)


def type_address(browser: Client, webinar: Any, email: str, **more: Any) -> Any:
    return browser.post(f"/webinars/{webinar.slug}/enter/", {"email": email, **more})


def prove(browser: Client, asked: Any, code: str) -> Any:
    """Type the code on the page that `asked` leads to; answers where that leads in the end."""
    return browser.post(asked.url, {"code": code, "next": _next(asked.url)}, follow=True)


def _next(url: str) -> str:
    return parse_qs(urlsplit(url).query)["next"][0]
