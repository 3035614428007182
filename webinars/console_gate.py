"""The console's gate for members who still have to set up a second factor (`Agency.mfa_required`)."""

from typing import Any
from urllib.parse import quote

from allauth.mfa.signals import authenticator_added
from django.contrib import messages
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from webinars.models import User
from webinars.selectors.second_factor import agencies_waiting_for

# The session's key of the page in the console that somebody was on the way to.
ON_THE_WAY = "console_after_second_factor"


def waits_for_factor(request: HttpRequest) -> bool:
    return isinstance(request.user, User) and bool(agencies_waiting_for(request.user))


def to_the_gate(request: HttpRequest) -> HttpResponse:
    """A page that was asked for is remembered; anything else was not done, and is to be begun anew."""
    wanted = request.get_full_path() if request.method in ("GET", "HEAD") else reverse("admin:index")
    return redirect(f"{reverse('webinars:second-factor')}?next={quote(wanted)}")


def remember_way_back(request: HttpRequest) -> str:
    """The console's page that `next` names, else the home of whoever asks; kept until a factor is set up."""
    home = reverse("admin:index")
    wanted = request.GET.get("next", "")
    inside = wanted.startswith(home) and url_has_allowed_host_and_scheme(wanted, allowed_hosts=None)
    back = wanted if inside else home
    if waits_for_factor(request):
        request.session[ON_THE_WAY] = back
        return back
    user = request.user
    return back if isinstance(user, User) and user.is_staff else "/"


@receiver(authenticator_added, dispatch_uid="lead back to the console")
def offer_the_way_back(request: HttpRequest, **kwargs: Any) -> None:
    """Whoever was stopped on the way to the console goes on from the page that shows their recovery codes, which
    they must not miss."""
    back = request.session.pop(ON_THE_WAY, None)
    if isinstance(back, str):
        link = format_html('<a href="{}">{}</a>', back, _("To the console"))
        messages.info(request, format_html("{} {}", _("Keep your recovery codes, then go on."), link))
