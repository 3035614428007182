"""Entering a registration campaign, and what follows from it (spec 3, 12)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, connection, transaction
from psycopg.errors import RestrictViolation, UniqueViolation

from webinars.models import (
    Campaign,
    CampaignEntry,
    CampaignQuestion,
    ConsentGiven,
    ConsentVersion,
    Registration,
    User,
    Webinar,
)
from webinars.models import folded_email as folded
from webinars.realtime.publish import let_in_all, let_in_if_shut_out, shut_out_people
from webinars.selectors.campaigns import (
    CampaignState,
    campaign_state,
    is_full,
    is_over,
    questions_of,
    webinars_of,
)
from webinars.selectors.consents import asked_consents, missing_consents
from webinars.selectors.permissions import may
from webinars.services.consents import record_consents
from webinars.sql import campaigns as statements

Answer = str | list[str]


@dataclass(frozen=True)
class Submission:
    """What somebody sent in a campaign's form. A phone number of None and a question that `answers` leaves out were
    not said; an empty one was emptied. `is_proven` when `email` is known to be the person's."""

    email: str
    name: str
    phone: str | None = None
    answers: Mapping[uuid.UUID, Answer] = field(default_factory=dict)
    consents: Mapping[uuid.UUID, bool] = field(default_factory=dict)
    source: str = ""
    is_proven: bool = False


@dataclass(frozen=True)
class Entered:
    """`webinars` are those of the campaign that are not over."""

    entry: CampaignEntry
    created: bool
    webinars: list[Webinar]


class CannotEnter(Exception):
    """The campaign takes nobody new."""

    def __init__(self, state: CampaignState) -> None:
        super().__init__(state.value)
        self.state = state


class IsMember(Exception):
    """Members of the campaign's tenant enter its webinars without registering."""


class AddressTaken(Exception):
    """Somebody else entered with this address, whose account has it still."""


class ConsentMissing(Exception):
    """What must be agreed to was not, or changed while the form was on its way."""

    def __init__(self, versions: Sequence[ConsentVersion]) -> None:
        super().__init__("consent missing")
        self.versions = list(versions)


def enter_campaign(*, campaign: Campaign, user: User, submission: Submission, now: datetime) -> Entered:
    """The person's one entry in the campaign, merged from all that they sent, and their registration in each of its
    webinars that is not over.

    Who proved the address has the last word on every answer, and what somebody said before without proof goes. Without
    proof, blanks of an entry that nobody proved are filled and nothing else is changed. When somebody entered first
    stays as it was. Racing calls make one entry, and no more entries than there are places.

    People who are in may send the form again until the campaign's webinars are over, also after registration closed.
    Raises CannotEnter, IsMember, AddressTaken, ConsentMissing.
    """
    try:
        with transaction.atomic():
            return _enter(campaign, user, submission, now=now)
    except IntegrityError as error:  # somebody else entered with the address at this very instant
        if isinstance(error.__cause__, UniqueViolation):
            raise AddressTaken from error
        raise


def _enter(campaign: Campaign, user: User, submission: Submission, *, now: datetime) -> Entered:
    if may(user, "see_statistics", campaign.client):
        raise IsMember
    if campaign.capacity is not None:
        campaign = (
            Campaign.objects.select_for_update(no_key=True, of=("self",)).select_related("client").get(pk=campaign.pk)
        )
    webinars = webinars_of(campaign)
    entries = CampaignEntry.objects.select_for_update(no_key=True).filter(campaign=campaign)
    before = entries.filter(user=user).first()
    _check_state(campaign, webinars=webinars, is_new=before is None, now=now)
    asked = asked_consents(campaign.client_id, campaign_id=campaign.pk)
    if missing := missing_consents(asked, submission.consents):
        raise ConsentMissing(missing)
    if before is None or folded(submission.email) != before.email:
        _free_address(campaign, user=user, email=folded(submission.email))
    questions = questions_of(campaign)
    entry, created = (before, False) if before else _get_or_create(campaign, user, submission, questions, now=now)
    was_proven = entry.proven_at is not None
    if not created:
        _merge(entry, submission, questions, now=now)
    _keep_consents(campaign, user, submission, was_proven=was_proven and not created, now=now)
    _name_nameless(user, entry.name)
    ahead = [webinar for webinar in webinars if not is_over(webinar, now)]
    _register([webinar.pk for webinar in ahead], user_id=user.pk, now=now)
    return Entered(entry, created, ahead)


def _check_state(campaign: Campaign, *, webinars: Sequence[Webinar], is_new: bool, now: datetime) -> None:
    full = is_new and is_full(campaign)
    state = campaign_state(campaign, webinars=webinars, is_full=full, now=now)
    stands = (CampaignState.OPEN,) if is_new else (CampaignState.OPEN, CampaignState.CLOSED, CampaignState.NOT_OPEN)
    if state not in stands:
        raise CannotEnter(state)


def _free_address(campaign: Campaign, *, user: User, email: str) -> None:
    """Whoever entered with this address before and has another one now is listed by that."""
    holder = CampaignEntry.objects.filter(campaign=campaign, email=email).exclude(user=user).select_related("user")
    other = holder.first()
    if other is None:
        return
    now_called = folded(other.user.email)
    taken = CampaignEntry.objects.filter(campaign=campaign, email=now_called).exclude(pk=other.pk).exists()
    if now_called == email or taken:
        raise AddressTaken
    other.email = now_called
    other.save(update_fields=["email", "updated_at"])


def _get_or_create(
    campaign: Campaign, user: User, submission: Submission, questions: Sequence[CampaignQuestion], *, now: datetime
) -> tuple[CampaignEntry, bool]:
    """Of two calls at once, one inserts and the other merges into that row."""
    return CampaignEntry.objects.select_for_update(no_key=True).get_or_create(
        campaign=campaign,
        user=user,
        defaults={
            "client_id": campaign.client_id,
            "agency_id": campaign.agency_id,
            "email": folded(submission.email),
            "name": submission.name,
            "phone": submission.phone or "",
            "answers": _answers(submission, questions, before=[]),
            "source": submission.source,
            "proven_at": now if submission.is_proven else None,
            "entered_at": now,
        },
    )


def _merge(
    entry: CampaignEntry, submission: Submission, questions: Sequence[CampaignQuestion], *, now: datetime
) -> None:
    if submission.is_proven:
        was_proven = entry.proven_at is not None
        entry.email, entry.name = folded(submission.email), submission.name
        entry.phone = entry.phone if was_proven and submission.phone is None else submission.phone or ""
        entry.answers = _answers(submission, questions, before=entry.answers if was_proven else [])
        entry.proven_at = entry.proven_at or now
    elif entry.proven_at is None:
        entry.phone = entry.phone or submission.phone or ""
        entry.answers = _filled(entry.answers, _answers(submission, questions, before=[]))
    else:
        return
    entry.source = entry.source or submission.source
    entry.save(update_fields=["email", "name", "phone", "answers", "proven_at", "source", "updated_at"])


def _answers(
    submission: Submission, questions: Sequence[CampaignQuestion], *, before: Sequence[dict[str, Any]]
) -> list[dict[str, Any]]:
    """In the order of the questions, each as it was asked. Answers to questions that are gone stay at the end."""
    known = {answer["question"]: answer for answer in before}
    kept = []
    for question in questions:
        earlier = known.pop(str(question.pk), None)
        if question.pk not in submission.answers:
            kept += [earlier] if earlier else []
        elif said := submission.answers[question.pk]:
            kept.append({"question": str(question.pk), "label": question.label, "answer": said})
    return [*kept, *known.values()]


def _filled(before: Sequence[dict[str, Any]], said: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    answered = {answer["question"] for answer in before}
    return [*before, *(answer for answer in said if answer["question"] not in answered)]


def _keep_consents(campaign: Campaign, user: User, submission: Submission, *, was_proven: bool, now: datetime) -> None:
    """Without proof, only what nobody answered yet."""
    given = dict(submission.consents)
    if not submission.is_proven:
        answered = ConsentGiven.objects.filter(user=user, campaign=campaign).values_list("version_id", flat=True)
        known = set(answered)
        given = {} if was_proven else {version: said for version, said in given.items() if version not in known}
    record_consents(user_id=user.pk, given=given, campaign=campaign, now=now)


def _name_nameless(user: User, name: str) -> None:
    """The room calls people by their account's name."""
    if not user.display_name and User.objects.filter(pk=user.pk, display_name="").update(display_name=name[:100]):
        user.display_name = name[:100]


def register_entrants(webinar: Webinar, *, now: datetime) -> int:
    """Register everybody who entered the webinar's campaign, in one statement; answers how many were new. Nobody when
    it has none, is over, or was sealed at this very instant."""
    try:
        with transaction.atomic():
            made = statements.register_entrants(webinar_id=webinar.pk, now=now)
            connection.check_constraints()
    except IntegrityError as error:
        _unless_sealed(error)
        return 0
    if made:
        removed = shut_out_people(webinar.pk)
        seats = Registration.objects.filter(webinar=webinar, user__in=removed, banned_at=None)
        let_in_all(webinar.pk, list(seats.values_list("user_id", flat=True)))
    return made


def _register(webinar_ids: Sequence[uuid.UUID], *, user_id: uuid.UUID, now: datetime) -> None:
    """In all at once; when one was sealed at this very instant, in each of the others. Whoever was removed before may
    come in again."""
    if not webinar_ids:
        return
    try:
        with transaction.atomic():
            made = statements.register_person(webinar_ids=webinar_ids, user_id=user_id, now=now)
            connection.check_constraints()
    except IntegrityError as error:
        _unless_sealed(error)
        if len(webinar_ids) > 1:
            for webinar_id in webinar_ids:
                _register([webinar_id], user_id=user_id, now=now)
        return
    for webinar_id in made:
        transaction.on_commit(partial(let_in_if_shut_out, webinar_id, user_id))


def _unless_sealed(error: IntegrityError) -> None:
    if not isinstance(error.__cause__, RestrictViolation):
        raise error
