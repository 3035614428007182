"""The jobs for hosts that bring their own cron: `Authorization: Bearer $CRON_SECRET` (spec 6)."""

import hmac
from collections.abc import Callable
from typing import ClassVar

from django.conf import settings
from django.urls import path
from django.utils import timezone
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
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
    """By either method, as a host's cron can do the one or the other."""

    authentication_classes = []
    job: ClassVar[Callable[..., object]]

    def get(self, request: Request) -> Response:
        return self.run(request)

    def post(self, request: Request) -> Response:
        return self.run(request)

    def run(self, request: Request) -> Response:
        given = request.META.get("HTTP_AUTHORIZATION", "")
        expected = f"Bearer {settings.CRON_SECRET}"
        if not settings.CRON_SECRET or not hmac.compare_digest(given.encode(), expected.encode()):
            raise exceptions.AuthenticationFailed()
        type(self).job(now=timezone.now())
        return Response(status=204)

    def get_authenticate_header(self, request: Request) -> str:
        return "Bearer"


def described(name: str, summary: str) -> Callable[[type[CronView]], type[CronView]]:
    """Each method an operation of its own in the API's description."""
    return extend_schema_view(
        get=extend_schema(request=None, responses=DONE, summary=summary, operation_id=f"{name}_get"),
        post=extend_schema(request=None, responses=DONE, summary=summary, operation_id=name),
    )


@described("cron_snapshot", "Take the minute's snapshot")
class SnapshotView(CronView):
    job = staticmethod(minute_job)


@described("cron_sweeper", "Close silent sessions")
class SweeperView(CronView):
    job = staticmethod(close_stale_sessions)


@described("cron_prune", "Delete what is kept no longer")
class PruneView(CronView):
    job = staticmethod(prune)


@described("cron_seal", "Seal attendance that is due")
class SealView(CronView):
    job = staticmethod(seal_due)


urlpatterns = [
    path("webinar-access-snapshot", SnapshotView.as_view(), name="cron-snapshot"),
    path("session-sweeper", SweeperView.as_view(), name="cron-sweeper"),
    path("attendance-seal", SealView.as_view(), name="cron-seal"),
    path("prune", PruneView.as_view(), name="cron-prune"),
]
