"""Registration campaigns: what one asks, and entering it (spec 12, 17)."""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventflow.api.errors import ApiError, NotFound
from eventflow.api.schema import enveloped, failures
from webinars.api import campaign_shapes as shapes
from webinars.api.authentication import SessionAuthentication
from webinars.campaign_form import EntryForm, form_data
from webinars.models import Campaign, CampaignQuestion, ConsentVersion, User, Webinar
from webinars.selectors.campaigns import (
    CampaignState,
    campaign_state,
    is_full,
    is_over,
    questions_of,
    webinars_of,
)
from webinars.selectors.consents import asked_consents
from webinars.selectors.permissions import may
from webinars.services.campaigns import (
    AddressTaken,
    CannotEnter,
    ConsentMissing,
    IsMember,
    Submission,
    enter_campaign,
)
from webinars.services.entering import limit_registering

REFUSALS = {
    CampaignState.NOT_OPEN: (403, _("Registration is not open yet.")),
    CampaignState.FULL: (403, _("All places are taken.")),
    CampaignState.CLOSED: (410, _("Registration is closed.")),
    CampaignState.OVER: (410, _("These webinars are over.")),
}


def campaign_of(request: Request, c: str) -> Campaign:
    """Drafts are for members only."""
    campaign: Campaign | None = Campaign.objects.by_ref(c).select_related("client").first()
    if campaign is None or not (campaign.is_published or _is_member(request, campaign)):
        raise NotFound
    return campaign


def _is_member(request: Request, campaign: Campaign) -> bool:
    return isinstance(request.user, User) and may(request.user, "see_statistics", campaign.client)


class CampaignView(APIView):
    authentication_classes = [SessionAuthentication]

    @extend_schema(
        responses={200: enveloped("Campaign", shapes.CampaignShape), **failures(404)},
        summary="What a registration campaign leads to and asks",
    )
    def get(self, request: Request, c: str) -> Response:
        campaign, now = campaign_of(request, c), timezone.now()
        webinars = webinars_of(campaign)
        state = campaign_state(campaign, webinars=webinars, is_full=is_full(campaign), now=now)
        consents = asked_consents(campaign.client_id, campaign_id=campaign.pk)
        public = [webinar for webinar in webinars if webinar.state != Webinar.State.DRAFT]
        return Response(shapes.campaign_answer(campaign, state, public, questions_of(campaign), consents))


class EntriesView(APIView):
    authentication_classes = [SessionAuthentication]

    @extend_schema(
        request=shapes.NewEntry,
        responses={
            201: enveloped("Entered", shapes.EntryShape, "Registered now."),
            200: enveloped("WasEntered", shapes.EntryShape, "Was registered already; what was sent is merged."),
            **failures(400, 401, 403, 404, 410, 413, 415, 429),
        },
        summary="Register the signed-in person in a campaign and its webinars",
    )
    def post(self, request: Request, c: str) -> Response:
        user: Any = request.user
        if not isinstance(user, User):
            raise exceptions.NotAuthenticated()
        campaign = campaign_of(request, c)
        if wait := limit_registering(user.pk):
            raise ApiError(429, "rate_limited", _("That was too fast. Please wait a moment."), retry_after=wait)
        body = shapes.NewEntry(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        submission = _submission(campaign, user, body.validated_data)
        try:
            entered = enter_campaign(campaign=campaign, user=user, submission=submission, now=now)
        except CannotEnter as refused:
            status, message = REFUSALS.get(refused.state, REFUSALS[CampaignState.CLOSED])
            raise ApiError(status, f"campaign_{refused.state.value}", message) from None
        except IsMember:
            message = _("You are one of the organizers: enter without registering.")
            raise ApiError(403, "is_member", message) from None
        except AddressTaken:
            message = _("Somebody else registered with this address. Please ask the organizer.")
            raise ApiError(403, "address_taken", message) from None
        except ConsentMissing as missing:
            raise _must_agree(missing.versions) from None
        webinars = [
            webinar
            for webinar in entered.webinars
            if webinar.state != Webinar.State.DRAFT and not is_over(webinar, now)
        ]
        return Response(shapes.entry_answer(entered.entry, webinars), status=201 if entered.created else 200)


def _submission(campaign: Campaign, user: User, sent: Mapping[str, Any]) -> Submission:
    """By the rules of the page's form; what was left out was not said. Raises ValidationError by field."""
    questions = questions_of(campaign)
    consents = asked_consents(campaign.client_id, campaign_id=campaign.pk)
    _refuse_unknown("answers", sent["answers"], [question.pk for question in questions])
    _refuse_unknown("consents", sent["consents"], [version.pk for version in consents])
    _refuse_wrong_kinds(sent["answers"], questions)
    form = EntryForm(
        form_data(
            email=user.email,
            name=sent["name"],
            phone=sent["phone"],
            answers=sent["answers"],
            agreed=sent["consents"],
            questions=questions,
            consents=consents,
        ),
        campaign=campaign,
        questions=questions,
        consents=consents,
    )
    if not form.is_valid():
        raise exceptions.ValidationError(form.errors_by_name())
    said = {question.pk for question in questions if str(question.pk) in sent["answers"]}
    submission = form.submission(source=sent["source"], said=said)
    return replace(submission, phone=submission.phone if sent["phone"] is not None else None, is_proven=True)


def _refuse_unknown(name: str, sent: Iterable[str], known: Iterable[uuid.UUID]) -> None:
    if not {str(pk) for pk in known}.issuperset(sent):
        raise exceptions.ValidationError({name: [_("Something that is not asked here was answered.")]})


def _refuse_wrong_kinds(answers: Mapping[str, Any], questions: Sequence[CampaignQuestion]) -> None:
    """Lists answer those questions that take several, texts the others."""
    words = serializers.CharField.default_error_messages["invalid"]
    wrong = {
        str(question.pk): [words]
        for question in questions
        if str(question.pk) in answers
        and isinstance(answers[str(question.pk)], list) != (question.kind == CampaignQuestion.Kind.MULTIPLE)
    }
    if wrong:
        raise exceptions.ValidationError({"answers": wrong})


def _must_agree(versions: list[ConsentVersion]) -> exceptions.ValidationError:
    words = [_("Tick this box to register.")]
    return exceptions.ValidationError({"consents": {str(version.pk): words for version in versions}})
