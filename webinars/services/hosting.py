"""Who may lead a room while it runs (spec 1, 3, 9, 10): asked of the database at each act, since a pass may be older
than a change of role."""

import uuid
from dataclasses import dataclass
from datetime import datetime

from rest_framework import exceptions

from eventflow.api.errors import NotFound
from webinars.models import User, Webinar
from webinars.selectors.access import Access, Person, decide_access, webinar_and_person
from webinars.selectors.leading import Lead as Lead
from webinars.selectors.leading import may_lead as may_lead
from webinars.services.live_pass import LivePass


@dataclass(frozen=True)
class Host:
    """Somebody who may lead this webinar now."""

    webinar: Webinar
    person: Person
    access: Access

    @property
    def user_id(self) -> uuid.UUID:
        assert self.person.user_id is not None  # guests lead nothing
        return self.person.user_id

    @property
    def outranks_hosts(self) -> bool:
        """Whether presenters and moderators are theirs to silence, too."""
        return self.access.admin_mode


def host_of(live_pass: LivePass, lead: Lead, *, now: datetime) -> Host:
    """The bearer of the pass, as they stand now. One query.

    Raises 403 for who may not (any more), 404 when the webinar is gone.
    """
    if live_pass.user_id is None or not may_lead(lead, role=live_pass.role, verbs=live_pass.verbs):
        raise exceptions.PermissionDenied()
    found = webinar_and_person(str(live_pass.webinar_id), user_id=live_pass.user_id, proven=not live_pass.unproven)
    if found is None:
        raise NotFound
    webinar, person = found
    access = decide_access(webinar=webinar, person=person, now=now)
    if not access.allowed or not may_lead(lead, role=access.role, verbs=access.verbs):
        raise exceptions.PermissionDenied()
    return Host(webinar, person, access)


def lock_person(user_id: uuid.UUID) -> None:
    """Whoever signs a change with their id or name waits here while they are being erased, not with a room's lock in
    hand. Raises 403 once they are, and when the account is gone."""
    if not User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).values_list("pk").first():
        raise exceptions.PermissionDenied()


def locked_webinar(host: Host) -> Webinar:
    """As it is now, until the commit. Raises NotFound when it was deleted meanwhile."""
    webinars = Webinar.objects.select_related("client").select_for_update(no_key=True, of=("self",))
    if (webinar := webinars.filter(pk=host.webinar.pk).first()) is None:
        raise NotFound
    return webinar
