"""Erasing a person (spec 5, Retention): their data goes, and every total stays.

The person's row becomes a tombstone without a name, to which sessions, registrations, messages and votes stay
attached, so that counts and figures are what they were. Each app erases its own part: it adds it to `parts`. What must
not happen meanwhile it keeps away in `preparations`.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.account.models import EmailAddress
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils import translation
from django.utils.translation import gettext_lazy as _

from webinars.models import AuditEntry, ChatRoom, Message, Question, Registration, User, Webinar
from webinars.realtime.events import EventType
from webinars.realtime.publish import broadcast
from webinars.selectors.messages import message_of
from webinars.services import audit
from webinars.services.admin_log import clean_admin_log, without
from webinars.services.memberships import last_owner_problem, memberships_of
from webinars.services.notice import NO_NOTICE, tell_no_notice, tell_notice
from webinars.services.question_changes import locked_room, renumber, tell
from webinars.services.sign_ins import end_sign_ins, forget_ways_in
from webinars.tombstones import TOMBSTONE_DOMAIN as TOMBSTONE_DOMAIN
from webinars.tombstones import is_tombstone, tombstone_email

# What stands in their place, in the webinar's language.
DELETED_PERSON = _("Deleted person")
REMOVED_MESSAGE = _("This message was removed.")
DELETED_QUESTION = _("This question was deleted.")


class CannotErase(Exception):
    def __init__(self, message: object) -> None:
        super().__init__(message)
        self.message = message


@dataclass(frozen=True)
class Erased:
    """Who a person was, for the parts."""

    user: User
    addresses: frozenset[str]
    name: str
    now: datetime


# What each app does before any row is locked or changed: it waits for locks that others ask for before their rows.
preparations: list[Callable[[], None]] = []
# What each app erases: from who it was to how many rows.
parts: dict[str, Callable[[Erased], int]] = {}


def find_person(ref: str) -> User | None:
    """By UUID or by address, without regard to case; who was erased is found by UUID only."""
    try:
        return User.objects.filter(pk=uuid.UUID(ref)).first()
    except ValueError:
        return User.objects.filter(Q(email__iexact=ref) | Q(emailaddress__email__iexact=ref)).distinct().first()


def is_erased(user: User) -> bool:
    return is_tombstone(user.pk, user.email)


@transaction.atomic
def erase_person(*, user_id: uuid.UUID, now: datetime) -> dict[str, int]:
    """Erase the person everywhere; answers how many rows of each part were changed. Doing it again changes nothing.

    Raises CannotErase for super admins who can sign in, and for the last owner of an agency (or of a client that
    nobody else owns): somebody else must be it first.
    """
    for prepare in preparations:
        prepare()
    user = User.objects.select_for_update().get(pk=user_id)
    memberships = memberships_of([user])
    if user.is_superuser and user.is_active:
        raise CannotErase(_("A super admin cannot be erased. Take that right away first."))
    if problem := last_owner_problem(memberships):
        raise CannotErase(problem)
    known = EmailAddress.objects.filter(user=user).values_list("email", flat=True)
    addresses = frozenset(() if is_erased(user) else (user.email, *known))
    erased = Erased(user, addresses, user.display_name, now)
    counts = {
        "admin log": clean_admin_log(user, addresses=addresses, instead=str(DELETED_PERSON)),
        "sign-ins": end_sign_ins(user, addresses=addresses),
        "ways to sign in": forget_ways_in(user),
        "memberships": _delete_memberships(user),
        "registrations": _erase_registrations(user),
        **{name: erase(erased) for name, erase in parts.items()},
        # Last, since nobody can post in their rooms from here to the commit.
        "messages": _erase_messages(erased),
        "questions": _erase_questions(erased),
        "notices": _erase_notices(erased),
    }
    if not is_erased(user):
        audit.record_in(
            "person.erased",
            agency_id=None,
            actor_id=None,
            now=now,
            subject_type="person",
            subject_id=user.pk,
            details={"by": "command"},
        )
    return {"person": _become_tombstone(user), **counts}


def _become_tombstone(user: User) -> int:
    user.groups.clear()
    user.user_permissions.clear()
    if is_erased(user):
        return 0
    user.email = tombstone_email(user.pk)
    user.display_name = ""
    user.last_login = None
    user.is_active = user.is_staff = user.is_superuser = False
    user.set_unusable_password()
    user.save()
    return 1


def _delete_memberships(user: User) -> int:
    return user.agency_memberships.all().delete()[0] + user.client_memberships.all().delete()[0]


def _erase_registrations(user: User) -> int:
    """That somebody was registered counts, and through which link. What they answered goes."""
    return Registration.objects.filter(user=user).exclude(answers={}).update(answers={})


def _erase_messages(erased: Erased) -> int:
    """They keep their numbers and count as messages; what was said, and by whom, goes. Each gets a number of its
    change, so that pages learn of it whenever they ask; open ones are told."""
    changed = 0
    for webinar in Webinar.objects.filter(messages__user=erased.user).distinct().order_by("pk"):
        with translation.override(webinar.language):
            removed, nobody = str(REMOVED_MESSAGE), str(DELETED_PERSON)
        room, _is_new = ChatRoom.objects.select_for_update(no_key=True).get_or_create(webinar=webinar)
        said = Message.objects.filter(user=erased.user, webinar=webinar).order_by("seq")
        left = list(said.exclude(body=removed, author_name=nobody))
        for message in left:
            room.last_changed_seq += 1
            message.body, message.author_name, message.changed_seq = removed, nobody, room.last_changed_seq
        Message.objects.bulk_update(left, ["body", "author_name", "changed_seq"], batch_size=1000)
        room.save(update_fields=["last_changed_seq"])
        if webinar.state != Webinar.State.ENDED:
            for message in left:
                _tell_room(message)
        changed += len(left)
    return changed


def _tell_room(message: Message) -> None:
    if message.deleted_at is None:
        broadcast(message.webinar_id, EventType.MESSAGE_CREATED, {"message": message_of(message)})
    else:
        data = {"id": message.pk, "seq": message.seq, "changedSeq": message.changed_seq}
        broadcast(message.webinar_id, EventType.MESSAGE_DELETED, data)


def _erase_notices(erased: Erased) -> int:
    """A notice that was a message of theirs goes; one that they wrote for the organizers stays, without the name that
    they had then. Who wrote it, the audit log knows."""
    said = Message.objects.filter(user=erased.user, webinar=OuterRef("pk")).values("pk")
    changed = 0
    for pk, message_id in Webinar.objects.filter(notice_message_id__in=said).values_list("pk", "notice_message_id"):
        if Webinar.objects.filter(pk=pk, notice_message_id=message_id).update(**NO_NOTICE):
            tell_no_notice(pk)
            changed += 1
    wrote = Webinar.objects.exclude(notice="").filter(notice_message_id=None)
    wrote = wrote.alias(writer=Subquery(_writers(OuterRef("pk"))[:1])).filter(writer=erased.user.pk)
    return changed + sum(_unsign_notice(pk, erased.user) for pk in wrote.order_by("pk").values_list("pk", flat=True))


def _writers(webinar_id: Any) -> QuerySet[AuditEntry, Any]:
    """Who set its notices, the last one first."""
    entries = AuditEntry.objects.filter(action="notice.set", webinar_id=webinar_id)
    return entries.order_by("-id").values_list("actor_id", flat=True)


def _unsign_notice(webinar_id: uuid.UUID, writer: User) -> bool:
    webinar = Webinar.objects.select_for_update(no_key=True).get(pk=webinar_id)
    with translation.override(webinar.language):
        nobody = str(DELETED_PERSON)
    if webinar.notice_message_id is not None or webinar.notice_author in ("", nobody):
        return False
    if _writers(webinar_id).first() != writer.pk:  # somebody else set another one meanwhile
        return False
    webinar.notice_author = nobody
    webinar.save(update_fields=["notice_author"])
    tell_notice(webinar)
    return True


def _erase_questions(erased: Erased) -> int:
    """They keep their numbers, votes, state and answers, as these count; what was asked, and by whom, goes. Each gets
    a new number of its changes, and rooms that are open are told."""
    names = {*erased.addresses, *filter(None, [erased.name])}
    asked = Question.objects.filter(user=erased.user).order_by("webinar_id", "seq")
    return sum(_erase_question(pk, webinar_id, names) for pk, webinar_id in asked.values_list("pk", "webinar_id"))


def _erase_question(question_id: uuid.UUID, webinar_id: uuid.UUID, names: set[str]) -> bool:
    locked_room(webinar_id)
    questions = Question.objects.select_for_update(of=("self",)).select_related("webinar", "answered_by")
    question = questions.get(pk=question_id)
    with translation.override(question.webinar.language):
        body, asker = str(DELETED_QUESTION), str(DELETED_PERSON)
    if (question.body, question.asker_name) == (body, asker):
        return False
    question.body, question.asker_name, question.pinned_at = body, asker, None
    question.answer = without(question.answer, names, instead=asker)
    renumber(question)
    if question.webinar.state != Webinar.State.ENDED:
        tell(question, EventType.QUESTION_UPDATED)
    return True
