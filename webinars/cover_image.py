"""A cover image as it is kept: never what was uploaded, but a picture made anew from it.

So no script, no place where a photo was taken and no second meaning of a file's bytes gets in, and nothing of the
uploader's is left in the name.
"""

import io
import uuid
import warnings
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps

FORMATS = ("JPEG", "PNG", "WEBP", "GIF")
MOST_PIXELS = 30_000_000  # 120 MB while it is looked at
LARGEST = (1920, 1920)
QUALITY = 82
MEGABYTE = 1024 * 1024


class CoverField(forms.FileField):
    """Takes JPEG, PNG, WebP and GIF by what they are, not by what they are called."""

    default_error_messages = {
        "not_an_image": _("This is not a picture we can read. Choose a JPEG, PNG, WebP or GIF file."),
        "too_heavy": _("This file has %(given)s MB. Choose one of at most %(most)s MB."),
        "too_large": _("This picture has more than 30 million points. Choose a smaller one."),
        "empty": _("This file is empty. Choose another one."),
        "missing": _("This file is empty. Choose another one."),
        "invalid": _("This file did not arrive. Choose it again."),
        "max_length": _("The name of this file is too long. Rename it and choose it again."),
    }
    widget = forms.ClearableFileInput

    def to_python(self, data: Any) -> UploadedFile | None:
        if isinstance(data, UploadedFile):
            data.name = "cover"  # it is not kept, so it may be anything
        uploaded = super().to_python(data)
        if uploaded is None:
            return None
        most = settings.COVER_IMAGE_MEGABYTES
        if uploaded.size > most * MEGABYTE:
            given = f"{uploaded.size / MEGABYTE:.1f}"
            raise ValidationError(
                self.error_messages["too_heavy"], code="too_heavy", params={"given": given, "most": most}
            )
        return SimpleUploadedFile(f"{uuid.uuid4().hex}.webp", self._made_anew(uploaded), content_type="image/webp")

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "accept": "image/jpeg,image/png,image/webp,image/gif"}

    def _made_anew(self, uploaded: "File[bytes]") -> bytes:
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we count by ourselves
                picture = Image.open(uploaded, formats=FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise Image.DecompressionBombError
            picture.draft("RGB", LARGEST)  # a large photo need not be unpacked whole
            upright = ImageOps.exif_transpose(picture)
            upright.thumbnail(LARGEST)
            plain = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
            kept = io.BytesIO()
            Image.frombytes(plain.mode, plain.size, plain.tobytes()).save(kept, "WEBP", quality=QUALITY)
        except Image.DecompressionBombError as error:
            raise ValidationError(self.error_messages["too_large"], code="too_large") from error
        except Exception as error:  # whatever the library makes of a file that means harm, it is none we take
            raise ValidationError(self.error_messages["not_an_image"], code="not_an_image") from error
        return kept.getvalue()
