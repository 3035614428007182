"""Every answer carries what browsers must know, whoever makes it (docs/security.md)."""

import re

import pytest
from asgiref.testing import ApplicationCommunicator
from django.conf import settings as django_settings
from django.contrib.staticfiles import finders
from django.core.handlers.base import BaseHandler
from django.db import OperationalError
from django.test import Client as Browser
from django.urls import URLPattern, URLResolver, get_resolver

from eventflow.api import hot_path
from eventflow.asgi import application
from eventflow.security_headers import NOTHING_POLICY, PERMISSIONS_POLICY, PLAIN_HEADERS

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Permissions-Policy": PERMISSIONS_POLICY,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
REFERRERS = ("strict-origin-when-cross-origin", "same-origin", "no-referrer")
SAMPLE = "0b7d1e9c-1111-4222-8333-444455556666"


def patterns(resolver: URLResolver, before: str = "") -> list[str]:
    """An address for each pattern of the project, with something in each gap."""
    found = []
    for entry in resolver.url_patterns:
        route = before + str(entry.pattern)
        found += patterns(entry, route) if isinstance(entry, URLResolver) else [route]
    return found


def addresses(resolver: URLResolver) -> list[str]:
    plain = (re.sub(r"\\Z|[\^$\\]", "", route) for route in patterns(resolver))
    return sorted({"/" + "/".join(fill(part) for part in route.split("/")) for route in plain})


def fill(part: str) -> str:
    if "<" not in part and "(" not in part:
        return part
    if "uuid:" in part or "_id" in part:
        return SAMPLE
    return "1" if "int:" in part else "x"


def wrong_headers(response) -> dict[str, str | None]:
    wrong = {name: response.headers.get(name) for name, value in ALWAYS.items() if response.headers.get(name) != value}
    policy = response.headers.get("Content-Security-Policy", "")
    if (
        "frame-ancestors 'none'" not in policy
        or "form-action" not in policy
        or "'unsafe-inline'" in scripts_of(policy)
    ):
        wrong["Content-Security-Policy"] = policy
    if response.headers.get("Referrer-Policy") not in REFERRERS:
        wrong["Referrer-Policy"] = response.headers.get("Referrer-Policy")
    return wrong


def scripts_of(policy: str) -> str:
    return next((part for part in policy.split(";") if part.strip().startswith("script-src")), "")


def test_there_are_patterns_to_look_at():
    entries = [entry for entry in get_resolver().url_patterns if isinstance(entry, (URLPattern, URLResolver))]

    assert len(entries) == len(get_resolver().url_patterns)
    assert len(addresses(get_resolver())) > 150


@pytest.mark.django_db
@pytest.mark.parametrize("who", ["anonymous", "organizer"])
def test_every_address_of_the_project(who, request):
    browser = Browser(raise_request_exception=False)
    if who == "organizer":
        browser.force_login(request.getfixturevalue(who))
    wrong = {}
    for path in addresses(get_resolver()):
        for method in ("get", "post"):
            response = getattr(browser, method)(path)
            found = wrong_headers(response)
            kept = response.headers.get("Cache-Control", "")
            if "private" not in kept and "no-store" not in kept and not path.startswith("/jsi18n"):
                found["Cache-Control"] = kept
            if path.startswith("/api/") and "no-store" not in kept:
                found["Cache-Control"] = kept
            if found:
                wrong[method, path, response.status_code] = found
            if who == "organizer":  # some of them end the session
                browser.force_login(request.getfixturevalue(who))

    assert wrong == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/nothing/", {}, 404),
        ("/", {"Host": "elsewhere.example"}, 400),
        ("/api/x", {"Host": "elsewhere.example"}, 400),
        ("/api/webinars/x/presence/ping", {}, 405),
        ("/api/webinars/x/access/track", {"Transfer-Encoding": "chunked"}, 411),
        ("/healthz", {}, 200),
        ("/readyz", {}, 200),
        ("/media/nothing.png", {}, 404),
        ("/webinars/x/live", {}, 301),
    ],
)
def test_refusals_and_probes(client, path, headers, status):
    response = client.get(path, headers=headers)

    assert (response.status_code, wrong_headers(response)) == (status, {})


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/api/webinars/x/state", "/api/webinars/x/presence/ping"])
@pytest.mark.parametrize(("error", "status"), [(OperationalError, 503), (ZeroDivisionError, 500)])
def test_failures(client, monkeypatch, path, error, status):
    """What a view meets, wherever it is met."""

    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(BaseHandler, "resolve_request", fail)
    monkeypatch.setattr(hot_path, "resolve", fail)
    client.raise_request_exception = False

    response = client.get(path)

    assert (response.status_code, wrong_headers(response)) == (status, {})


@pytest.mark.django_db
def test_our_own_files_may_be_framed_by_our_own_pages_only(settings):
    """The demo's stage stands in the live page's frame."""
    settings.STATIC_ROOT = finders.find("webinars/stage/index.html").removesuffix("/webinars/stage/index.html")

    response = Browser().get("/static/webinars/stage/index.html")

    assert response.status_code == 200
    assert response.headers["X-Frame-Options"] == "SAMEORIGIN"
    assert "frame-ancestors 'self'" in response.headers["Content-Security-Policy"]
    assert response.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.django_db
def test_only_https_is_told_to_stay_there(settings):
    settings.SECURE_HSTS_SECONDS = 60

    plain, secure = Browser().get("/healthz"), Browser().get("/healthz", secure=True)

    assert ("Strict-Transport-Security" in plain, secure["Strict-Transport-Security"]) == (False, "max-age=60")


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/", 301),
        ("/api/webinars/x/state", 301),
        ("/api/webinars/x/presence/ping", 301),
        ("/healthz", 200),
        ("/readyz", 200),
    ],
)
def test_visitors_by_http_are_sent_to_https_and_probes_are_not(settings, path, status):
    settings.SECURE_SSL_REDIRECT = True

    response = Browser().get(path)

    assert (response.status_code, wrong_headers(response)) == (status, {})
    assert status == 200 or response["Location"] == f"https://testserver{path}"


@pytest.mark.django_db
def test_data_is_given_the_policy_that_allows_nothing(client):
    assert client.get("/api/webinars/x/state")["Content-Security-Policy"] == NOTHING_POLICY
    assert client.get("/healthz")["Content-Security-Policy"] == NOTHING_POLICY


async def test_what_the_socket_server_answers_to_http():
    for path in ("/healthz", "/", "/ws/webinars/x/"):
        page = ApplicationCommunicator(application, {"type": "http", "path": path, "method": "GET", "headers": []})
        headers = {name.decode().title(): value.decode() for name, value in (await page.receive_output())["headers"]}

        assert {name: headers.get(name.title()) for name, _ in PLAIN_HEADERS} == dict(PLAIN_HEADERS)


def test_the_middleware_is_the_outermost():
    assert django_settings.MIDDLEWARE[0] == "eventflow.security_headers.SecurityHeadersMiddleware"
