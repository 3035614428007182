"""Cover images, for everybody: a name that is not guessed is all that is needed to see one."""

from django.core.files.storage import default_storage
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

FOLDER = "covers"


# A changed cover has another name, so a browser, or a cache before us, may keep it.
@require_safe
@cache_control(public=True, max_age=30 * 86_400, immutable=True)
def cover(request: HttpRequest, name: str) -> FileResponse:
    """`name` is as `CoverField` makes it; nothing else is served from here."""
    try:
        file = default_storage.open(f"{FOLDER}/{name}.webp")
    except OSError:
        raise Http404 from None
    return FileResponse(file, content_type="image/webp", filename=f"{name}.webp")
