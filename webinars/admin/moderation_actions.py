"""Keeping order from the console's lists (spec 9, 14): each says what it will do, then calls a service per row."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.http import Http404, HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy

from eventflow.api.errors import ApiError
from webinars.admin.base import acting_user
from webinars.admin.one_webinar import webinar_of_list
from webinars.admin.person_words import name_or_email
from webinars.models import Message, Question, Webinar
from webinars.selectors.standing import standing_of
from webinars.services import moderation
from webinars.services.answering import change_question
from webinars.services.live_pass import LivePass
from webinars.services.managers import manager_of
from webinars.services.removing import remove_registration

# More at once would keep the request too long; each row is an act of its own.
AT_ONCE = 100
NAMED = 10
SHOWN_CHARACTERS = 60
MUTES = (
    (5, gettext_lazy("5 minutes")),
    (15, gettext_lazy("15 minutes")),
    (60, gettext_lazy("1 hour")),
    (24 * 60, gettext_lazy("24 hours")),
)

Act = Callable[[LivePass, uuid.UUID, int, datetime], None]


@dataclass(frozen=True)
class Moderation:
    """`of_person` acts on the author or the registered person of a row, once each; else on the row itself."""

    name: str
    title: Any
    question: Any
    consequences: tuple[Any, ...]
    done: Any
    act: Act
    of_person: bool = False
    asks_minutes: bool = False


def _delete(live_pass: LivePass, key: uuid.UUID, _minutes: int, now: datetime) -> None:
    moderation.delete_message(live_pass=live_pass, message_id=key, now=now)


def _restore(live_pass: LivePass, key: uuid.UUID, _minutes: int, now: datetime) -> None:
    moderation.restore_message(live_pass=live_pass, message_id=key, now=now)


def _mute(live_pass: LivePass, key: uuid.UUID, minutes: int, now: datetime) -> None:
    moderation.mute(live_pass=live_pass, user_id=key, minutes=minutes, now=now)


def _unmute(live_pass: LivePass, key: uuid.UUID, _minutes: int, now: datetime) -> None:
    moderation.unmute(live_pass=live_pass, user_id=key, now=now)


def _ban(live_pass: LivePass, key: uuid.UUID, _minutes: int, now: datetime) -> None:
    moderation.ban(live_pass=live_pass, user_id=key, now=now)


def _unban(live_pass: LivePass, key: uuid.UUID, _minutes: int, now: datetime) -> None:
    moderation.unban(live_pass=live_pass, user_id=key, now=now)


def _remove(live_pass: LivePass, key: uuid.UUID, _minutes: int, now: datetime) -> None:
    remove_registration(live_pass=live_pass, user_id=key, now=now)


def _publish(live_pass: LivePass, key: uuid.UUID, _minutes: int, now: datetime) -> None:
    change_question(live_pass=live_pass, question_id=key, status="published", now=now)


def _archive(live_pass: LivePass, key: uuid.UUID, _minutes: int, now: datetime) -> None:
    change_question(live_pass=live_pass, question_id=key, status="archived", now=now)


DELETE = Moderation(
    name="delete_messages",
    title=gettext_lazy("Delete messages"),
    question=ngettext_lazy("Delete this message?", "Delete these %(n)d messages?", "n"),
    consequences=(
        gettext_lazy("Their text disappears from every open page at once; their place stays."),
        gettext_lazy("A message that is pinned stops being the notice."),
        gettext_lazy("You can restore them here."),
    ),
    done=ngettext_lazy("%(n)d message was deleted.", "%(n)d messages were deleted.", "n"),
    act=_delete,
)
RESTORE = Moderation(
    name="restore_messages",
    title=gettext_lazy("Restore messages"),
    question=ngettext_lazy("Restore this message?", "Restore these %(n)d messages?", "n"),
    consequences=(gettext_lazy("Their text appears again in its old place on every open page."),),
    done=ngettext_lazy("%(n)d message was restored.", "%(n)d messages were restored.", "n"),
    act=_restore,
)
MUTE = Moderation(
    name="mute",
    title=gettext_lazy("Mute"),
    question=ngettext_lazy("Mute this person?", "Mute these %(n)d people?", "n"),
    consequences=(
        gettext_lazy("They can read on, but neither write in the chat nor ask questions until the time is over."),
        gettext_lazy("They are told so."),
    ),
    done=ngettext_lazy("%(n)d person is muted.", "%(n)d people are muted.", "n"),
    act=_mute,
    of_person=True,
    asks_minutes=True,
)
UNMUTE = Moderation(
    name="unmute",
    title=gettext_lazy("Unmute"),
    question=ngettext_lazy("Unmute this person?", "Unmute these %(n)d people?", "n"),
    consequences=(gettext_lazy("They can write again at once."),),
    done=ngettext_lazy("%(n)d person can write again.", "%(n)d people can write again.", "n"),
    act=_unmute,
    of_person=True,
)
BAN = Moderation(
    name="ban",
    title=gettext_lazy("Ban"),
    question=ngettext_lazy("Ban this person?", "Ban these %(n)d people?", "n"),
    consequences=(
        gettext_lazy("Their pages close at once, and they cannot come in again."),
        gettext_lazy("What they wrote stays; their attendance up to now still counts."),
        gettext_lazy("You can lift the ban."),
    ),
    done=ngettext_lazy("%(n)d person is banned.", "%(n)d people are banned.", "n"),
    act=_ban,
    of_person=True,
)
UNBAN = Moderation(
    name="unban",
    title=gettext_lazy("Lift the ban"),
    question=ngettext_lazy("Lift the ban of this person?", "Lift the ban of these %(n)d people?", "n"),
    consequences=(gettext_lazy("They can come in again by themselves."),),
    done=ngettext_lazy("%(n)d person may come in again.", "%(n)d people may come in again.", "n"),
    act=_unban,
    of_person=True,
)
REMOVE = Moderation(
    name="remove_registrations",
    title=gettext_lazy("Remove registrations"),
    question=ngettext_lazy(
        "Remove the registration of this person?", "Remove the registrations of these %(n)d people?", "n"
    ),
    consequences=(
        gettext_lazy("Their pages close within seconds."),
        gettext_lazy("Where there is an email list, their addresses leave it."),
        gettext_lazy("What they wrote stays, and so does the record of when they were here."),
        gettext_lazy("Where people register by themselves, they can do so again. Ban those who must not come back."),
    ),
    done=ngettext_lazy("%(n)d registration was removed.", "%(n)d registrations were removed.", "n"),
    act=_remove,
    of_person=True,
)
PUBLISH = Moderation(
    name="publish_questions",
    title=gettext_lazy("Publish questions"),
    question=ngettext_lazy("Publish this question?", "Publish these %(n)d questions?", "n"),
    consequences=(
        gettext_lazy("Everybody in the room sees them and can vote for them."),
        gettext_lazy("What was archived comes back with its answer."),
    ),
    done=ngettext_lazy("%(n)d question is published.", "%(n)d questions are published.", "n"),
    act=_publish,
)
ARCHIVE = Moderation(
    name="archive_questions",
    title=gettext_lazy("Archive questions"),
    question=ngettext_lazy("Archive this question?", "Archive these %(n)d questions?", "n"),
    consequences=(
        gettext_lazy("They leave every open page at once, with their answers and votes."),
        gettext_lazy("You can publish them again here."),
    ),
    done=ngettext_lazy("%(n)d question is archived.", "%(n)d questions are archived.", "n"),
    act=_archive,
)


class Moderates:
    """For the list of a model whose rows are messages, questions or registrations: the actions, where the person runs
    the listed webinar. Reading the rows takes less (`see_personal`)."""

    moderations: tuple[Moderation, ...] = ()
    see: Any

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)  # type: ignore[misc]
        if self._runs(request, webinar_of_list(request, self.see)):
            actions |= {each.name: (_runner(each), each.name, each.title) for each in self.moderations}
        return actions

    def _runs(self, request: HttpRequest, webinar: Webinar | None) -> bool:
        standing = standing_of(request)
        return webinar is not None and standing.may("run", agency_id=webinar.agency_id, client_id=webinar.client_id)


def _runner(step: Moderation) -> Callable[[Any, HttpRequest, Any], HttpResponse | None]:
    """What Django calls with the chosen rows: asks first, then does it."""

    def run(model_admin: Any, request: HttpRequest, queryset: Any) -> HttpResponse | None:
        rows = list(queryset.select_related("user")[: AT_ONCE + 1])
        if len(rows) > AT_ONCE:
            sentence = ngettext("Choose %(n)d row at most.", "Choose %(n)d rows at most.", AT_ONCE) % {"n": AT_ONCE}
            messages.error(request, sentence)
            return None
        if not rows:  # left the filtered list since the page was opened
            messages.info(request, _("None of the chosen rows is in this list any more. Nothing was changed."))
            return None
        webinar = webinar_of_list(request, "run")
        if webinar is None or any(row.webinar_id != webinar.pk for row in rows):
            raise Http404
        minutes = minutes_of(request) if step.asks_minutes else 0
        if "confirmed" in request.POST and minutes is not None:
            _carry_out(step, request, webinar, rows, minutes=minutes)
            return None
        return _ask(step, model_admin, request, webinar, rows)

    return run


def _ask(step: Moderation, model_admin: Any, request: HttpRequest, webinar: Webinar, rows: list[Any]) -> HttpResponse:
    subjects = subjects_of(step, rows)
    named = list(subjects.values())[:NAMED]
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": step.title,
        "webinar": webinar,
        "step": step,
        "question": step.question % {"n": len(subjects)},
        "named": named,
        "more": len(subjects) - len(named),
        "chosen": [row.pk for row in rows],
        "checkbox": ACTION_CHECKBOX_NAME,
        "mutes": MUTES if step.asks_minutes else (),
    }
    return TemplateResponse(request, "admin/webinars/moderation.html", context)


def _carry_out(step: Moderation, request: HttpRequest, webinar: Webinar, rows: list[Any], *, minutes: int) -> None:
    now = timezone.now()
    live_pass = manager_of(webinar=webinar, user=acting_user(request), now=now).live_pass
    done = 0
    for key, name in subjects_of(step, rows).items():
        try:
            step.act(live_pass, key, minutes, now)
        except ApiError as error:
            messages.error(request, _("%(name)s: %(problem)s") % {"name": name, "problem": error.message})
        else:
            done += 1
    if done:
        messages.success(request, step.done % {"n": done})


def subjects_of(step: Moderation, rows: Iterable[Any]) -> dict[uuid.UUID, str]:
    """Of whom or of what, once each, and how each is called."""
    if step.of_person:
        return {row.user_id: name_or_email(row.user) for row in rows}
    return {row.pk: f"{row.seq}. {_author(row)}: {Truncator(row.body).chars(SHOWN_CHARACTERS)}" for row in rows}


def _author(row: Message | Question) -> str:
    return row.author_name if isinstance(row, Message) else row.asker_name


def minutes_of(request: HttpRequest) -> int | None:
    """One of those that are offered."""
    wanted = request.POST.get("minutes", "")
    return next((minutes for minutes, _title in MUTES if str(minutes) == wanted), None)
