"""Reading and writing the chat, and keeping order in it (spec 9)."""

import uuid

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventflow.api.schema import enveloped, failures
from webinars.api import serializers
from webinars.api.authentication import LivePassAuthentication, pass_of
from webinars.selectors.messages import messages_page
from webinars.services import moderation
from webinars.services.chat import Banned, post_message


class MessagesView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        parameters=[serializers.MessagesQuery],
        responses={200: enveloped("Messages", serializers.MessagesShape), **failures(400, 401, 403)},
        summary="Messages after a number, before a number, or the newest",
    )
    def get(self, request: Request, w: str) -> Response:
        live_pass = pass_of(request, w)
        query = serializers.MessagesQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        reader_id = None if live_pass.admin_mode else live_pass.user_id
        page = messages_page(live_pass.webinar_id, reader_id=reader_id, **query.validated_data)
        if page.reader_is_banned:
            raise Banned
        return Response(
            {
                "messages": page.messages,
                "lastSeq": page.last_seq,
                "lastChangedSeq": page.last_changed_seq,
                "changed": page.changed,
                "hasEarlier": page.has_earlier,
            }
        )

    @extend_schema(
        request=serializers.NewMessage,
        responses={
            201: enveloped("Posted", serializers.OneMessageShape, "Stored now."),
            200: enveloped("WasPosted", serializers.OneMessageShape, "Was stored already under this client_id."),
            **failures(400, 401, 403, 404, 410, 413, 415, 429),
        },
        summary="Post a message",
    )
    def post(self, request: Request, w: str) -> Response:
        live_pass = pass_of(request, w)
        body = serializers.NewMessage(data=request.data)
        body.is_valid(raise_exception=True)
        message, created = post_message(live_pass=live_pass, now=timezone.now(), **body.validated_data)
        return Response({"message": message}, status=201 if created else 200)


class MessageView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        responses={200: enveloped("Deleted", serializers.OneMessageShape), **failures(401, 403, 404)},
        summary="Delete a message",
    )
    def delete(self, request: Request, w: str, message_id: uuid.UUID) -> Response:
        live_pass = pass_of(request, w)
        message = moderation.delete_message(live_pass=live_pass, message_id=message_id, now=timezone.now())
        return Response({"message": message})


class RestoreView(APIView):
    authentication_classes = [LivePassAuthentication]

    @extend_schema(
        request=None,
        responses={200: enveloped("Restored", serializers.OneMessageShape), **failures(401, 403, 404)},
        summary="Put a deleted message back",
    )
    def post(self, request: Request, w: str, message_id: uuid.UUID) -> Response:
        live_pass = pass_of(request, w)
        message = moderation.restore_message(live_pass=live_pass, message_id=message_id, now=timezone.now())
        return Response({"message": message})
