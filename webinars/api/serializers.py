"""Shapes of requests and answers; answers serve the OpenAPI description (spec 17)."""

import json
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from webinars.blocked_words import MOST_BLOCKED_WORDS, UnfitWords, kept_words, shows_nothing
from webinars.models import Webinar
from webinars.models.webinar import BLOCKED_WORD_MAX_LENGTH, NOTICE_MAX_LENGTH
from webinars.selectors.messages import AT_MOST, NEWEST
from webinars.services.moderation import LONGEST_MUTE_MINUTES

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


def no_nul(value: str) -> None:
    if "\x00" in value:
        raise serializers.ValidationError(_("This text has characters that cannot be stored."))


def visible(value: str) -> None:
    """Not only characters that show nothing, with which people post empty lines."""
    if shows_nothing(value):
        raise serializers.ValidationError(serializers.CharField.default_error_messages["blank"], code="blank")


class MessagesQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    before = serializers.IntegerField(
        min_value=1, max_value=2**63 - 1, required=False, help_text="History: the `limit` messages before this number."
    )
    changed_after = serializers.IntegerField(
        min_value=0, max_value=2**63 - 1, required=False, help_text="Also what was deleted or restored since."
    )
    limit = serializers.IntegerField(min_value=1, max_value=AT_MOST, default=NEWEST)


class NewMessage(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=settings.CHAT_MESSAGE_MAX_LENGTH, validators=[no_nul, visible])
    client_id = serializers.RegexField(r"^[A-Za-z0-9_-]{8,64}\Z")


class Minutes(serializers.Serializer[Any]):
    minutes = serializers.IntegerField(min_value=1, max_value=LONGEST_MUTE_MINUTES)


class RoomChange(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    chat_enabled = serializers.BooleanField(required=False)
    slow_seconds = serializers.ChoiceField(choices=Webinar.SlowMode.values, required=False)
    blocked_words = serializers.ListField(
        child=serializers.CharField(allow_blank=True, max_length=10 * BLOCKED_WORD_MAX_LENGTH, validators=[no_nul]),
        required=False,
        max_length=MOST_BLOCKED_WORDS,
    )
    questions_enabled = serializers.BooleanField(required=False)
    questions_moderated = serializers.BooleanField(required=False)

    def validate_blocked_words(self, value: list[str]) -> list[str]:
        try:
            return kept_words(value)
        except UnfitWords as unfit:
            raise serializers.ValidationError(unfit.message) from None


class NewNotice(serializers.Serializer[Any]):
    """Either a text or a message."""

    text = serializers.CharField(max_length=NOTICE_MAX_LENGTH, required=False, validators=[visible])
    message_id = serializers.UUIDField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError(_("Give either a text or a message."))
        return attrs


class NewRegistration(serializers.Serializer[Any]):
    source = serializers.CharField(  # type: ignore[assignment]  # the name of an attribute of fields, too
        max_length=100, required=False, allow_blank=True, default="", validators=[no_nul]
    )
    answers = serializers.DictField(required=False, default=dict, validators=[storable])


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
    changedSeq = serializers.IntegerField(allow_null=True, help_text="Null until it is deleted or restored.")


class MessagesShape(serializers.Serializer[Any]):
    messages = MessageShape(many=True)
    lastSeq = serializers.IntegerField(help_text="The `after` of the next call.")
    lastChangedSeq = serializers.IntegerField(help_text="The `changed_after` of the next call.")
    changed = MessageShape(many=True, help_text="By `changedSeq`, at most 200; empty without `changed_after`.")
    hasEarlier = serializers.BooleanField(help_text="Whether there is history before these messages.")


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


class MutedShape(serializers.Serializer[Any]):
    userId = serializers.UUIDField()
    mutedUntil = serializers.DateTimeField(allow_null=True)


class BannedShape(serializers.Serializer[Any]):
    userId = serializers.UUIDField()
    bannedAt = serializers.DateTimeField(allow_null=True)


class SilencedPersonShape(serializers.Serializer[Any]):
    userId = serializers.UUIDField()
    name = serializers.CharField()
    mutedUntil = serializers.DateTimeField(allow_null=True)
    bannedAt = serializers.DateTimeField(allow_null=True)


class SilencedShape(serializers.Serializer[Any]):
    members = SilencedPersonShape(many=True)


class RoomShape(serializers.Serializer[Any]):
    chatEnabled = serializers.BooleanField()
    slowSeconds = serializers.IntegerField()
    blockedWords = serializers.ListField(child=serializers.CharField())
    questionsEnabled = serializers.BooleanField()
    questionsModerated = serializers.BooleanField()


class NoticeShape(serializers.Serializer[Any]):
    text = serializers.CharField()
    author = serializers.CharField(allow_blank=True)
    messageId = serializers.UUIDField(allow_null=True)
    setAt = serializers.DateTimeField()


class OneNoticeShape(serializers.Serializer[Any]):
    notice = NoticeShape(allow_null=True)


class StateShape(serializers.Serializer[Any]):
    state = serializers.CharField()
    startTime = serializers.DateTimeField()
    endTime = serializers.DateTimeField(allow_null=True)
    actualEndTime = serializers.DateTimeField(allow_null=True)
    chatEnabled = serializers.BooleanField()
    slowSeconds = serializers.IntegerField(help_text="Seconds between two messages of an attendee; 0: no slow mode.")
    questionsEnabled = serializers.BooleanField()
    questionsModerated = serializers.BooleanField()
    title = serializers.CharField()
    notice = NoticeShape(allow_null=True)
    epoch = serializers.CharField(allow_null=True)
    seq = serializers.IntegerField(allow_null=True)
    serverTime = serializers.DateTimeField()
    currentParticipants = serializers.IntegerField()
