from datetime import datetime
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.db.models.functions import Coalesce, Extract
from django.utils.translation import gettext_lazy as _

from stats.sections.section import Median, Section
from stats.selectors.curves import percent
from webinars.models import Question, Webinar

ANSWERED = Q(answered_at__isnull=False)


def figures(webinar: Webinar, now: datetime, may_see_personal: bool) -> dict[str, Any]:
    by_status = {status: Count("id", filter=Q(status=status)) for status in Question.Status.values}
    found = (
        Question.objects.filter(webinar_id=webinar.pk)
        .order_by()
        .aggregate(
            **by_status,
            questions=Count("id"),
            askers=Count("user", distinct=True),
            anonymous=Count("id", filter=Q(is_anonymous=True)),
            upvotes=Coalesce(Sum("upvote_count"), 0),
            was_answered=Count("id", filter=ANSWERED),
            answered_aloud=Count("id", filter=Q(answered_live=True)),
            median=Median(Extract(F("answered_at") - F("created_at"), "epoch"), filter=ANSWERED),
        )
    )
    return {
        "questions": found["questions"],
        "byStatus": {status: found[status] for status in Question.Status.values},
        "askers": found["askers"],
        "anonymous": found["anonymous"],
        "upvotes": found["upvotes"],
        "answered": found["was_answered"],
        "answeredLive": found["answered_aloud"],
        "answeredPercent": percent(found["was_answered"], found["questions"]),
        "medianSecondsToAnswer": None if found["median"] is None else round(found["median"]),
    }


SECTION = Section(
    name="qa",
    title=_("Q&A"),
    figures=figures,
    definitions={
        "questions": _("Questions that were asked, whatever became of them."),
        "byStatus": _("How many of them wait to be published, are published, are answered, or were put away."),
        "askers": _("How many different people asked, also anonymously."),
        "anonymous": _("Those that were asked anonymously to other attendees."),
        "upvotes": _("Votes for questions, one per person and question."),
        "answered": _("Questions that were answered in text or live, also when they were put away afterwards."),
        "answeredLive": _("Those of them that were answered live."),
        "answeredPercent": _("The share of all questions that were answered."),
        "medianSecondsToAnswer": _(
            "The time from asking to answering that half of the answered questions took at most, and the other half "
            "at least."
        ),
    },
)
