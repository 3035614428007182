"""Signing in with an account of Kakao, Naver or Google (spec 1).

An account here is joined to one there by nothing but proof: the provider's word, where it gives one and the account
opens nothing but its own seat, and a code to the address in every other case. Until then nothing is made or linked, so
that nobody can lay an account of theirs in wait for somebody else's address.
"""

import time
from typing import Any, ClassVar

from allauth.account.internal.flows.login import get_authentication_records
from allauth.account.internal.flows.login_by_code import LoginCodeVerificationProcess
from allauth.account.models import EmailAddress
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.models import Authenticator
from allauth.socialaccount import forms as social
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter, _build_apps_from_settings
from allauth.socialaccount.models import SocialAccount, SocialApp, SocialLogin
from allauth.socialaccount.providers import registry
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2Adapter
from django import forms
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _

from webinars.account_forms import OwnWords
from webinars.models import User
from webinars.services.people import person_by_address

NAMES = {"kakao": _("Kakao"), "naver": _("Naver"), "google": _("Google")}
# The session's key of the account that is linked once the address is proved, and for how long it waits.
WAITING = "account_to_link"
WAITING_SECONDS = 900


class SocialAdapter(DefaultSocialAccountAdapter):
    error_messages: ClassVar[dict[str, Any]] = {
        **DefaultSocialAccountAdapter.error_messages,
        "connected_other": _("This account is linked to another account here."),
        "no_verified_email": _("Confirm your address first: else nobody could sign in any more."),
    }

    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """From the environment only: secrets are not kept in the database."""
        found = _build_apps_from_settings(provider=provider, client_id=client_id)
        return [app for apps in found.values() for app in apps]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> Any:
        """A provider that is not configured has no addresses, but accounts linked when it was can be unlinked."""
        try:
            return super().get_provider(request, provider, client_id)
        except SocialApp.DoesNotExist:
            match = request.resolver_match
            known = registry.get_class(provider)
            if known is None or match is None or match.url_name in (f"{provider}_login", f"{provider}_callback"):
                raise Http404 from None
            return known(request, app=SocialApp(provider=provider))

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        _trust_no_more_than_they_say(sociallogin)
        user: User = super().populate_user(request, sociallogin, data)
        user.display_name = _name_from(sociallogin.account.extra_data)
        return user

    def get_signup_form_initial_data(self, sociallogin: SocialLogin) -> dict[str, Any]:
        initial: dict[str, Any] = super().get_signup_form_initial_data(sociallogin)
        return {**initial, "display_name": sociallogin.user.display_name}

    def authenticate_by_email(self, sociallogin: SocialLogin) -> tuple[User, str] | None:
        found: tuple[User, str] | None = super().authenticate_by_email(sociallogin)
        return found if found and found[0].is_active and not opens_more_than_a_seat(found[0]) else None

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """A first sign-in by an address that the provider does not vouch for, or that is an organizer's: a code to it
        comes first. The same page whether the address has an account or not."""
        if sociallogin.is_existing or sociallogin.state.get("process") != "login" or not sociallogin.email_addresses:
            return
        address = sociallogin.email_addresses[0]
        if not address.verified or self._is_known(address.email):
            raise ImmediateHttpResponse(prove_and_link(request, sociallogin, address=address.email))

    def _is_known(self, address: str) -> bool:
        return (
            EmailAddress.objects.filter(email=address).exists() or User.objects.filter(email__iexact=address).exists()
        )

    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        try:
            with transaction.atomic():
                user: User = super().save_user(request, sociallogin, form)
        except IntegrityError:  # two calls at once: whoever came first made the account
            raise ImmediateHttpResponse(redirect("account_login")) from None
        return user


def careful(adapter: type[OAuth2Adapter]) -> type[OAuth2Adapter]:
    """The provider's answers, whatever they are: what is none fails as one that does not come."""

    class Careful(adapter):
        def complete_login(self, *args: Any, **kwargs: Any) -> SocialLogin:
            try:
                login = super().complete_login(*args, **kwargs)
            except (KeyError, TypeError, ValueError, AttributeError) as error:
                raise OAuth2Error("The provider's answer is none.") from error
            if login.account.uid in ("", str(None)):
                raise OAuth2Error("The provider names nobody.")
            return login

    return Careful


def opens_more_than_a_seat(user: User) -> bool:
    """Whether the account gives rights over others' data, or its owner has asked for more than one proof."""
    return (
        user.is_staff
        or user.is_superuser
        or user.agency_memberships.exists()
        or user.client_memberships.exists()
        or Authenticator.objects.filter(user=user).exists()
    )


def prove_and_link(request: HttpRequest, sociallogin: SocialLogin, *, address: str, name: str = "") -> HttpResponse:
    """Send a code to the address; the account of the provider is linked when it was right."""
    person = person_by_address(address, now=timezone.now())
    LoginCodeVerificationProcess.initiate(request=request, user=person, email=address)
    request.session[WAITING] = {
        "login": sociallogin.serialize(),
        "address": address,
        "name": name or sociallogin.user.display_name,
        "since": time.time(),
    }
    url = reverse("account_confirm_login_code")
    if then := sociallogin.get_redirect_url(request):
        url += "?" + urlencode({"next": then})
    return redirect(url)


def link_waiting_account(request: HttpRequest, user: User) -> None:
    """After signing in: links what waits, if it was this address that a code has proved since."""
    waiting = request.session.pop(WAITING, None)
    if not waiting or time.time() - waiting["since"] > WAITING_SECONDS:
        return
    proofs = get_authentication_records(request, user)
    if not any(
        proof["method"] == "code" and proof.get("email") == waiting["address"] and proof["at"] >= waiting["since"]
        for proof in proofs
    ):
        return
    try:
        sociallogin = SocialLogin.deserialize(waiting["login"])
    except (ValueError, Http404):
        return
    account = sociallogin.account
    if not SocialAccount.objects.filter(provider=account.provider, uid=account.uid).exists():
        try:
            with transaction.atomic():
                sociallogin.connect(request, user)
        except IntegrityError:  # linked at this very instant by another page
            return
    if not user.display_name and waiting["name"]:
        user.display_name = waiting["name"]
        user.save(update_fields=["display_name"])


def _trust_no_more_than_they_say(sociallogin: SocialLogin) -> None:
    """Naver gives an address without saying whether it is its owner's; Kakao also says that it is no more valid."""
    held = sociallogin.account.extra_data.get("kakao_account")
    still_valid = not isinstance(held, dict) or held.get("is_email_valid", True)
    for address in sociallogin.email_addresses:
        if sociallogin.account.provider == "naver" or not still_valid:
            address.verified = False


def _name_from(told: dict[str, Any]) -> str:
    profile = (told.get("kakao_account") or {}).get("profile") or {}
    names = (told.get("name"), profile.get("nickname"), told.get("nickname"))
    name = next((name for name in names if isinstance(name, str) and name.strip()), "")
    return "".join(letter for letter in name if letter.isprintable()).strip()[:100]


class FinishSignUp(OwnWords, social.SignupForm):
    """What a provider withheld, mostly the address. It is proved before anything is made of it."""

    field_order = ["email", "display_name"]

    def try_save(self, request: HttpRequest) -> tuple[None, HttpResponse]:
        data = self.cleaned_data
        return None, prove_and_link(request, self.sociallogin, address=data["email"], name=data["display_name"])


class Unlink(OwnWords, social.DisconnectForm):
    """Without a password too: a code to a confirmed address signs everybody in."""

    account = forms.ModelChoiceField(
        queryset=SocialAccount.objects.none(), error_messages={"required": _("Choose an account.")}
    )

    def clean(self) -> dict[str, Any]:
        if not EmailAddress.objects.filter(user=self.request.user, verified=True).exists():
            raise ValidationError(SocialAdapter.error_messages["no_verified_email"], code="no_verified_email")
        return self.cleaned_data
