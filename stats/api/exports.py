"""Attendance as files, at once or written by a worker (spec 6)."""

import uuid
from typing import Any

from django.http import HttpResponseBase
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventflow.api.errors import NotFound
from eventflow.api.schema import enveloped, failures
from stats.api.private import StatsView
from stats.exports.answers import Wanted, file_or_export, kept_file
from stats.exports.file_names import CONTENT_TYPES
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.selectors.exports import export_state, own_export
from webinars.api.viewer import Viewer, viewer_of
from webinars.models import User


class ExportShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    format = serializers.ChoiceField(choices=["csv", "xlsx"])
    state = serializers.ChoiceField(choices=["queued", "running", "done", "failed"])
    rowsDone = serializers.IntegerField()
    rowsTotal = serializers.IntegerField(allow_null=True, help_text="Null while it is unknown.")
    percent = serializers.IntegerField(allow_null=True)
    size = serializers.IntegerField(allow_null=True, help_text="In bytes, when it is done.")
    error = serializers.CharField(allow_null=True)
    errorCode = serializers.CharField(allow_null=True)
    expiresAt = serializers.DateTimeField(help_text="The file is gone after.")
    url = serializers.CharField(help_text="Where to ask how far it is.")
    fileUrl = serializers.CharField(allow_null=True, help_text="Where to fetch it, when it is done.")


FILES = {
    (200, media_type.partition(";")[0]): OpenApiResponse(OpenApiTypes.BINARY, "The file.")
    for media_type in CONTENT_TYPES.values()
}
EXPORT_STARTED = enveloped("Export", ExportShape, "A worker writes the file: ask at `url` how far it is.")


def attendance_as_file(viewer: Viewer, query: AttendanceQuery, file_format: str) -> HttpResponseBase:
    """200 with the file, or 202 with the address of what a worker writes. Raises TooManyExports (429)."""
    made = file_or_export(
        Wanted(
            webinar=viewer.webinar,
            user=_user_of(viewer),
            kind=Export.Kind.ATTENDANCE,
            file_format=file_format,
            now=timezone.now(),
            personal=viewer.may("see_personal"),
            query=query,
        )
    )
    if not isinstance(made, Export):
        return made
    answer = _answer(made)
    return Response(answer, status=202, headers={"Location": answer["url"], "Retry-After": "1"})


class ExportView(StatsView):
    @extend_schema(
        responses={200: enveloped("ExportState", ExportShape), **failures(401, 403, 404)},
        summary="How far a file is",
    )
    def get(self, request: Request, w: str, export_id: uuid.UUID) -> Response:
        return Response(_answer(_own(request, w, export_id)))


class ExportFileView(StatsView):
    @extend_schema(
        responses={
            **FILES,
            **failures(401, 403, 404),
        },
        summary="The file, for who asked for it",
    )
    def get(self, request: Request, w: str, export_id: uuid.UUID) -> HttpResponseBase:
        file = kept_file(_own(request, w, export_id))
        if file is None:
            raise NotFound
        return file


def _own(request: Request, w: str, export_id: uuid.UUID) -> Export:
    viewer = viewer_of(request, w)
    found = own_export(export_id=export_id, webinar_id=viewer.webinar_id, user=_user_of(viewer), now=timezone.now())
    if found is None:
        raise NotFound
    return found


def _user_of(viewer: Viewer) -> User:
    found = User.objects.filter(pk=viewer.user_id).first()
    if found is None:
        raise NotFound
    return found


def _answer(export: Export) -> dict[str, Any]:
    where = {"w": export.webinar_id, "export_id": export.pk}
    is_done = export.state == Export.State.DONE
    return {
        **export_state(export),
        "url": reverse("stats-api:export", kwargs=where),
        "fileUrl": reverse("stats-api:export-file", kwargs=where) if is_done else None,
    }
