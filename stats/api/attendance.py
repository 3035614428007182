"""`stats/attendance`: who was there, and for how long (spec 6, 7)."""

from typing import Any

from django.http import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventflow.api.schema import enveloped, failures
from stats.api.exports import EXPORT_STARTED, FILES, attendance_as_file
from stats.api.private import StatsView
from stats.selectors.attendance import AttendanceQuery, attendance_page
from stats.selectors.attendance_query import AttendanceParams
from webinars.api.viewer import viewed, viewer_of


class StripShape(serializers.Serializer[Any]):
    """Stretches in seconds from the start of the window."""

    present = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    visible = serializers.ListField(child=serializers.ListField(child=serializers.IntegerField()))
    doubled = serializers.ListField(
        child=serializers.ListField(child=serializers.IntegerField()),
        allow_null=True,
        help_text="When two pages were open at once. Null where that is not known any more: a sealed row with "
        "`overlapSeconds` whose sessions were deleted, or whose person was erased.",
    )


class AttendanceRowShape(serializers.Serializer[Any]):
    userId = serializers.UUIDField(allow_null=True, help_text="Null when the person was erased.")
    displayName = serializers.CharField(allow_blank=True, help_text="Empty when the person was erased.")
    email = serializers.CharField(allow_blank=True, help_text="Empty when the person was erased.")
    registeredAt = serializers.DateTimeField(allow_null=True)
    connectedSeconds = serializers.IntegerField()
    uniqueSeconds = serializers.IntegerField()
    visibleSeconds = serializers.IntegerField()
    firstEntered = serializers.DateTimeField(allow_null=True)
    lastExited = serializers.DateTimeField(allow_null=True)
    sessionCount = serializers.IntegerField()
    overlapSeconds = serializers.IntegerField()
    attendancePercent = serializers.FloatField(allow_null=True, help_text="Null while the window has no length.")
    uncertaintySeconds = serializers.IntegerField()
    strip = StripShape()


class GuestTotalsShape(serializers.Serializer[Any]):
    sessionCount = serializers.IntegerField()
    connectedSeconds = serializers.IntegerField()
    visibleSeconds = serializers.IntegerField()
    uncertaintySeconds = serializers.IntegerField()


class AttendanceTotalsShape(serializers.Serializer[Any]):
    people = serializers.IntegerField(help_text="With a session in the webinar, also outside the window.")
    attended = serializers.IntegerField(help_text="With a session within the window.")
    connectedSeconds = serializers.IntegerField()
    uniqueSeconds = serializers.IntegerField()
    visibleSeconds = serializers.IntegerField()
    overlapSeconds = serializers.IntegerField()
    uncertaintySeconds = serializers.IntegerField()
    averageUniqueSeconds = serializers.FloatField(allow_null=True, help_text="Over those who attended.")
    averageAttendancePercent = serializers.FloatField(allow_null=True, help_text="Over those who attended.")
    guests = GuestTotalsShape()


class WindowShape(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(allow_null=True, help_text="Null while it is unknown.")
    until = serializers.DateTimeField(help_text="How far the window is over.")
    timeZone = serializers.CharField()
    seconds = serializers.IntegerField(help_text="From start to until.")


class SealShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    sealedAt = serializers.DateTimeField()
    sha256 = serializers.CharField()
    reason = serializers.CharField(
        allow_blank=True, allow_null=True, help_text="Null for those who may not see personal data."
    )
    author = serializers.CharField(
        allow_null=True, help_text="Null when it was sealed by itself, and for those who may not see personal data."
    )


class AttendanceShape(serializers.Serializer[Any]):
    rows = AttendanceRowShape(many=True, help_text="Empty for those who may not see personal data.")
    next = serializers.CharField(
        allow_null=True,
        help_text="The next page, counted to the same moment. As long as the attendance is not sealed, what is heard "
        "later of the time before can still move people: whoever's sessions, name or address change meanwhile may be "
        "skipped, or be on two pages. The pages of sealed attendance have everybody exactly once. When a name or an "
        "address that the pages are sorted by is not what it was, the answer is 400 with `after`: begin again.",
    )
    totals = AttendanceTotalsShape(help_text="Over everybody, whatever the rows are narrowed to.")
    definitions = serializers.DictField(child=serializers.CharField(), help_text="What each figure means.")
    window = WindowShape()
    sealed = SealShape(allow_null=True)
    asOf = serializers.DateTimeField(help_text="The moment that the figures count to; at most 5 s ago.")


class FormatParams(serializers.Serializer[Any]):
    format = serializers.ChoiceField(
        choices=["json", "csv", "xlsx"],
        default="json",
        help_text="A file has every row that is asked for, whatever `limit` and `after`; sums only for those who may "
        "not see personal data.",
    )


class AttendanceView(StatsView):
    @extend_schema(
        parameters=[AttendanceParams, FormatParams],
        responses={
            (200, "application/json"): enveloped("Attendance", AttendanceShape),
            **FILES,
            202: EXPORT_STARTED,
            **failures(400, 401, 403, 404, 429),
        },
        summary="Who was there, and for how long",
    )
    def get(self, request: Request, w: str) -> HttpResponseBase:
        viewer = viewer_of(request, w)
        params = FormatParams(data=request.query_params)
        params.is_valid(raise_exception=True)
        query, file_format = AttendanceQuery.parse(request.query_params), params.validated_data["format"]
        if file_format != "json":
            return attendance_as_file(viewer, query, file_format)
        now, sees_people = timezone.now(), viewer.may("see_personal")
        answer = attendance_page(webinar=viewer.webinar, query=query, may_see_personal=sees_people, now=now)
        viewed(viewer, "attendance", now=now)
        return Response(answer)
