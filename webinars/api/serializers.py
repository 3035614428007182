"""Shapes of requests and answers; answers serve the OpenAPI description (spec 17)."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from webinars.selectors.messages import AT_MOST, NEWEST

LONGEST_ANSWERS = 16 * 1024


def storable(value: Any) -> None:
    """JSON that PostgreSQL can keep: finite numbers, text without NUL and lone surrogates, of a sensible size."""
    wrong = serializers.ValidationError(_("These answers cannot be stored."))
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        size = len(text.encode())
    except (ValueError, RecursionError, UnicodeEncodeError):
        raise wrong from None
    if size > LONGEST_ANSWERS or "\\u0000" in text:
        raise wrong


def no_nul(value: str) -> str:
    if "\x00" in value:
        raise serializers.ValidationError(_("This text has characters that cannot be stored."))
    return value


class MessagesQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=AT_MOST, default=NEWEST)


class NewMessage(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=settings.CHAT_MESSAGE_MAX_LENGTH)
    client_id = serializers.RegexField(r"^[A-Za-z0-9_-]{8,64}\Z")

    def validate_body(self, value: str) -> str:
        return no_nul(value)


class NewRegistration(serializers.Serializer[Any]):
    source = serializers.CharField(  # type: ignore[assignment]  # the name of an attribute of fields, too
        max_length=100, required=False, allow_blank=True, default=""
    )
    answers = serializers.DictField(required=False, default=dict, validators=[storable])

    def validate_source(self, value: str) -> str:
        return no_nul(value)


class MessageShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    seq = serializers.IntegerField()
    body = serializers.CharField(allow_blank=True)
    authorId = serializers.UUIDField()
    authorName = serializers.CharField()
    isHost = serializers.BooleanField()
    createdAt = serializers.DateTimeField()
    clientId = serializers.CharField()
    deleted = serializers.BooleanField()


class MessagesShape(serializers.Serializer[Any]):
    messages = MessageShape(many=True)
    lastSeq = serializers.IntegerField(help_text="The `after` of the next call.")


class OneMessageShape(serializers.Serializer[Any]):
    message = MessageShape()


class TokenShape(serializers.Serializer[Any]):
    token = serializers.CharField()
    expiresAt = serializers.DateTimeField()
    serverTime = serializers.DateTimeField()
    role = serializers.CharField()


class RegistrationShape(serializers.Serializer[Any]):
    registeredAt = serializers.DateTimeField()
    role = serializers.CharField()


class StateShape(serializers.Serializer[Any]):
    state = serializers.CharField()
    title = serializers.CharField()
    startTime = serializers.DateTimeField()
    endTime = serializers.DateTimeField(allow_null=True)
    notice = serializers.CharField(allow_null=True)
    epoch = serializers.CharField(allow_null=True)
    seq = serializers.IntegerField(allow_null=True)
    serverTime = serializers.DateTimeField()
    currentParticipants = serializers.IntegerField()
