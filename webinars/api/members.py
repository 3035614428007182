"""Silencing people, and taking it back (spec 9)."""

import uuid

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventflow.api.schema import enveloped, failures
from webinars.api import serializers
from webinars.api.authentication import LivePassAuthentication, pass_of
from webinars.api.viewer import viewed
from webinars.services import moderation


class MuteView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=serializers.Minutes,
        responses={200: enveloped("Muted", serializers.MutedShape), **failures(400, 401, 403, 404, 413, 415)},
        summary="Keep somebody from writing for a while",
    )
    def post(self, request: Request, w: str, user_id: uuid.UUID) -> Response:
        live_pass = pass_of(request, w)
        body = serializers.Minutes(data=request.data)
        body.is_valid(raise_exception=True)
        until = moderation.mute(live_pass=live_pass, user_id=user_id, now=timezone.now(), **body.validated_data)
        return Response({"userId": user_id, "mutedUntil": until})

    @extend_schema(
        responses={200: enveloped("Unmuted", serializers.MutedShape), **failures(401, 403, 404)},
        summary="Let somebody write again",
    )
    def delete(self, request: Request, w: str, user_id: uuid.UUID) -> Response:
        moderation.unmute(live_pass=pass_of(request, w), user_id=user_id, now=timezone.now())
        return Response({"userId": user_id, "mutedUntil": None})


class BanView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=None,
        responses={200: enveloped("Banned", serializers.BannedShape), **failures(401, 403, 404)},
        summary="Put somebody out of the webinar",
    )
    def post(self, request: Request, w: str, user_id: uuid.UUID) -> Response:
        since = moderation.ban(live_pass=pass_of(request, w), user_id=user_id, now=timezone.now())
        return Response({"userId": user_id, "bannedAt": since})

    @extend_schema(
        responses={200: enveloped("Unbanned", serializers.BannedShape), **failures(401, 403, 404)},
        summary="Let somebody in again",
    )
    def delete(self, request: Request, w: str, user_id: uuid.UUID) -> Response:
        moderation.unban(live_pass=pass_of(request, w), user_id=user_id, now=timezone.now())
        return Response({"userId": user_id, "bannedAt": None})


class SilencedView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        responses={200: enveloped("Silenced", serializers.SilencedShape), **failures(401, 403, 404)},
        summary="Who is muted or banned",
    )
    def get(self, request: Request, w: str) -> Response:
        live_pass, now = pass_of(request, w), timezone.now()
        members = moderation.silenced(live_pass=live_pass, now=now)
        viewed(live_pass, "silenced", now=now)
        return Response({"members": members})
