"""Coming in: typing an address, registering, and changing one's mind about the address (spec 3, 15)."""

from contextlib import suppress
from typing import Any

from allauth.account.adapter import get_adapter
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from eventflow.api.client_address import client_address
from eventflow.api.errors import WebinarClosed
from eventflow.rate_limit import wait_seconds
from webinars.account_adapter import WISH
from webinars.entrance import (
    LONGEST_SOURCE,
    Door,
    Way,
    door_context,
    door_of,
    register_form_of,
    sign_urls,
    source_of,
    with_source,
)
from webinars.entrance_forms import AddressForm, RegisterForm
from webinars.models import User, Webinar
from webinars.proof import start_proof
from webinars.refusals import too_many
from webinars.selectors.access import Reason, admits_by_address, consenting, decide_access, may_register
from webinars.services.consents import record_consents
from webinars.services.entering import Seats, give_name, limit_registering, seat_without_proof
from webinars.services.registrations import register
from webinars.unproven import forget, remember_unproven

# From one place, wide enough for an office or a mobile network that shares an address.
ENTRIES_PER_PLACE, ENTRIES_SECONDS = 120, 60


@never_cache
@require_http_methods(["GET", "POST"])
@sensitive_post_parameters("email")
def enter(request: HttpRequest, w: str) -> HttpResponse:
    """Somebody types an address. Where the webinar asks for proof, all addresses get the same answer: a code by mail.
    Where it does not, an address that may enter is let in at once, and every other one gets the code."""
    door = door_of(request, w)
    webinar = door.webinar
    landing = with_source(reverse("webinars:landing", args=[webinar.slug]), source_of(request))
    if request.method != "POST" or isinstance(request.user, User) or not _takes_addresses(door):
        return redirect(landing)
    form = AddressForm(request.POST, auto_id="enter_%s")
    if not form.is_valid():
        return _door_page(request, door, address_form=form)
    place = client_address(request) or ""
    if wait := wait_seconds(f"enter:{place}", limit=ENTRIES_PER_PLACE, seconds=ENTRIES_SECONDS):
        return too_many(request, wait_seconds=wait, back=landing)
    _wish(request, webinar, source_of(request))
    then = reverse("webinars:register", args=[webinar.slug])
    email = form.cleaned_data["email"]
    seats = Seats(webinar, place=place, now=timezone.now())
    if (person := seat_without_proof(seats, email)) is not None:
        remember_unproven(request, webinar.pk, person.pk)
        return redirect(then)
    return start_proof(request, email=email, then=then, back=landing)


def _takes_addresses(door: Door) -> bool:
    """Also of who has typed one before: they may have meant another."""
    over = door.access.reason is Reason.ENDED or door.webinar.state == Webinar.State.ENDED
    return admits_by_address(door.webinar) and not over


@never_cache
@require_http_methods(["GET", "POST"])
def register_me(request: HttpRequest, w: str) -> HttpResponse:
    """POST registers. A stranger signs in or up first, or proves their address, and comes back here, where the kept
    wish is fulfilled: at once, or after the questions that are left."""
    door = door_of(request, w)
    webinar = door.webinar
    wished, wished_source = request.session.get(WISH) or ("", "")
    if request.method == "GET" and wished != str(webinar.pk):
        return redirect("webinars:landing", webinar.slug)
    source = source_of(request) or (wished_source if wished == str(webinar.pk) else "")
    if door.person.user_id is None:
        return _come_back_known(request, webinar, source)
    if refusal := _refused(request, door, source):
        return refusal
    if door.person.registration_role is None:
        form = register_form_of(webinar, door.person, request.POST if request.method == "POST" else None)
        if form.asks and not form.is_valid():
            _wish(request, webinar, source)
            return _door_page(request, door, register_form=form, source=source)
        if wait := limit_registering(door.person.user_id):
            return too_many(request, wait_seconds=wait, back=reverse("webinars:landing", args=[webinar.slug]))
        with suppress(WebinarClosed):  # at this very instant: the page that follows says so
            _register(door, form, source)
    request.session.pop(WISH, None)
    now = timezone.now()
    access = decide_access(webinar=webinar, person=consenting(door.person), now=now)
    return redirect("webinars:live" if access.allowed else "webinars:landing", webinar.slug)


def _come_back_known(request: HttpRequest, webinar: Webinar, source: str) -> HttpResponse:
    if admits_by_address(webinar):
        return redirect(with_source(reverse("webinars:landing", args=[webinar.slug]), source))
    _wish(request, webinar, source)
    return redirect(sign_urls(reverse("webinars:register", args=[webinar.slug]))["sign_up_url"])


def _refused(request: HttpRequest, door: Door, source: str) -> HttpResponse | None:
    """What to show instead of registering."""
    admitted = may_register(webinar=door.webinar, person=consenting(door.person), now=timezone.now())
    if admitted.allowed:
        return None
    request.session.pop(WISH, None)
    if door.way in (Way.OTHER_ADDRESS, Way.CAMPAIGN, Way.PROVE):
        return _door_page(request, door, status=403, source=source)
    return redirect("webinars:live" if door.access.allowed else "webinars:landing", door.webinar.slug)


def _register(door: Door, form: RegisterForm, source: str) -> None:
    webinar, now = door.webinar, timezone.now()
    user_id = door.person.user_id
    assert user_id is not None
    user = User.objects.get(pk=user_id)
    if name := form.cleaned_data.get("display_name", "") if form.asks else "":
        give_name(user, name)
    if form.consents:  # first: whoever is registered is not asked again
        record_consents(user_id=user.pk, given=form.given, webinar=webinar, now=now)
    register(webinar=webinar, user=user, source=source, now=now)


@never_cache
@require_POST
def other_address(request: HttpRequest, w: str) -> HttpResponse:
    """Not this person after all: signs out, forgets a typed address, and shows the form again."""
    door = door_of(request, w)
    landing = with_source(reverse("webinars:landing", args=[door.webinar.slug]), source_of(request))
    if isinstance(request.user, User):
        get_adapter(request).logout(request)
    forget(request, door.webinar.pk)
    return redirect(landing)


def _wish(request: HttpRequest, webinar: Webinar, source: str) -> None:
    request.session[WISH] = [str(webinar.pk), source[:LONGEST_SOURCE]]


def _door_page(request: HttpRequest, door: Door, *, status: int = 200, **more: Any) -> HttpResponse:
    return render(request, "webinars/refused.html", door_context(request, door, **more), status=status)
