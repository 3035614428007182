"""The room as it is, its switches and its notice (spec 8, 9, 11)."""

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventflow.api.errors import NotFound
from eventflow.api.schema import enveloped, failures
from webinars.api import serializers
from webinars.api.authentication import LivePassAuthentication, pass_of
from webinars.selectors.current_state import current_state
from webinars.selectors.room import room_switches
from webinars.services.notice import clear_notice, pin_message, set_notice
from webinars.services.room_settings import change_room, room_settings


class StateView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        responses={200: enveloped("State", serializers.StateShape), **failures(401, 403, 404)},
        summary="The room as it is now",
    )
    def get(self, request: Request, w: str) -> Response:
        live_pass = pass_of(request, w)
        if (state := current_state(live_pass.webinar_id, now=timezone.now())) is None:
            raise NotFound
        return Response(state)


class RoomView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        responses={200: enveloped("Room", serializers.RoomShape), **failures(401, 403, 404)},
        summary="The switches of the room, for moderators",
    )
    def get(self, request: Request, w: str) -> Response:
        return Response(room_switches(room_settings(live_pass=pass_of(request, w), now=timezone.now())))

    @extend_schema(
        request=serializers.RoomChange,
        responses={200: enveloped("RoomChanged", serializers.RoomShape), **failures(400, 401, 403, 404, 413, 415)},
        summary="Turn switches of the room",
    )
    def patch(self, request: Request, w: str) -> Response:
        live_pass = pass_of(request, w)
        body = serializers.RoomChange(data=request.data)
        body.is_valid(raise_exception=True)
        webinar = change_room(live_pass=live_pass, wanted=body.validated_data, now=timezone.now())
        return Response(room_switches(webinar))


class NoticeView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=serializers.NewNotice,
        responses={200: enveloped("NoticeSet", serializers.OneNoticeShape), **failures(400, 401, 403, 404, 413, 415)},
        summary="Set the notice, or pin a message as the notice",
    )
    def put(self, request: Request, w: str) -> Response:
        live_pass = pass_of(request, w)
        body = serializers.NewNotice(data=request.data)
        body.is_valid(raise_exception=True)
        put = set_notice if "text" in body.validated_data else pin_message
        return Response({"notice": put(live_pass=live_pass, now=timezone.now(), **body.validated_data)})

    @extend_schema(
        responses={200: enveloped("NoticeCleared", serializers.OneNoticeShape), **failures(401, 403, 404)},
        summary="Take the notice away",
    )
    def delete(self, request: Request, w: str) -> Response:
        clear_notice(live_pass=pass_of(request, w), now=timezone.now())
        return Response({"notice": None})
