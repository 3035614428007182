"""The attendees' pages (spec 15). Thin: fetch, decide, render."""

from contextlib import suppress
from datetime import UTC
from typing import Any
from urllib.parse import quote, urlsplit

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import select_template
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from eventflow.api.errors import WebinarClosed
from webinars.account_adapter import WISH
from webinars.calendar_file import calendar_file
from webinars.guests import guest_id_of, new_guest_id, remember_guest
from webinars.models import User, Webinar
from webinars.selectors.access import (
    Access,
    Person,
    Reason,
    decide_access,
    may_register,
    webinar_and_person,
)
from webinars.selectors.home import webinars_to_show
from webinars.selectors.leading import powers_of
from webinars.selectors.messages import NEWEST, messages_page
from webinars.selectors.questions import questions_after
from webinars.selectors.room import live_config, socket_url
from webinars.services.live_pass import issue_pass
from webinars.services.registrations import register

# Later apps fill these places of a page by a template of that name (architecture, "The house").
NOTHING = "webinars/parts/nothing.html"
PLACES = {
    "presence_parts": "presence/live_part.html",
    "own_attendance_parts": "presence/own_attendance.html",
    "survey_parts": "webinars/parts/survey.html",
}

# What a player needs beyond the page's own origin.
FRAME_SOURCES = {
    Webinar.Player.YOUTUBE: ["https://www.youtube-nocookie.com"],
    Webinar.Player.VIMEO: ["https://player.vimeo.com", "https://vimeo.com"],
}

LONGEST_SOURCE = 100


def _place(name: str) -> Any:
    return select_template([PLACES[name], NOTHING])


def _standing(request: HttpRequest, w: str) -> tuple[Webinar, Person, Access]:
    """The webinar of the URL and how the caller stands to it. A draft exists for its members only."""
    user_id = request.user.id if isinstance(request.user, User) else None
    guest_id = None if user_id else guest_id_of(request) or new_guest_id()
    found = webinar_and_person(w, user_id=user_id, guest_id=guest_id)
    if found is None:
        raise Http404
    webinar, person = found
    access = decide_access(webinar=webinar, person=person, now=timezone.now())
    if access.reason is Reason.DRAFT:
        raise Http404
    return webinar, person, access


def _sign_urls(next_url: str) -> dict[str, str]:
    query = f"?next={quote(next_url)}"
    return {
        "sign_in_next": next_url,
        "sign_in_url": reverse("account_login") + query,
        "sign_up_url": reverse("account_signup") + query,
    }


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "webinars/home.html", webinars_to_show(now=timezone.now()))


@require_safe
def landing(request: HttpRequest, w: str) -> HttpResponse:
    webinar, person, access = _standing(request, w)
    context = {
        "webinar": webinar,
        "access": access,
        "registered": person.registration_role is not None or person.is_manager,
        "may_enter": access.allowed,
        "needs_account": webinar.access_policy != Webinar.AccessPolicy.OPEN,
        "takeaways": [line.strip() for line in webinar.takeaways.splitlines() if line.strip()],
        "canonical_url": request.build_absolute_uri(reverse("webinars:landing", args=[webinar.slug])),
        "now": timezone.now(),
        **_sign_urls(reverse("webinars:landing", args=[webinar.slug])),
    }
    return render(request, "webinars/landing.html", context)


@require_http_methods(["GET", "POST"])
def register_me(request: HttpRequest, w: str) -> HttpResponse:
    """POST registers. A stranger signs in or up first and comes back here, where the kept wish is fulfilled."""
    webinar, person, access = _standing(request, w)
    source = request.GET.get("source", "").replace("\x00", "")[:LONGEST_SOURCE]
    if request.method == "GET":
        wished, source = request.session.pop(WISH, None) or ("", "")
        if wished != str(webinar.id):
            return redirect("webinars:landing", webinar.slug)
    if not isinstance(request.user, User):
        request.session[WISH] = [str(webinar.id), source]
        return redirect(_sign_urls(reverse("webinars:register", args=[webinar.slug]))["sign_up_url"])
    now = timezone.now()
    admitted = may_register(webinar=webinar, person=person, now=now)
    if admitted.allowed:
        with suppress(WebinarClosed):  # at this very instant: the page that follows says so
            register(webinar=webinar, user=request.user, source=source, now=now)
    elif admitted.reason is Reason.NOT_REGISTERED:
        messages.error(request, _("The organizer admits certain people only. Ask them to add your email address."))
    return redirect("webinars:live" if access.allowed else "webinars:landing", webinar.slug)


@require_safe
def calendar(request: HttpRequest, w: str) -> HttpResponse:
    webinar, _person, _access = _standing(request, w)
    url = request.build_absolute_uri(reverse("webinars:landing", args=[webinar.slug]))
    response = HttpResponse(
        calendar_file(webinar=webinar, url=url, now=timezone.now()), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(webinar.slug)}.ics"
    return response


# No `no-store`: the browser may keep the page for "back", where it begins a new session (spec 5).
@require_safe
@cache_control(private=True, no_cache=True)
def live(request: HttpRequest, w: str) -> HttpResponse:
    webinar, person, access = _standing(request, w)
    if access.reason is Reason.ENDED or (webinar.state == Webinar.State.ENDED and not access.admin_mode):
        return redirect("webinars:ended", webinar.slug)
    if not access.allowed:
        return _not_yet_in(request, webinar, access)
    now = timezone.now()
    issued = issue_pass(webinar=webinar, access=access, person=person, now=now)
    newest = messages_page(webinar.pk, limit=NEWEST)
    context = {
        "webinar": webinar,
        "access": access,
        "live_config": live_config(
            webinar=webinar,
            person=person,
            access=access,
            token=issued.token,
            token_expires_at=issued.expires_at,
            socket_url=socket_url(webinar, host=request.get_host(), secure=request.is_secure()),
            messages=newest,
            now=now,
        ),
        "first_messages": newest.messages,
        "first_questions": questions_after(
            webinar.pk,
            user_id=person.user_id,
            as_host=powers_of(person=person, access=access).answer,
            is_manager=access.admin_mode,
        ),
        "presence_parts": _place("presence_parts"),
        "now": now,
        **_sign_urls(request.path),
    }
    response = render(request, "webinars/live.html", context)
    response._csp_update = player_sources(webinar)  # type: ignore[attr-defined]
    if person.guest_id is not None:
        remember_guest(response, person.guest_id)
    return response


def _not_yet_in(request: HttpRequest, webinar: Webinar, access: Access) -> HttpResponse:
    if access.reason is Reason.TOO_EARLY:
        context = {"webinar": webinar, "now": timezone.now(), "when": _when(webinar, access)}
        return render(request, "webinars/waiting.html", context)
    context = {"webinar": webinar, "reason": access.reason.value, **_sign_urls(request.path)}
    return render(request, "webinars/refused.html", context, status=403)


def _when(webinar: Webinar, access: Access) -> dict[str, Any]:
    """What a waiting page waits for: facts that everybody may know, and whether this caller may come in."""
    return {
        "state": webinar.state,
        "startTime": webinar.webinar_start_time.astimezone(UTC).isoformat(),
        "doorsOpenAt": webinar.collect_window.start.astimezone(UTC).isoformat(),
        "mayEnter": access.allowed,
    }


@require_safe
@cache_control(private=True, no_store=True)
def when(request: HttpRequest, w: str) -> JsonResponse:
    """Asked again and again by everybody in the waiting room."""
    webinar, _person, access = _standing(request, w)
    return JsonResponse(_when(webinar, access))


def player_sources(webinar: Webinar) -> dict[str, list[str]]:
    """What the Content-Security-Policy of the live page adds for this webinar's player, and nothing more."""
    if webinar.player in FRAME_SOURCES:
        return {"frame-src": FRAME_SOURCES[Webinar.Player(webinar.player)]}
    try:
        address = urlsplit(webinar.player_url)
    except ValueError:  # not an address: nothing to allow
        return {}
    if not address.netloc:
        return {}
    origin = f"{address.scheme}://{address.netloc}"
    if webinar.player == Webinar.Player.HLS:
        return {"connect-src": [origin], "media-src": [origin]}
    return {"frame-src": [origin]}


@require_safe
def ended(request: HttpRequest, w: str) -> HttpResponse:
    webinar, _person, _access = _standing(request, w)
    context = {
        "webinar": webinar,
        "over": webinar.state == Webinar.State.ENDED,
        "own_attendance_parts": _place("own_attendance_parts"),
        "survey_parts": _place("survey_parts"),
    }
    return render(request, "webinars/ended.html", context)
