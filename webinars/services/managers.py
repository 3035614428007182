"""The console acts in a room as its pages do: with the live pass of whoever is signed in (spec 4)."""

from dataclasses import dataclass
from datetime import datetime

from webinars.models import User, Webinar
from webinars.selectors.access import Access, Person, decide_access, webinar_and_person
from webinars.services.live_pass import IssuedPass, LivePass, issue_pass, verify_pass


@dataclass(frozen=True)
class Manager:
    """A member of the webinar's organizing team, or a super admin, with a pass for this webinar. In admin mode: never
    counted, and never superseded by another page of theirs."""

    webinar: Webinar
    person: Person
    access: Access
    issued: IssuedPass
    live_pass: LivePass


def manager_of(*, webinar: Webinar, user: User, now: datetime) -> Manager:
    """The caller has checked that the webinar is theirs. One query."""
    found = webinar_and_person(str(webinar.pk), user_id=user.pk)
    assert found is not None
    access = decide_access(webinar=found[0], person=found[1], now=now)
    issued = issue_pass(webinar=found[0], access=access, person=found[1], now=now)
    return Manager(found[0], found[1], access, issued, verify_pass(issued.token, now=now))
