"""The jobs for hosts that bring their own cron: `Authorization: Bearer $CRON_SECRET` (spec 6)."""

import hmac
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from eventflow.api.schema import failures
from presence.services.sessions import close_stale_sessions
from stats.services.retention import prune
from stats.services.sealing import seal_due
from stats.services.snapshots import minute_job

DONE = {204: OpenApiResponse(description="Done."), **failures(401)}


class CronView(APIView):
    authentication_classes = []

    def run(self, request: Request, job: Callable[..., object]) -> Response:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        expected = f"Bearer {settings.CRON_SECRET}"
        if not settings.CRON_SECRET or not hmac.compare_digest(given.encode(), expected.encode()):
            raise exceptions.AuthenticationFailed()
        now: datetime = timezone.now()
        job(now=now)
        return Response(status=204)

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"


class SnapshotView(CronView):
    @extend_schema(request=None, responses=DONE, summary="Take the minute's snapshot", operation_id="cron_snapshot")
    def post(self, request: Request) -> Response:
        return self.run(request, minute_job)

    get = extend_schema(operation_id="cron_snapshot_get")(post)


class SweeperView(CronView):
    @extend_schema(request=None, responses=DONE, summary="Close silent sessions", operation_id="cron_sweeper")
    def post(self, request: Request) -> Response:
        return self.run(request, close_stale_sessions)

    get = extend_schema(operation_id="cron_sweeper_get")(post)


class PruneView(CronView):
    @extend_schema(request=None, responses=DONE, summary="Delete what is kept no longer", operation_id="cron_prune")
    def post(self, request: Request) -> Response:
        return self.run(request, prune)

    get = extend_schema(operation_id="cron_prune_get")(post)


class SealView(CronView):
    @extend_schema(request=None, responses=DONE, summary="Seal attendance that is due", operation_id="cron_seal")
    def post(self, request: Request) -> Response:
        return self.run(request, seal_due)

    get = extend_schema(operation_id="cron_seal_get")(post)


urlpatterns = [
    path("webinar-access-snapshot", SnapshotView.as_view(), name="cron-snapshot"),
    path("session-sweeper", SweeperView.as_view(), name="cron-sweeper"),
    path("attendance-seal", SealView.as_view(), name="cron-seal"),
    path("prune", PruneView.as_view(), name="cron-prune"),
]
