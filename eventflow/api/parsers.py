import json
from collections.abc import Mapping
from typing import Any

from rest_framework.exceptions import ParseError
from rest_framework.parsers import BaseParser, JSONParser


class PlainTextJSONParser(BaseParser):
    """JSON that says it is `text/plain`, as `sendBeacon` sends a string."""

    media_type = "text/plain"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None
    ) -> Any:
        try:
            return json.loads(stream.read().decode())
        except (UnicodeDecodeError, ValueError) as error:
            raise ParseError from error


BEACON_PARSERS = [JSONParser, PlainTextJSONParser]
