"""How answers look in the OpenAPI description (spec 17)."""

from typing import Any

from drf_spectacular.utils import OpenApiResponse, inline_serializer
from rest_framework import serializers


class FailureShape(serializers.Serializer[Any]):
    success = serializers.BooleanField(default=False)
    error = serializers.CharField(help_text="What happened, in the caller's language.")
    code = serializers.CharField(help_text="The same for programs.")
    fields = serializers.DictField(required=False, help_text="By field, what is wrong with it.")  # type: ignore[assignment]
    until = serializers.DateTimeField(required=False, help_text="With `muted`: when one may write again.")
    campaignPath = serializers.CharField(
        required=False, help_text="With `campaign_required`: the page on which people register."
    )


FAILURES = {
    400: "The request is malformed.",
    401: "No valid live pass.",
    403: "Not allowed.",
    404: "Unknown, or not yours.",
    409: "In conflict with the state of things.",
    410: "The webinar is closed.",
    411: "Say how long the body is.",
    413: "More than this call takes.",
    415: "Not application/json.",
    429: "Too fast; see Retry-After.",
    503: "The database is away; see Retry-After.",
}


def enveloped(name: str, data: type[serializers.Serializer[Any]], description: str = "") -> OpenApiResponse:
    """`{"success": true, "data": …}` around a shape."""
    shape = inline_serializer(f"{name}Answer", {"success": serializers.BooleanField(), "data": data()})
    return OpenApiResponse(shape, description or name)


def failures(*codes: int) -> dict[int, OpenApiResponse]:
    """The failures that a call documents; 503 is always one of them, and 411 where there is a body to be too large."""
    length = (411,) if 413 in codes else ()
    return {code: OpenApiResponse(FailureShape, FAILURES[code]) for code in sorted({*codes, *length, 503})}
