"""The attendees' pages (spec 15). Thin: fetch, decide, render."""

from datetime import UTC
from typing import Any
from urllib.parse import quote, urlsplit

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.template.loader import select_template
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from eventflow.public_url import absolute_url
from webinars.calendar_file import calendar_file
from webinars.entrance import Door, door_context, door_of, sign_urls
from webinars.guests import remember_guest
from webinars.models import Webinar
from webinars.realtime.publish import let_in_if_shut_out
from webinars.selectors.access import Access, Reason, may_watch_again
from webinars.selectors.home import webinars_to_show
from webinars.selectors.leading import powers_of
from webinars.selectors.messages import NEWEST, messages_page
from webinars.selectors.questions import questions_after
from webinars.selectors.room import live_config, socket_url
from webinars.services.live_pass import issue_pass
from webinars.services.sign_ins import SIGN_IN

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


def _place(name: str) -> Any:
    return select_template([PLACES[name], NOTHING])


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    return render(request, "webinars/home.html", webinars_to_show(now=timezone.now()))


@require_safe
def landing(request: HttpRequest, w: str) -> HttpResponse:
    door = door_of(request, w)
    webinar = door.webinar
    context = {
        **door_context(request, door),
        "takeaways": [line.strip() for line in webinar.takeaways.splitlines() if line.strip()],
        "canonical_url": absolute_url(reverse("webinars:landing", args=[webinar.slug]), request),
    }
    return render(request, "webinars/landing.html", context)


@require_safe
def calendar(request: HttpRequest, w: str) -> HttpResponse:
    webinar = door_of(request, w).webinar
    url = absolute_url(reverse("webinars:landing", args=[webinar.slug]), request)
    response = HttpResponse(
        calendar_file(webinar=webinar, url=url, now=timezone.now()), content_type="text/calendar; charset=utf-8"
    )
    response["Content-Disposition"] = f"attachment; filename*=UTF-8''{quote(webinar.slug)}.ics"
    return response


# No `no-store`: the browser may keep the page for "back", where it begins a new session (spec 5).
@require_safe
@cache_control(private=True, no_cache=True)
def live(request: HttpRequest, w: str) -> HttpResponse:
    door = door_of(request, w)
    webinar, person, access = door.webinar, door.person, door.access
    if access.reason is Reason.ENDED or (webinar.state == Webinar.State.ENDED and not access.admin_mode):
        return redirect("webinars:ended", webinar.slug)
    if not access.allowed:
        return _not_yet_in(request, door)
    now = timezone.now()
    if person.user_id is not None and person.registration_role is None:
        let_in_if_shut_out(webinar.pk, person.user_id)
    issued = issue_pass(webinar=webinar, access=access, person=person, now=now, sign_in=request.session.get(SIGN_IN))
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
        **sign_urls(request.path),
    }
    response = render(request, "webinars/live.html", context)
    response._csp_update = player_sources(webinar)  # type: ignore[attr-defined]
    if person.guest_id is not None:
        remember_guest(response, person.guest_id)
    return response


def _not_yet_in(request: HttpRequest, door: Door) -> HttpResponse:
    webinar, access = door.webinar, door.access
    if access.reason is Reason.TOO_EARLY:
        context = {"webinar": webinar, "now": timezone.now(), "when": _when(webinar, access)}
        return render(request, "webinars/waiting.html", context)
    context = {**door_context(request, door), **sign_urls(request.get_full_path())}
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
    door = door_of(request, w)
    return JsonResponse(_when(door.webinar, door.access))


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
    door = door_of(request, w)
    webinar = door.webinar
    context = {
        "webinar": webinar,
        "over": webinar.state == Webinar.State.ENDED,
        "may_watch_again": may_watch_again(webinar=webinar, person=door.person),
        "known": door.person.user_id is not None,
        "own_attendance_parts": _place("own_attendance_parts"),
        "survey_parts": _place("survey_parts"),
        **sign_urls(request.path),
    }
    return render(request, "webinars/ended.html", context)
