from datetime import UTC, datetime
from typing import Any

from django.db.models import Count, F, Q
from django.db.models.functions import TruncMinute
from django.utils.translation import gettext_lazy as _

from stats.sections.section import Section
from webinars.models import Message, Webinar

TOP_AUTHORS = 10


def figures(webinar: Webinar, now: datetime, may_see_personal: bool) -> dict[str, Any]:
    everything = Message.objects.filter(webinar_id=webinar.pk).order_by()
    kept = Q(deleted_at=None)
    found = everything.aggregate(
        messages=Count("id", filter=kept),
        deleted=Count("id", filter=~kept),
        authors=Count("user", distinct=True, filter=kept),
        hosts=Count("id", filter=kept & Q(is_host=True)),
    )
    busiest = (
        everything.filter(kept)
        .values(minute=TruncMinute("created_at", tzinfo=UTC))
        .annotate(messages=Count("id"))
        .order_by("-messages", "minute")
        .first()
    )
    plain = {
        "messages": found["messages"],
        "deleted": found["deleted"],
        "authors": found["authors"],
        "messagesByHosts": found["hosts"],
        "mostPerMinute": busiest["messages"] if busiest else 0,
        "busiestMinute": busiest["minute"] if busiest else None,
    }
    return {**plain, "topAuthors": _top_authors(webinar)} if may_see_personal else plain


def _top_authors(webinar: Webinar) -> list[dict[str, Any]]:
    rows = (
        Message.objects.filter(webinar_id=webinar.pk, deleted_at=None)
        .values(userId=F("user_id"), displayName=F("user__display_name"))
        .annotate(messages=Count("id"))
        .order_by("-messages", "displayName", "userId")[:TOP_AUTHORS]
    )
    return [{**row} for row in rows]


SECTION = Section(
    name="chat",
    title=_("Chat"),
    figures=figures,
    names_people=True,
    definitions={
        "messages": _("Messages that were not deleted, hosts' among them."),
        "deleted": _("Messages that were deleted and not put back."),
        "authors": _("How many different people wrote them."),
        "messagesByHosts": _("Those that were written by hosts."),
        "mostPerMinute": _("The largest number of messages within one minute of the clock."),
        "busiestMinute": _("The first minute with that number."),
        "topAuthors": _("The ten people who wrote most, with how many messages each."),
    },
)
