"""`stats/reconciliation`: what must add up (spec 7)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventflow.api.schema import enveloped, failures
from stats.api.private import StatsView
from stats.selectors.reconciliation import reconciliation, stated_definitions
from stats.shared_answers import shared
from webinars.api.viewer import viewed, viewer_of

CACHE_SECONDS = 5


class SomebodyShape(serializers.Serializer[Any]):
    """Without id, name and address when the person was erased."""

    userId = serializers.UUIDField(allow_null=True)
    displayName = serializers.CharField(allow_blank=True)
    email = serializers.CharField(allow_blank=True)


class ReconciledShape(serializers.Serializer[Any]):
    """`definitions` says what each one is."""

    registered = serializers.IntegerField(help_text="Always attended + absent.")
    attended = serializers.IntegerField()
    absent = serializers.IntegerField()
    banned = serializers.IntegerField()
    attendedNotRegistered = serializers.IntegerField()
    outsideWindow = serializers.IntegerField()
    withoutSession = serializers.IntegerField()
    duplicateMailboxes = serializers.IntegerField()
    duplicatePeople = serializers.IntegerField()
    guests = serializers.IntegerField()
    peakBySnapshots = serializers.IntegerField(allow_null=True, help_text="Null without a sample.")
    peakBySnapshotsAt = serializers.DateTimeField(allow_null=True)
    peakByLedger = serializers.IntegerField()
    peakByLedgerAt = serializers.DateTimeField(allow_null=True)
    samples = serializers.IntegerField()


class OddPeopleShape(serializers.Serializer[Any]):
    attendedNotRegistered = SomebodyShape(many=True)
    outsideWindow = SomebodyShape(many=True)
    withoutSession = SomebodyShape(many=True)


class DuplicatesShape(serializers.Serializer[Any]):
    mailbox = serializers.CharField()
    people = SomebodyShape(many=True)


class ReconciledSealShape(serializers.Serializer[Any]):
    version = serializers.IntegerField()
    sealedAt = serializers.DateTimeField()
    sha256 = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class ReconciledWindowShape(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="How far the window is over.")
    timeZone = serializers.CharField()


class ReconciliationShape(serializers.Serializer[Any]):
    figures = ReconciledShape(help_text="As sealed, or as of now.")
    now = serializers.DictField(help_text="Once sealed: the figures that come out otherwise now, by name.")
    sessionsPruned = serializers.BooleanField(help_text="The sessions are kept no longer: nothing can be counted now.")
    people = OddPeopleShape(help_text="Who they are, 100 of each; empty for those who may not see personal data.")
    duplicates = DuplicatesShape(many=True, help_text="100 mailboxes; empty as well.")
    definitions = serializers.DictField(child=serializers.CharField(), help_text="What each figure means.")
    sealed = ReconciledSealShape(allow_null=True)
    window = ReconciledWindowShape()
    asOf = serializers.DateTimeField(
        help_text="The moment that the figures count to; at most 5 s ago, except where counting takes long (up to a "
        "minute). That of the seal once there is one."
    )


class ReconciliationView(StatsView):
    @extend_schema(
        responses={200: enveloped("Reconciliation", ReconciliationShape), **failures(401, 403, 404)},
        summary="What must add up: registered and there, samples and sessions",
    )
    def get(self, request: Request, w: str) -> Response:
        """No query by a pass while the answer is kept. Cold: the webinar and what `reconciliation` asks."""
        viewer = viewer_of(request, w)
        sees_people = viewer.may("see_personal")
        answer: dict[str, Any] = shared(
            "reconciliation",
            f"{viewer.webinar_id}:{'personal' if sees_people else 'plain'}",
            lambda: reconciliation(viewer.webinar, timezone.now(), may_see_personal=sees_people),
            seconds=CACHE_SECONDS,
        )
        viewed(viewer, "statistics", now=timezone.now())
        return Response({**answer, "definitions": stated_definitions()})
