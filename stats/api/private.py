"""What all calls below `stats` have in common."""

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from webinars.api.viewer import VIEWER_AUTHENTICATION


class StatsView(APIView):
    """Whoever asks for it by pass or by session: the answer, also one that refuses, depends on their rights and may
    name people. Nobody keeps it, neither on the way nor in the browser."""

    authentication_classes = VIEWER_AUTHENTICATION

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Cache-Control"] = "private, no-store"
        return final
