"""`track`, `ping` and `exit` (spec 5): the calls that every open page makes."""

from datetime import timedelta
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventflow.api.client_address import client_address
from eventflow.api.envelope import NoContent
from eventflow.api.parsers import BEACON_PARSERS
from eventflow.api.schema import enveloped, failures
from presence.api.bodies import ExitBody, PingBody, TrackBody, read_ping
from presence.services.sessions import enter_session, leave_session, record_heartbeat
from webinars.api.authentication import LivePassAuthentication, pass_in_body, pass_of
from webinars.services.live_pass import LivePass

CLOSED = {"session": "closed"}


class ClosedShape(serializers.Serializer[Any]):
    session = serializers.CharField(default="closed", help_text="Make a new session id and call track.")


class IntervalsShape(serializers.Serializer[Any]):
    pingSeconds = serializers.IntegerField()
    pingJitterSeconds = serializers.IntegerField()
    trackSeconds = serializers.IntegerField()
    throttleSeconds = serializers.IntegerField()
    chatPollSeconds = serializers.IntegerField()
    questionsPollSeconds = serializers.IntegerField()


class TrackShape(serializers.Serializer[Any]):
    session = serializers.ChoiceField(["open", "closed"])
    sessionId = serializers.CharField()
    enteredAt = serializers.DateTimeField(allow_null=True)
    serverTime = serializers.DateTimeField()
    registered = serializers.BooleanField()
    intervals = IntervalsShape()


class TrackView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=TrackBody,
        responses={200: enveloped("Track", TrackShape), **failures(400, 401, 403, 404, 410, 413, 415)},
        summary="Enter with a page, or refresh it",
    )
    def post(self, request: Request, w: str) -> Response:
        live_pass = pass_of(request, w)
        body = TrackBody(data=request.data)
        body.is_valid(raise_exception=True)
        now = timezone.now()
        session_id = body.validated_data["session_id"]
        entry = enter_session(
            live_pass=live_pass,
            session_id=session_id,
            referrer=body.validated_data["referrer"],
            user_agent=request.META.get("HTTP_USER_AGENT", "")[:300].replace("\x00", ""),
            ip_address=client_address(request._request),
            now=now,
        )
        return Response(
            {
                "session": "open" if entry.entered_at is not None else "closed",
                "sessionId": session_id,
                "enteredAt": entry.entered_at,
                "serverTime": now,
                "registered": entry.registered,
                "intervals": entry.intervals,
            }
        )


class PingView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=PingBody,
        responses={
            204: OpenApiResponse(description="Seen."),
            200: enveloped("PingClosed", ClosedShape, "Seen, but this session is closed or unknown."),
            **failures(400, 401, 403, 404, 410, 413, 415),
        },
        summary="I am still here",
    )
    def post(self, request: Request, w: str) -> HttpResponse:
        live_pass = pass_of(request, w)
        ping = read_ping(request)
        alive = record_heartbeat(live_pass=live_pass, now=timezone.now(), **ping._asdict())
        return NoContent() if alive else Response(CLOSED)


class ExitView(APIView):
    authentication_classes = [LivePassAuthentication]
    parser_classes = BEACON_PARSERS

    @extend_schema(
        request=ExitBody,
        responses={
            204: OpenApiResponse(description="Closed, now or before."),
            **failures(400, 401, 403, 413, 415),
        },
        summary="Leave",
    )
    def post(self, request: Request, w: str) -> HttpResponse:
        if isinstance(request.auth, LivePass):
            live_pass = pass_of(request, w)
        else:
            live_pass = pass_in_body(request.data.get("token") if isinstance(request.data, dict) else None, w)
        body = ExitBody(data=request.data)
        body.is_valid(raise_exception=True)
        leave_session(
            live_pass=live_pass,
            session_id=body.validated_data["session_id"],
            untold=timedelta(seconds=body.validated_data.get("changed_seconds_ago") or 0),
            now=timezone.now(),
        )
        return NoContent()
