"""Passes and registration (spec 3, 4)."""

from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventflow.api.errors import ApiError, NotFound, WebinarClosed
from eventflow.api.schema import enveloped, failures
from webinars.api import serializers
from webinars.api.authentication import LivePassAuthentication, SessionAuthentication, check_csrf, pass_of
from webinars.callers import Caller, caller_of
from webinars.models import User, Webinar
from webinars.selectors.access import Access, Reason, decide_access, may_register, webinar_and_person
from webinars.services.entering import limit_registering
from webinars.services.live_pass import LivePass, issue_pass
from webinars.services.registrations import register
from webinars.services.sign_ins import SIGN_IN, is_signed_in

REFUSALS = {
    Reason.BANNED: (403, _("You cannot take part in this webinar any more.")),
    Reason.LOGIN_REQUIRED: (401, _("Please sign in first.")),
    Reason.PROOF_REQUIRED: (403, _("Confirm your email address to come in again.")),
    Reason.CONSENT_REQUIRED: (403, _("Registering asks for your consent: register on the webinar's page.")),
    Reason.NOT_REGISTERED: (403, _("You are not registered for this webinar.")),
    Reason.IS_MEMBER: (403, _("You are one of the organizers: enter without registering.")),
    Reason.TOO_EARLY: (403, _("The doors are not open yet.")),
}


def refuse(access: Access) -> ApiError:
    if access.reason is Reason.DRAFT:
        return NotFound()
    if access.reason is Reason.ENDED:
        return WebinarClosed()
    status, message = REFUSALS[access.reason]
    return ApiError(status, access.reason.value, message)


class TokenView(APIView):
    """A fresh live pass, for the holder of a still valid one, or for the person or guest of the page's cookie."""

    authentication_classes = [LivePassAuthentication, SessionAuthentication]

    @extend_schema(
        request=None,
        responses={200: enveloped("Token", serializers.TokenShape), **failures(401, 403, 404, 410)},
        summary="Get or renew a live pass",
    )
    def post(self, request: Request, w: str) -> Response:
        ref, caller = self._caller(request, w)
        now = timezone.now()
        found = webinar_and_person(ref, user_id=caller.user_id, guest_id=caller.guest_id, proven=caller.proven)
        if found is None:
            raise NotFound
        webinar, person = found
        access = decide_access(webinar=webinar, person=person, now=now)
        if not access.allowed:
            raise refuse(access)
        if person.user_id is not None and not person.is_active:
            raise exceptions.NotAuthenticated()
        if person.user_id is None and person.guest_id is None:
            raise exceptions.NotAuthenticated()
        sign_in = self._sign_in(request)
        issued = issue_pass(webinar=webinar, access=access, person=person, now=now, sign_in=sign_in)
        return Response(
            {"token": issued.token, "expiresAt": issued.expires_at, "serverTime": now, "role": access.role}
        )

    def _sign_in(self, request: Request) -> int | None:
        """A pass goes on as long as the sign-in that it was made in."""
        if not isinstance(request.auth, LivePass):
            number: int | None = request._request.session.get(SIGN_IN)
            return number
        if request.auth.sign_in is not None and not is_signed_in(request.auth.sign_in, request.auth.user_id):
            raise exceptions.NotAuthenticated()
        return request.auth.sign_in

    def _caller(self, request: Request, w: str) -> tuple[str, Caller]:
        """The webinar and who calls. A pass names its webinar itself, also after the slug has changed."""
        if isinstance(request.auth, LivePass):
            live_pass = pass_of(request, w)
            caller = Caller(live_pass.user_id, live_pass.guest_id, proven=not live_pass.unproven)
            return str(live_pass.webinar_id), caller
        if isinstance(request.user, User):
            return w, Caller(request.user.pk)
        check_csrf(request._request)
        return w, caller_of(request._request, w)


class RegistrationView(APIView):
    authentication_classes = [SessionAuthentication]

    @extend_schema(
        request=serializers.NewRegistration,
        responses={
            201: enveloped("Registered", serializers.RegistrationShape, "Registered now."),
            200: enveloped("WasRegistered", serializers.RegistrationShape, "Was registered already."),
            **failures(400, 401, 403, 404, 410, 413, 415, 429),
        },
        summary="Register the signed-in person",
    )
    def post(self, request: Request, w: str) -> Response:
        user: Any = request.user
        if not isinstance(user, User):
            raise exceptions.NotAuthenticated()
        body = serializers.NewRegistration(data=request.data)
        body.is_valid(raise_exception=True)
        found = webinar_and_person(w, user_id=user.pk)
        if found is None:
            raise NotFound
        webinar, person = found
        now = timezone.now()
        access = may_register(webinar=webinar, person=person, now=now)
        if not access.allowed:
            raise self._lead(webinar, access) or refuse(access)
        if person.registration_role is None and (wait := limit_registering(user.pk)):
            raise ApiError(429, "rate_limited", _("That was too fast. Please wait a moment."), retry_after=wait)
        registration, created = register(webinar=webinar, user=user, now=now, **body.validated_data)
        return Response(
            {"registeredAt": registration.registered_at, "role": registration.role}, status=201 if created else 200
        )

    def _lead(self, webinar: Webinar, access: Access) -> ApiError | None:
        """To the campaign, where people register who are let in by name and email address."""
        by_campaign = webinar.access_policy == Webinar.AccessPolicy.NAME_EMAIL_AUTH
        if access.reason is not Reason.NOT_REGISTERED or not by_campaign:
            return None
        campaign = webinar.registration_campaign
        if campaign is None or not campaign.is_published:
            return None
        message = _("People register for this webinar in its registration campaign.")
        extra = {"campaignPath": reverse("webinars:campaign", args=[campaign.slug])}
        return ApiError(403, "campaign_required", message, extra=extra)
