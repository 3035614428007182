"""What a person sees to in their account (spec 1). Thin: fetch, call, render."""

from typing import Any

from allauth.account.internal.flows.reauthentication import raise_if_reauthentication_required
from allauth.account.models import EmailAddress
from allauth.account.views import password_set
from allauth.core import context
from allauth.core.exceptions import ReauthenticationRequired
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import get_adapter as get_social_adapter
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django import forms
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from webinars.account_forms import OwnWords
from webinars.browser_words import browser_words
from webinars.models import User
from webinars.services.account_audit import record_account_act
from webinars.services.sign_ins import end_listed_sign_ins

# Pages of other parts of the product, listed where they exist.
ELSEWHERE = {"memberships_url": "webinars:memberships", "data_url": "webinars:my_data"}


class NameForm(OwnWords, forms.ModelForm):
    class Meta:
        model = User
        fields = ["display_name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        name = self.fields["display_name"]
        name.label = gettext_lazy("Name")
        name.required = True
        name.widget.attrs.update({"autocomplete": "name"})
        name.help_text = gettext_lazy("This is how others see you in the chat.")


@never_cache
@require_safe
@login_required
def home(request: HttpRequest) -> HttpResponse:
    user = _person(request)
    factors = set(Authenticator.objects.filter(user=user).values_list("type", flat=True))
    facts = {
        "addresses": EmailAddress.objects.filter(user=user).order_by("-primary", "email"),
        "has_factor": bool(factors - {Authenticator.Type.RECOVERY_CODES}),
        "sign_ins": len(UserSession.objects.purge_and_list(user)),
        "linked": SocialAccount.objects.filter(user=user).count(),
        "providers": get_social_adapter().list_apps(request),
    }
    return render(request, "account/home.html", {**facts, **{name: _url_of(page) for name, page in ELSEWHERE.items()}})


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def name(request: HttpRequest) -> HttpResponse:
    form = NameForm(request.POST or None, instance=_person(request))
    if request.method == "POST" and form.is_valid():
        form.instance.save(update_fields=["display_name"])
        messages.success(request, _("Your name is changed. It shows in a room when you enter it again."))
        return redirect("account_home")
    return render(request, "account/name.html", {"form": form})


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def set_password(request: HttpRequest) -> HttpResponseBase:
    """The first one, by the account's owner. What is typed when it is asked again who is there is not kept."""
    if not _person(request).has_usable_password():
        try:
            raise_if_reauthentication_required(request, app="allauth.account")
        except ReauthenticationRequired:
            if request.method == "POST":
                return redirect(request.path)
            raise
    return password_set(request)


@never_cache
@require_http_methods(["GET", "POST"])
@login_required
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in; ends one, all others, or all."""
    user = _person(request)
    listed = sorted(UserSession.objects.purge_and_list(user), key=lambda one: one.created_at, reverse=True)
    if request.method == "POST":
        return _end(request, user, listed)
    for one in listed:
        one.words = browser_words(one.user_agent)
    return render(request, "usersessions/usersession_list.html", {"sessions": listed})


def _end(request: HttpRequest, user: User, listed: list[UserSession]) -> HttpResponse:
    which = request.POST.get("end", "")
    here = context.request.session.session_key
    if which == "all":
        end_listed_sign_ins(user_id=user.pk)
        record_account_act("sign_in.everywhere_ended", user=user, actor_id=user.pk, now=timezone.now())
        logout(request)
        messages.success(request, _("You are signed out everywhere."))
        return redirect("account_login")
    if which == "others":
        numbers = [one.pk for one in listed if one.session_key != here]
    else:
        numbers = [one.pk for one in listed if str(one.pk) == which and one.session_key != here]
    if end_listed_sign_ins(user_id=user.pk, numbers=numbers):
        messages.success(request, _("Signed out there."))
    return redirect("usersessions_list")


def _person(request: HttpRequest) -> User:
    assert isinstance(request.user, User)
    return request.user


def _url_of(page: str) -> str:
    try:
        return reverse(page)
    except NoReverseMatch:
        return ""
