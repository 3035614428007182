"""Where the link of an invitation leads (spec 13). The link's secret is in its path, so it is taken out of the address
at once: the session keeps which invitation is meant, and the page that people read, reload and leave has none."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth import logout
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from webinars.invitation_links import invitation_id_of
from webinars.models import Invitation, Role, User, folded_email
from webinars.proof import start_proof
from webinars.role_words import ALLOWS
from webinars.selectors.invitations import InvitationState, has_proven, invitation_with_names, state_of, still_holds
from webinars.services.invitations import CannotAccept, Joined, Obstacle, accept

# The session's key of the invitation whose link was opened last.
OPENED = "invitation"


@csrf_exempt  # whatever the method, nothing is done but to remember; a refusal would put the path into the log
@never_cache
def open_invitation(request: HttpRequest, token: str) -> HttpResponse:
    """Asks nobody whether it still stands: scanners of mail come here too."""
    invitation_id = invitation_id_of(token)
    if invitation_id is None:
        raise Http404
    request.session[OPENED] = str(invitation_id)
    response = redirect("webinars:invitation")
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def invitation(request: HttpRequest) -> HttpResponse:
    """Reading it changes nothing; joining and proving the address are asked for by POST."""
    opened = _opened(request)
    if opened is None:
        return _shown(request, "none", status=404)
    if obstacle := _obstacle(opened):
        mine = isinstance(request.user, User) and opened.accepted_by_id == request.user.pk
        joined = obstacle is Obstacle.ACCEPTED and mine
        return _shown(request, "joined" if joined else obstacle.value, opened, status=200 if joined else 410)
    step = _step(request, opened)
    if request.method != "POST" or request.POST.get("invitation") != str(opened.pk):
        return _shown(request, step, opened)
    if step == "accept":
        return _accept(request, opened)
    return _prove(request, opened)


def _opened(request: HttpRequest) -> Invitation | None:
    try:
        return invitation_with_names(uuid.UUID(request.session.get(OPENED, "")))
    except (TypeError, ValueError, AttributeError):
        return None


def _obstacle(opened: Invitation) -> Obstacle | None:
    state = state_of(opened, now=timezone.now())
    if state is not InvitationState.OPEN:
        return Obstacle(state.value)
    return None if still_holds(opened) else Obstacle.VOID


def _step(request: HttpRequest, opened: Invitation) -> str:
    """What the person can do now: `accept`, `prove` the address, or `switch` to it from another account."""
    user = request.user
    if not isinstance(user, User):
        return "prove"
    if has_proven(user, opened.email):
        return "accept"
    return "prove" if folded_email(user.email) == opened.email else "switch"


def _accept(request: HttpRequest, opened: Invitation) -> HttpResponse:
    assert isinstance(request.user, User)
    try:
        joined = accept(invitation_id=opened.pk, user=request.user, now=timezone.now())
    except CannotAccept:  # since the page was read, or at this very instant: the page says so
        return redirect("webinars:invitation")
    del request.session[OPENED]
    messages.success(request, _joined_words(joined))
    return redirect("admin:index")


def _joined_words(joined: Joined) -> str:
    names = {"tenant": joined.tenant.name, "role": Role(joined.role).label}
    if joined.changed:
        return _("You have joined %(tenant)s. Your role: %(role)s.") % names
    return _("You are a member of %(tenant)s already, and keep your role: %(role)s.") % names


def _prove(request: HttpRequest, opened: Invitation) -> HttpResponse:
    """A code to the invited address. Whoever is signed in as somebody else is signed out here first."""
    if request.user.is_authenticated:
        logout(request)
        request.session[OPENED] = str(opened.pk)
    here = reverse("webinars:invitation")
    return start_proof(request, email=opened.email, then=here, back=here)


def _shown(request: HttpRequest, step: str, opened: Invitation | None = None, *, status: int = 200) -> HttpResponse:
    context: dict[str, Any] = {"step": step}
    if opened is not None and status == 200:
        context |= {"invitation": opened, "allows": ALLOWS.get(opened.role, "")}
    return render(request, "webinars/invitation.html", context, status=status)
