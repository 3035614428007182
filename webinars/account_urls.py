"""Where people see to their account: our own pages, and those of django-allauth in our look.

Of `allauth.urls`, the addresses of old releases are left out, too.
"""

from collections.abc import Callable
from typing import Any

from allauth.account import views as account
from allauth.socialaccount import views as social
from allauth.socialaccount.providers.google.provider import GoogleProvider
from allauth.socialaccount.providers.kakao.provider import KakaoProvider
from allauth.socialaccount.providers.naver.provider import NaverProvider
from allauth.socialaccount.providers.oauth2.provider import OAuth2Provider
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView, OAuth2LoginView
from django.http import HttpResponseBase
from django.urls import URLPattern, include, path

from webinars import account_pages
from webinars.confirm_by_code import ConfirmByCode
from webinars.social_accounts import careful

# Where a form that is posted to us may lead on to. A browser checks every address on the way.
PROVIDERS = [
    "https://kauth.kakao.com",
    "https://accounts.kakao.com",
    "https://nid.naver.com",
    "https://accounts.google.com",
]


def leads_on(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A page whose forms lead to those whose accounts one may sign in with."""

    def page(*args: Any, **kwargs: Any) -> HttpResponseBase:
        response = view(*args, **kwargs)
        response._csp_update = {"form-action": PROVIDERS}  # type: ignore[attr-defined]
        return response

    return page


def _ways_of(provider: type[OAuth2Provider]) -> list[URLPattern]:
    """To the provider and back. Google's other way in, by a script of theirs, is left out."""
    adapter = careful(provider.oauth2_adapter_class)
    return [
        path("login/", leads_on(OAuth2LoginView.adapter_view(adapter)), name=f"{provider.id}_login"),
        path("login/callback/", OAuth2CallbackView.adapter_view(adapter), name=f"{provider.id}_callback"),
    ]


urlpatterns = [
    path("", account_pages.home, name="account_home"),
    path("name/", account_pages.name, name="account_name"),
    path("sessions/", account_pages.sessions, name="usersessions_list"),
    path("login/", leads_on(account.login), name="account_login"),
    path("signup/", leads_on(account.signup), name="account_signup"),
    path("3rdparty/", leads_on(social.connections), name="socialaccount_connections"),
    path("password/set/", account_pages.set_password, name="account_set_password"),
    path("reauthenticate/code/", ConfirmByCode.as_view(), name="account_confirm_by_code"),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
    path("3rdparty/", include("allauth.socialaccount.urls")),
    *(
        path(f"{provider.id}/", include(_ways_of(provider)))
        for provider in (KakaoProvider, NaverProvider, GoogleProvider)
    ),
]
