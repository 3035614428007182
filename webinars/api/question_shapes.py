"""Shapes of the calls about questions and of their answers (spec 10, 17)."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

from webinars.api.serializers import no_nul, visible
from webinars.models import Question
from webinars.models.question import ANSWER_MAX_LENGTH, QUESTION_MAX_LENGTH
from webinars.selectors.questions import AT_MOST
from webinars.services.answering import ANSWER_MISSING

STATUSES = tuple(Question.Status.values)
# What a host may set; answering is a call of its own.
SETTABLE = (Question.Status.PENDING.value, Question.Status.PUBLISHED.value, Question.Status.ARCHIVED.value)


class QuestionsQuery(serializers.Serializer[Any]):
    after = serializers.IntegerField(min_value=0, max_value=2**63 - 1, required=False)
    status = serializers.ChoiceField(choices=STATUSES, required=False)
    limit = serializers.IntegerField(min_value=1, max_value=AT_MOST, default=AT_MOST)


class NewQuestion(serializers.Serializer[Any]):
    body = serializers.CharField(max_length=QUESTION_MAX_LENGTH, validators=[no_nul, visible])
    client_id = serializers.RegexField(r"^[A-Za-z0-9_-]{8,64}\Z")
    is_anonymous = serializers.BooleanField(default=False)


class NewAnswer(serializers.Serializer[Any]):
    """What is not given stays as it is."""

    text = serializers.CharField(
        max_length=ANSWER_MAX_LENGTH, allow_blank=True, required=False, validators=[no_nul, visible]
    )
    live = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"text": [ANSWER_MISSING]})
        return attrs


class QuestionChange(serializers.Serializer[Any]):
    status = serializers.ChoiceField(choices=SETTABLE, required=False)
    is_pinned = serializers.BooleanField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not attrs:
            raise serializers.ValidationError({"status": [_("Say what to change.")]})
        return attrs


class QuestionShape(serializers.Serializer[Any]):
    """What was put away comes to attendees as `id`, `seq`, `changedSeq`, `status` and `withdrawn` alone."""

    id = serializers.UUIDField()
    seq = serializers.IntegerField(help_text="Counts what was asked.")
    changedSeq = serializers.IntegerField(help_text="Counts the changes of all questions; this one's latest.")
    status = serializers.ChoiceField(choices=STATUSES)
    body = serializers.CharField(required=False)
    authorId = serializers.UUIDField(required=False, allow_null=True)
    authorName = serializers.CharField(required=False, allow_null=True, help_text="Null where it is not told.")
    isAnonymous = serializers.BooleanField(required=False)
    withdrawn = serializers.BooleanField(required=False, help_text="Whoever asked took it back, for good.")
    votes = serializers.IntegerField(required=False)
    pinned = serializers.BooleanField(required=False)
    answer = serializers.CharField(required=False, allow_blank=True)
    answeredLive = serializers.BooleanField(required=False)
    answeredAt = serializers.DateTimeField(required=False, allow_null=True)
    answeredBy = serializers.CharField(required=False, allow_null=True, help_text="A name.")
    publishedAt = serializers.DateTimeField(required=False, allow_null=True)
    createdAt = serializers.DateTimeField(required=False)
    mine = serializers.BooleanField(required=False)
    voted = serializers.BooleanField(required=False)


class QuestionsShape(serializers.Serializer[Any]):
    questions = QuestionShape(many=True)
    lastChange = serializers.IntegerField(help_text="The `after` of the next call.")
    votes = serializers.DictField(
        child=serializers.IntegerField(), help_text="By id, of what is shown and has votes: the most voted ones."
    )


class OneQuestionShape(serializers.Serializer[Any]):
    question = QuestionShape()


class VotesShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    votes = serializers.IntegerField()
    voted = serializers.BooleanField()
