"""The Content-Security-Policy by part of the site (spec 15)."""

import pytest


def policy(response):
    parts = (part.strip().split(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: sources for name, *sources in parts}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "script", "style"),
    [
        ("/", ["'self'"], ["'self'"]),
        ("/accounts/login/", ["'self'"], ["'self'"]),
        ("/api/docs/", ["'self'"], ["'self'", "'unsafe-inline'"]),
        ("/console/", ["'self'", "'unsafe-eval'"], ["'self'", "'unsafe-inline'"]),
    ],
)
def test_each_part_allows_what_it_needs(client, path, script, style):
    found = policy(client.get(path))

    assert (found["script-src"], found["style-src"]) == (script, style)
    assert (found["default-src"], found["object-src"], found["frame-ancestors"]) == (
        ["'self'"],
        ["'none'"],
        ["'none'"],
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8000", "ws://localhost:8001"),
        ("127.0.0.1", "ws://127.0.0.1:8001"),
        ("[::1]:8000", "ws://[::1]:8001"),
    ],
)
def test_the_sockets_address_is_allowed(client, settings, host, origin):
    settings.SOCKET_PORT = 8001

    found = policy(client.get("/", headers={"Host": host}))

    assert found["connect-src"] == ["'self'", origin]
