"""The room in the console's live tab (spec 14): what its page starts from, by what the person may."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q

from webinars.models import Message, Question, Webinar
from webinars.selectors.access import Access, Person
from webinars.selectors.leading import powers_of
from webinars.selectors.messages import NEWEST, messages_page
from webinars.selectors.questions import questions_after
from webinars.selectors.room import live_config

Status = Question.Status


def console_room(
    *,
    webinar: Webinar,
    person: Person,
    access: Access,
    token: str,
    token_expires_at: datetime,
    socket_url: str,
    now: datetime,
) -> dict[str, Any]:
    """For a manager, under the names that the parts of the live page know. Names in a chat are personal data: who may
    not see such (spec 1) is told how much was said, and no word of it."""
    if "see_personal" not in access.verbs:
        return {"room_counts": room_counts(webinar)}
    newest = messages_page(webinar.pk, limit=NEWEST)
    powers = powers_of(person=person, access=access)
    config = live_config(
        webinar=webinar,
        person=person,
        access=access,
        token=token,
        token_expires_at=token_expires_at,
        socket_url=socket_url,
        messages=newest,
        now=now,
    )
    return {
        # Hosts answer here; who wants to ask does so in the room.
        "live_config": {**config, "may": {**config["may"], "ask": False}},
        "first_messages": newest.messages,
        "first_questions": questions_after(
            webinar.pk, user_id=person.user_id, as_host=powers.answer, is_manager=access.admin_mode
        ),
        "blocked_words": webinar.blocked_words if powers.moderate else [],
        "slow_modes": Webinar.SlowMode.choices,
    }


def room_counts(webinar: Webinar) -> dict[str, int]:
    """Two queries, on the indexes of the room's numbers."""
    questions = Question.objects.filter(webinar=webinar).aggregate(
        waiting=Count("pk", filter=Q(status=Status.PENDING)),
        published=Count("pk", filter=Q(status=Status.PUBLISHED)),
        answered=Count("pk", filter=Q(status=Status.ANSWERED)),
    )
    return {"messages": Message.objects.filter(webinar=webinar, deleted_at__isnull=True).count(), **questions}
