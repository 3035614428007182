"""Shapes of the calls about registration campaigns and of their answers (spec 12, 17)."""

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from webinars.api.serializers import no_nul
from webinars.models import Campaign, CampaignEntry, CampaignQuestion, ConsentVersion, Webinar
from webinars.phone_numbers import LONGEST_TYPED
from webinars.selectors.campaigns import CampaignState


@extend_schema_field({"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]})
class AnswerField(serializers.Field[Any, Any, Any, Any]):
    """A text, or a list of texts."""

    default_error_messages = {"invalid": serializers.CharField.default_error_messages["invalid"]}

    def to_internal_value(self, data: Any) -> str | list[str]:
        texts = data if isinstance(data, list) else [data]
        if not all(isinstance(text, str) and _can_be_kept(text) for text in texts):
            self.fail("invalid")
        answer: str | list[str] = data
        return answer

    def to_representation(self, value: Any) -> Any:
        return value


def _can_be_kept(text: str) -> bool:
    """PostgreSQL keeps neither NUL nor half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\x00" not in text


class NewEntry(serializers.Serializer[Any]):
    """The address is the signed-in person's. Questions and consents go by their ids, as `GET` tells them."""

    name = serializers.CharField(max_length=100, validators=[no_nul])
    phone = serializers.CharField(
        max_length=LONGEST_TYPED, required=False, allow_null=True, allow_blank=True, default=None, validators=[no_nul]
    )
    answers = serializers.DictField(child=AnswerField(), required=False, default=dict)
    consents = serializers.DictField(child=serializers.BooleanField(), required=False, default=dict)
    source = serializers.CharField(  # type: ignore[assignment]  # the name of an attribute of fields, too
        max_length=100, required=False, allow_blank=True, default="", validators=[no_nul]
    )


class CampaignQuestionShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    label = serializers.CharField()  # type: ignore[assignment]
    kind = serializers.ChoiceField(choices=CampaignQuestion.Kind.values)
    choices = serializers.ListField(child=serializers.CharField())
    required = serializers.BooleanField()  # type: ignore[assignment]


class ConsentShape(serializers.Serializer[Any]):
    id = serializers.UUIDField(help_text="Of this version of the text.")
    label = serializers.CharField()  # type: ignore[assignment]
    body = serializers.CharField(allow_blank=True)
    required = serializers.BooleanField()  # type: ignore[assignment]


class CampaignWebinarShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    startTime = serializers.DateTimeField()
    endTime = serializers.DateTimeField(allow_null=True)
    timeZone = serializers.CharField()


class CampaignShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    description = serializers.CharField(allow_blank=True)
    state = serializers.ChoiceField(choices=[state.value for state in CampaignState])
    opensAt = serializers.DateTimeField(allow_null=True)
    closesAt = serializers.DateTimeField(allow_null=True)
    timeZone = serializers.CharField()
    phone = serializers.ChoiceField(choices=Campaign.Phone.values)
    questions = CampaignQuestionShape(many=True)
    consents = ConsentShape(many=True)
    webinars = CampaignWebinarShape(many=True)


class EntryShape(serializers.Serializer[Any]):
    enteredAt = serializers.DateTimeField()
    name = serializers.CharField()
    webinars = CampaignWebinarShape(many=True, help_text="In which the person is registered now.")


def campaign_answer(
    campaign: Campaign,
    state: CampaignState,
    webinars: Sequence[Webinar],
    questions: Sequence[CampaignQuestion],
    consents: Sequence[ConsentVersion],
) -> dict[str, Any]:
    return {
        "id": campaign.pk,
        "slug": campaign.slug,
        "title": campaign.title,
        "description": campaign.description,
        "state": state.value,
        "opensAt": campaign.opens_at,
        "closesAt": campaign.closes_at,
        "timeZone": campaign.time_zone,
        "phone": campaign.phone,
        "questions": [
            {
                "id": question.pk,
                "label": question.label,
                "kind": question.kind,
                "choices": question.choices,
                "required": question.is_required,
            }
            for question in questions
        ],
        "consents": [
            {"id": asked.pk, "label": asked.label, "body": asked.body, "required": asked.is_required}
            for asked in consents
        ],
        "webinars": [_webinar(webinar) for webinar in webinars],
    }


def entry_answer(entry: CampaignEntry, webinars: Sequence[Webinar]) -> dict[str, Any]:
    return {
        "enteredAt": entry.entered_at,
        "name": entry.name,
        "webinars": [_webinar(webinar) for webinar in webinars],
    }


def _webinar(webinar: Webinar) -> dict[str, Any]:
    return {
        "id": webinar.pk,
        "slug": webinar.slug,
        "title": webinar.title,
        "startTime": webinar.webinar_start_time,
        "endTime": webinar.content_window.end,
        "timeZone": webinar.time_zone,
    }
