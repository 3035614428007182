"""`stats?sections=` and `stats/curves`: what members read of a webinar (spec 6, 7)."""

from typing import Any

from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from eventflow.api.errors import ApiError
from eventflow.api.schema import enveloped, failures
from stats.api.private import StatsView
from stats.sections import SECTIONS, statistics
from stats.selectors.curves import DEFINITIONS, curves
from stats.shared_answers import shared
from webinars.api.viewer import viewed, viewer_of

CACHE_SECONDS = 5


class ContentWindowShape(serializers.Serializer[Any]):
    start = serializers.DateTimeField()
    end = serializers.DateTimeField(allow_null=True)


class WebinarShape(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.CharField()
    title = serializers.CharField()
    window = ContentWindowShape(help_text="The content window; without an end while it is unknown.")


class SectionShape(serializers.Serializer[Any]):
    title = serializers.CharField()
    figures = serializers.DictField(help_text="By name; which ones depends on the section and on the caller's role.")
    definitions = serializers.DictField(
        child=serializers.CharField(), help_text="What each of the figures means, in the caller's language."
    )


class StatisticsShape(serializers.Serializer[Any]):
    webinar = WebinarShape()
    asOf = serializers.DateTimeField(
        help_text="When the oldest of the figures were taken: at most 5 s ago, except where counting takes long (up "
        "to a minute) or the webinar is over (up to five)."
    )
    sections = serializers.DictField(child=SectionShape())


class StatisticsView(StatsView):
    @extend_schema(
        parameters=[
            OpenApiParameter(
                "sections",
                str,
                description=f"Names with commas between them, of: {', '.join(SECTIONS)}. Without it: all.",
            )
        ],
        responses={200: enveloped("Statistics", StatisticsShape), **failures(400, 401, 403, 404)},
        summary="Statistics by section, each figure with its definition",
    )
    def get(self, request: Request, w: str) -> Response:
        viewer = viewer_of(request, w)
        names = read_sections(request.query_params.get("sections", ""))
        webinar, now = viewer.webinar, timezone.now()
        as_of, sections = statistics(webinar, names=names, may_see_personal=viewer.may("see_personal"), now=now)
        if any(SECTIONS[name].names_people for name in names):
            viewed(viewer, "statistics", now=now)
        window = webinar.content_window
        return Response(
            {
                "webinar": {
                    "id": webinar.pk,
                    "slug": webinar.slug,
                    "title": webinar.title,
                    "window": {"start": window.start, "end": window.end},
                },
                "asOf": as_of,
                "sections": sections,
            }
        )


def read_sections(text: str) -> list[str]:
    """The names, each once, in their order; all when none is given. 400 for one that is not known."""
    names = [name for name in (part.strip() for part in text.split(",")) if name]
    if not SECTIONS.keys() >= set(names):
        raise ApiError(
            400,
            "unknown_section",
            format_lazy(_("There is no such section. There are: {names}."), names=", ".join(SECTIONS)),
        )
    return list(dict.fromkeys(names)) or list(SECTIONS)


class ConnectedShape(serializers.Serializer[Any]):
    fewest = serializers.ListField(child=serializers.IntegerField())
    most = serializers.ListField(child=serializers.IntegerField())


class ClassShape(serializers.Serializer[Any]):
    fromSeconds = serializers.IntegerField()
    toSeconds = serializers.IntegerField()
    people = serializers.IntegerField()


class CurvesShape(serializers.Serializer[Any]):
    minutes = serializers.ListField(child=serializers.DateTimeField(), help_text="Where each step begins.")
    stepSeconds = serializers.IntegerField(help_text="60, and more where the window is longer than a day.")
    attended = serializers.IntegerField()
    alreadyThere = serializers.IntegerField()
    entries = serializers.ListField(child=serializers.IntegerField())
    exits = serializers.ListField(child=serializers.IntegerField())
    stillThere = serializers.ListField(child=serializers.FloatField(allow_null=True))
    peopleConnected = ConnectedShape()
    watchHistogram = ClassShape(many=True)
    sealed = serializers.BooleanField(help_text="Read from the sealed attendance, not from the sessions.")
    window = ContentWindowShape(help_text="The content window, as far as it is over.")
    asOf = serializers.DateTimeField()
    definitions = serializers.DictField(child=serializers.CharField())


class CurvesView(StatsView):
    @extend_schema(
        responses={200: enveloped("Curves", CurvesShape), **failures(401, 403, 404)},
        summary="How people came, stayed and left within the content window",
    )
    def get(self, request: Request, w: str) -> Response:
        viewer = viewer_of(request, w)
        now = timezone.now()
        answer: dict[str, Any] = shared(
            "curves",
            str(viewer.webinar_id),
            lambda: {**curves(viewer.webinar, now), "asOf": now},
            seconds=CACHE_SECONDS,
        )
        return Response({**answer, "definitions": {name: str(text) for name, text in DEFINITIONS.items()}})
