import json
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.http import HttpResponse
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer


class EnvelopeRenderer(BaseRenderer):
    """`{"success": true, "data": …}`; errors come here already in their own envelope (spec 17)."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        response = renderer_context["response"]
        if response.status_code == 204:
            return b""
        body = data if response.status_code >= 400 else {"success": True, "data": data}
        return json.dumps(body, cls=DjangoJSONEncoder, ensure_ascii=False, separators=(",", ":")).encode()


class OneRenderer(BaseContentNegotiation):
    """The API speaks JSON whatever the caller accepts, so there is nothing to negotiate."""

    def select_parser(self, request: Any, parsers: Any) -> Any:
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        for parser in parsers:
            if parser.media_type == media_type:
                return parser
        return None

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        return renderers[0], renderers[0].media_type


class NoContent(HttpResponse):
    """204. Plain Django, which spares the hot path DRF's rendering of nothing."""

    status_code = 204

    def __init__(self) -> None:
        super().__init__(content_type="")
        del self.headers["Content-Type"]
