"""People with a browser of their own, and what must never happen in any of them."""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, expect

from webinars.models import User

PHONE = {"width": 360, "height": 740}
DESKTOP = {"width": 1280, "height": 800}
# What Chromium says of a page's socket when the page is left before it has opened.
LEFT_EARLY = "WebSocket is closed before the connection is established"


class Visitor:
    """One browser context with one page. `problems` collects errors and addresses of strangers."""

    def __init__(self, context: BrowserContext, *, url: str) -> None:
        self.context = context
        self.url = url
        self.problems: list[str] = []
        self.requests: list[Request] = []
        self.expected_errors: list[str] = []
        self.page = self.open_page()

    def open_page(self) -> Page:
        page = self.context.new_page()
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.problems.append(f"script: {error}"))
        page.on("request", self._asked)
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        self.requests.append(request)
        if request.url.split(":", 1)[0] not in ("data", "blob") and urlsplit(request.url).hostname != "127.0.0.1":
            self.problems.append(f"third party: {request.url}")

    def calls(self, ending: str) -> list[Any]:
        """The bodies of POSTs to addresses that end so, in order."""
        return [
            request.post_data_json
            for request in list(self.requests)
            if request.method == "POST" and request.url.endswith(ending)
        ]

    def asked(self, ending: str) -> int:
        """How many GETs there were of addresses whose path ends so."""
        paths = [urlsplit(request.url).path for request in list(self.requests) if request.method == "GET"]
        return len([path for path in paths if path.endswith(ending)])

    def sign_in(self, user: User) -> None:
        """By cookie; signing in itself has its own tests."""
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        name = settings.SESSION_COOKIE_NAME
        self.context.add_cookies([{"name": name, "value": client.cookies[name].value, "url": self.url}])

    def visit(self, path: str) -> Page:
        self.page.goto(f"{self.url}{path}")
        return self.page

    def enter(self, webinar_slug: str) -> Page:
        """The live page, connected."""
        self.visit(f"/webinars/{webinar_slug}/live/")
        expect(self.connection).to_have_attribute("data-connection", "live")
        return self.page

    @property
    def connection(self) -> Any:
        return self.page.locator("[data-connection-view]")

    @property
    def composer(self) -> Any:
        return self.page.get_by_role("textbox", name=re.compile("메시지|Your message"))

    def says(self, text: str) -> None:
        self.composer.fill(text)
        self.composer.press("Enter")

    def message(self, text: str) -> Any:
        return self.page.locator("[data-chat-list] li").filter(has_text=text)

    def until(self, condition: Callable[[], bool]) -> None:
        """Lets the page go on until the server's side is as it should be."""
        for _ in range(150):
            if condition():
                return
            self.page.wait_for_timeout(100)
        raise AssertionError("it did not become so within 15 s")

    def check(self) -> None:
        """Nothing went wrong that the test did not say it would."""
        unexpected = [
            problem for problem in self.problems if not any(text in problem for text in self.expected_errors)
        ]
        assert unexpected == [], unexpected
