"""A webinar's door, as its pages show it: who stands there, and which way leads in (spec 3)."""

import enum
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from django.http import Http404, HttpRequest
from django.urls import reverse
from django.utils import timezone

from webinars.callers import caller_of
from webinars.entrance_forms import AddressForm, RegisterForm
from webinars.guests import new_guest_id
from webinars.models import User, Webinar
from webinars.selectors.access import (
    Access,
    Person,
    Reason,
    admits_by_address,
    decide_access,
    may_skip_proof,
    webinar_and_person,
)
from webinars.selectors.consents import asked_consents

LONGEST_SOURCE = 100


class Way(enum.StrEnum):
    """What somebody who is not in yet does next."""

    REGISTER = "register"
    ADDRESS = "address"
    CAMPAIGN = "campaign"
    OTHER_ADDRESS = "other_address"
    PROVE = "prove"


@dataclass(frozen=True)
class Door:
    webinar: Webinar
    person: Person
    access: Access

    @property
    def way(self) -> Way:
        policy = self.webinar.access_policy
        match self.access.reason:
            case Reason.PROOF_REQUIRED:
                return Way.PROVE
            case Reason.LOGIN_REQUIRED if policy == Webinar.AccessPolicy.EMAIL_AUTH:
                return Way.ADDRESS
            case Reason.LOGIN_REQUIRED if policy == Webinar.AccessPolicy.NAME_EMAIL_AUTH:
                return Way.CAMPAIGN
            case Reason.NOT_REGISTERED:
                by_campaign = policy == Webinar.AccessPolicy.NAME_EMAIL_AUTH
                return Way.CAMPAIGN if by_campaign else Way.OTHER_ADDRESS
        return Way.REGISTER


def door_of(request: HttpRequest, w: str) -> Door:
    """The webinar of the URL and how the caller stands to it. A draft exists for its members only."""
    caller = caller_of(request, w)
    guest_id = None if caller.user_id else caller.guest_id or new_guest_id()
    found = webinar_and_person(w, user_id=caller.user_id, guest_id=guest_id, proven=caller.proven)
    if found is None:
        raise Http404
    webinar, person = found
    access = decide_access(webinar=webinar, person=person, now=timezone.now())
    if access.reason is Reason.DRAFT:
        raise Http404
    return Door(webinar, person, access)


def door_context(
    request: HttpRequest,
    door: Door,
    *,
    address_form: AddressForm | None = None,
    register_form: RegisterForm | None = None,
    source: str | None = None,
) -> dict[str, Any]:
    """For the templates that show the way in, `webinars/parts/way_in.html` first of all."""
    webinar, person, access, way = door.webinar, door.person, door.access, door.way
    source = source_of(request) if source is None else source
    known = person.user_id is not None
    if way is Way.REGISTER and known and person.registration_role is None and not access.admin_mode:
        register_form = register_form or register_form_of(webinar, person)
    landing = with_source(reverse("webinars:landing", args=[webinar.slug]), source)
    return {
        "webinar": webinar,
        "access": access,
        "way": way.value,
        "by_address": admits_by_address(webinar),
        "proves_by_code": not may_skip_proof(webinar) or access.reason is Reason.PROOF_REQUIRED,
        "known": known,
        "unproven": not person.proven,
        "registered": access.admin_mode or (person.registration_role is not None and entered(access)),
        "may_enter": access.allowed,
        "needs_account": webinar.access_policy != Webinar.AccessPolicy.OPEN,
        "own_address": request.user.email if isinstance(request.user, User) else "",
        "address_form": address_form or AddressForm(auto_id="enter_%s"),
        "register_form": register_form,
        "campaign_url": _campaign_url(webinar, source) if way is Way.CAMPAIGN else "",
        "source": source,
        "now": timezone.now(),
        **sign_urls(landing),
    }


def entered(access: Access) -> bool:
    """Whether nothing but the time keeps the person out."""
    return access.allowed or access.reason is Reason.TOO_EARLY


def register_form_of(webinar: Webinar, person: Person, data: Any = None) -> RegisterForm:
    """What is still to be asked of somebody who is about to register: consents, and by what name they are called when
    they came by their address alone."""
    asks_name = admits_by_address(webinar) and not person.has_name
    return RegisterForm(data, consents=asked_consents(webinar.client_id), asks_name=asks_name, auto_id="register_%s")


def source_of(request: HttpRequest) -> str:
    """Through which link the person came; forms carry it along."""
    said = request.POST.get("source") or request.GET.get("source") or ""
    return said.replace("\x00", "")[:LONGEST_SOURCE]


def with_source(url: str, source: str) -> str:
    return f"{url}?{urlencode({'source': source})}" if source else url


def sign_urls(next_url: str) -> dict[str, str]:
    query = f"?next={quote(next_url)}"
    return {
        "sign_in_next": next_url,
        "sign_in_url": reverse("account_login") + query,
        "sign_up_url": reverse("account_signup") + query,
    }


def _campaign_url(webinar: Webinar, source: str) -> str:
    """Empty as long as nobody can register there. One query where there is a campaign."""
    campaign = webinar.registration_campaign
    if campaign is None or not campaign.is_published:
        return ""
    return with_source(reverse("webinars:campaign", args=[campaign.slug]), source)
