from typing import Any
from zoneinfo import ZoneInfo

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventflow.api.schema import enveloped, failures
from stats.api.private import StatsView
from stats.selectors.access import access_statistics
from webinars.api.authentication import pass_of
from webinars.api.viewer import viewed, viewer_of
from webinars.services.live_pass import LivePass


class AccessQuery(serializers.Serializer[Any]):
    to = serializers.DateTimeField(required=False, default_timezone=ZoneInfo("UTC"))

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of the language, so the field cannot be written as an attribute."""
        fields: dict[str, Any] = super().get_fields()
        return {"from": serializers.DateTimeField(required=False, default_timezone=ZoneInfo("UTC")), **fields}


class PersonShape(serializers.Serializer[Any]):
    displayName = serializers.CharField()
    userId = serializers.UUIDField(required=False)
    joinedAt = serializers.DateTimeField(required=False)
    lastSeenAt = serializers.DateTimeField(required=False)


class BucketShape(serializers.Serializer[Any]):
    time = serializers.DateTimeField(help_text="Start of the bucket.")
    avgParticipants = serializers.FloatField(help_text="Over the samples of the bucket.")
    maxParticipants = serializers.IntegerField()
    minParticipants = serializers.IntegerField()
    lastParticipants = serializers.IntegerField()
    sampleCount = serializers.IntegerField(help_text="One a minute; fewer where minutes were missed.")


class AccessShape(serializers.Serializer[Any]):
    currentParticipants = serializers.IntegerField(help_text="People seen within the last 180 s; at most 5 s old.")
    currentParticipantList = PersonShape(many=True)
    totalAttendees = serializers.IntegerField(required=False, help_text="People who opened the live page.")
    maxConcurrentParticipants = serializers.IntegerField(required=False)
    avgConcurrentParticipants = serializers.FloatField(required=False, help_text="Over samples, not over buckets.")
    peakTime = serializers.DateTimeField(required=False, allow_null=True)
    timeline = BucketShape(
        many=True, required=False, help_text="With `from`, the first 2,000 buckets from there; else the newest 2,000."
    )
    timelineTruncated = serializers.BooleanField(
        required=False, help_text="There are more buckets; the figures above are over all of them."
    )
    nextPollSeconds = serializers.IntegerField()
    asOf = serializers.DateTimeField()


class AccessView(StatsView):
    @extend_schema(
        parameters=[AccessQuery],
        responses={200: enveloped("Access", AccessShape), **failures(400, 401, 403, 404)},
        summary="How many people, now and over time",
    )
    def get(self, request: Request, w: str) -> Response:
        viewer = pass_of(request, w) if isinstance(request.auth, LivePass) else viewer_of(request, w)
        query = AccessQuery(data=request.query_params)
        query.is_valid(raise_exception=True)
        span, now = query.validated_data, timezone.now()
        answer = access_statistics(viewer=viewer, start=span.get("from"), end=span.get("to"), now=now)
        viewed(viewer, "live", now=now)
        return Response(answer)
