"""JSON in, with limits: everybody may call, and some may mean harm (spec 17)."""

import json
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser

from eventflow.api.errors import ApiError

LONGEST_BODY = 64 * 1024


class TooLarge(ApiError):
    def __init__(self) -> None:
        super().__init__(413, "too_large", _("That is more than this call takes."))


class JSONParser(BaseParser):
    """A JSON body of at most 64 KB. Raises ParseError (400) for what is no JSON, and TooLarge (413)."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            body = stream.read(LONGEST_BODY + 1)
            if len(body) > LONGEST_BODY:
                raise TooLarge
            return json.loads(body.decode(), parse_constant=_refuse_constant)
        except (UnicodeDecodeError, ValueError, RecursionError) as error:
            raise ParseError from error


class PlainTextJSONParser(JSONParser):
    """JSON that says it is `text/plain`, as `sendBeacon` sends a string."""

    media_type = "text/plain"


BEACON_PARSERS = [JSONParser, PlainTextJSONParser]


def _refuse_constant(name: str) -> Any:
    """NaN and Infinity are no JSON."""
    raise ValueError(name)
