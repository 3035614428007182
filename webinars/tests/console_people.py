"""The people who come to the console's door, by the part they play towards one webinar."""

from typing import Any

from webinars.models import User, Webinar
from webinars.tests.factories import (
    AgencyMemberFactory,
    ClientFactory,
    ClientMemberFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

AGENCY_ROLES = ("owner", "admin", "operator", "analyst", "viewer")
PARTS = (*AGENCY_ROLES, "client_operator", "neighbour", "rival", "attendee", "superuser", "anonymous")


def people_around(webinar: Webinar) -> dict[str, User | None]:
    """Agency members of each role; a member of the webinar's client only; the operator of the agency's other client
    (neighbour); another agency's owner (rival), with a webinar of their own; and people who may not come in."""
    agency, client = webinar.agency, webinar.client
    other_client = ClientFactory(agency=agency)
    rivals_webinar = WebinarFactory(title="Rival webinar")
    people: dict[str, Any] = {role: AgencyMemberFactory(agency=agency, role=role).user for role in AGENCY_ROLES}
    people["client_operator"] = ClientMemberFactory(client=client, role="operator").user
    people["neighbour"] = ClientMemberFactory(client=other_client, role="operator").user
    people["rival"] = AgencyMemberFactory(agency=rivals_webinar.agency, role="owner").user
    people["attendee"] = RegistrationFactory(webinar=webinar, user=UserFactory(display_name="Kim Attendee")).user
    people["superuser"] = UserFactory(is_superuser=True)
    people["anonymous"] = None
    return people


def sign_in(client: Any, person: User | None) -> Any:
    """Django's test client, signed in as that person."""
    if person is not None:
        client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client
