"""Who may see a webinar's figures: a member, by live pass or by the console's session (spec 1, 17)."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from rest_framework import exceptions
from rest_framework.request import Request

from eventflow.api.errors import NotFound
from webinars.api.authentication import LivePassAuthentication, SessionAuthentication, pass_of
from webinars.models import User, Webinar
from webinars.selectors.access import webinar_and_person
from webinars.selectors.permissions import Verb
from webinars.services.audit import record_view
from webinars.services.live_pass import LivePass

# For views that call `viewer_of`. The cookie alone admits reading; anything else needs the CSRF token as well.
VIEWER_AUTHENTICATION = [LivePassAuthentication, SessionAuthentication]


@dataclass(frozen=True)
class Viewer:
    """A member of the webinar's tenant, and what their memberships allow there."""

    webinar_id: uuid.UUID
    client_id: uuid.UUID
    agency_id: uuid.UUID
    user_id: uuid.UUID
    verbs: frozenset[str]
    _webinar: Webinar | None = field(default=None, repr=False, compare=False)

    def may(self, verb: Verb) -> bool:
        return verb in self.verbs

    @cached_property
    def webinar(self) -> Webinar:
        """One query for the bearer of a pass, none for a session. Raises NotFound when it was deleted meanwhile."""
        found = self._webinar or Webinar.objects.filter(pk=self.webinar_id).first()
        if found is None:
            raise NotFound
        return found


def viewer_of(request: Request, w: str, *, verb: Verb = "see_statistics") -> Viewer:
    """The caller as a member who may `verb` in the webinar of the URL. No query for a pass, one for a session.

    Raises 401 without pass and session, 404 for somebody signed in to whom the webinar is nothing, and 403 for a pass
    of another webinar, for an attendee's or guest's pass, and for a member whose role does not allow `verb`.
    """
    viewer = _by_session(request, w) if isinstance(request.user, User) else _by_pass(pass_of(request, w))
    if not viewer.may(verb):
        raise exceptions.PermissionDenied()
    return viewer


def _by_pass(live_pass: LivePass) -> Viewer:
    if live_pass.user_id is None:
        raise exceptions.PermissionDenied()
    place = live_pass.webinar_id, live_pass.client_id, live_pass.agency_id
    return Viewer(*place, live_pass.user_id, live_pass.verbs)


def _by_session(request: Request, w: str) -> Viewer:
    user = request.user
    assert isinstance(user, User)
    found = webinar_and_person(w, user_id=user.pk)
    if found is None or not found[1].is_manager:
        raise NotFound
    webinar, person = found
    return Viewer(webinar.pk, webinar.client_id, webinar.agency_id, user.pk, person.verbs, webinar)


def viewed(viewer: Viewer | LivePass, what: str, *, now: datetime) -> None:
    """The answer names people, to a member: on record once an hour. No query otherwise."""
    if viewer.user_id is None or not viewer.may("see_personal"):
        return
    record_view(
        what,
        actor_id=viewer.user_id,
        now=now,
        agency_id=viewer.agency_id,
        client_id=viewer.client_id,
        webinar_id=viewer.webinar_id,
    )
