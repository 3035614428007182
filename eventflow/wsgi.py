"""HTTP, for a WSGI server (granian): Django's HTTP costs 2.6 times as much under ASGI (docs/benchmarks.md)."""

import os
import re
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "eventflow.settings")

Application = Callable[[dict[str, Any], Any], Iterable[bytes]]
# Also as Python writes parameters of other encodings: charset*=utf-8''zlib.
CHARSET = re.compile(r";\s*charset[^;]*", re.IGNORECASE)


def read_as_utf8(application: Application) -> Application:
    """Django reads addresses and forms by whichever of Python's codecs the caller names. Some make no text of bytes,
    which fails before any middleware, others half surrogate pairs, which no table takes."""

    def answer(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        environ["CONTENT_TYPE"] = CHARSET.sub("", environ.get("CONTENT_TYPE") or "")
        return application(environ, start_response)

    return answer


application = read_as_utf8(get_wsgi_application())
