"""Whose accounts people may sign in with, by environment: a provider is there once both of its values are (spec 1)."""

from typing import Any

import environ

PROVIDERS = ("kakao", "naver", "google")

_OPTIONS: dict[str, dict[str, Any]] = {
    # Addresses that they call verified are their owner's; Naver says nothing about that.
    "kakao": {"EMAIL_AUTHENTICATION": True},
    "naver": {},
    "google": {"EMAIL_AUTHENTICATION": True, "SCOPE": ["profile", "email"], "OAUTH_PKCE_ENABLED": True},
}


def configured_providers(env: environ.Env) -> dict[str, dict[str, Any]]:
    """`KAKAO_CLIENT_ID` and `KAKAO_CLIENT_SECRET`, and so on, as django-allauth wants them."""
    found = {}
    for provider in PROVIDERS:
        client_id = env.str(f"{provider.upper()}_CLIENT_ID", default="")
        secret = env.str(f"{provider.upper()}_CLIENT_SECRET", default="")
        if client_id and secret:
            found[provider] = {**_OPTIONS[provider], "APP": {"client_id": client_id, "secret": secret, "key": ""}}
    return found
