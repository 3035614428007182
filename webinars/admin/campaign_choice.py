"""The registration campaign in a webinar's settings (spec 3, 12)."""

from collections.abc import Iterable, Mapping, MutableMapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext, ngettext

from webinars.models import Campaign, Webinar
from webinars.services.campaigns import register_entrants

CAMPAIGN = "registration_campaign"


def limit_campaigns(fields: MutableMapping[str, Any], webinar: Webinar | None) -> None:
    """Those of the webinar's client; of a new webinar, those of all clients that the person may choose."""
    field = fields.get(CAMPAIGN)
    if field is None:
        return
    if webinar is not None:
        field.queryset = field.queryset.filter(client=webinar.client_id)
    field.queryset = field.queryset.order_by("-created_at")
    field.empty_label = gettext("None")
    for name in ("can_add_related", "can_change_related", "can_delete_related", "can_view_related"):
        setattr(field.widget, name, False)


def campaign_problem(webinar: Webinar, cleaned: Mapping[str, Any]) -> str | None:
    """What keeps a webinar's settings from being saved, in words."""
    if CAMPAIGN not in cleaned:  # not in the form, or wrong by itself
        return None
    campaign: Campaign | None = cleaned[CAMPAIGN]
    client = cleaned.get("client") or (webinar.client if webinar.client_id else None)
    if campaign is not None and client is not None and campaign.client_id != client.pk:
        return gettext("Choose a campaign of the webinar's client.")
    policy = cleaned.get("access_policy", webinar.access_policy)
    is_public = cleaned.get("state", webinar.state) in (Webinar.State.SCHEDULED, Webinar.State.LIVE)
    if campaign is None and is_public and policy == Webinar.AccessPolicy.NAME_EMAIL_AUTH:
        return gettext("Choose the campaign in which people register. Without one, nobody can get in.")
    return None


def after_campaign_change(webinar: Webinar, changed: Iterable[str], *, now: datetime) -> list[str]:
    """Registers whoever entered a campaign that was chosen just now, and answers what whoever saved should know."""
    campaign = webinar.registration_campaign
    if campaign is None:
        return []
    said = []
    names = set(changed)
    if CAMPAIGN in names and (made := register_entrants(webinar, now=now)):
        sentence = ngettext(
            "%(n)d person who entered the campaign before is registered now.",
            "%(n)d people who entered the campaign before are registered now.",
            made,
        )
        said.append(sentence % {"n": made})
    if names & {CAMPAIGN, "access_policy", "state"} and not campaign.is_published:
        said.append(gettext("The registration campaign is not published yet: nobody can register until it is."))
    return said
