"""What may be uploaded as a cover, what is kept of it, and how it is served (docs/security.md)."""

import io
import re
import struct
import zlib

import pytest
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client as Browser
from PIL import Image

from webinars.cover_image import CoverField
from webinars.models import Webinar
from webinars.tests.console_forms import change
from webinars.tests.factories import WebinarFactory

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = str(tmp_path)


def picture(kind="PNG", size=(40, 20), mode="RGB", **options) -> bytes:
    data = io.BytesIO()
    Image.new(mode, size, 120).save(data, kind, **options)
    return data.getvalue()


def with_place() -> bytes:
    """A photo that says where it was taken, and that it is to be turned."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "taken at home"
    return picture("JPEG", exif=exif)


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def bomb(side: int) -> bytes:
    """A PNG that claims to be enormous."""
    head = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    rows = zlib.compress(b"\x00" * 10_000)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def upload(data: bytes, name="cover.png", kind="image/png"):
    return SimpleUploadedFile(name, data, content_type=kind)


@pytest.fixture
def save(client, organizer, webinar):
    """Saves the webinar's form in the console with a cover; answers the response and the webinar as it is then."""
    client.force_login(organizer)

    def post(file):
        response = change(client, webinar, cover_image=file)
        return response, Webinar.objects.get(pk=webinar.pk)

    return post


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_cover_is_made_anew_and_served(save, client, kind):
    response, webinar = save(upload(picture(kind), name="../../etc/김 여름\x00.png"))

    assert response.status_code == 302
    assert re.fullmatch(r"covers/[0-9a-f]{32}\.webp", webinar.cover_image.name)
    served = client.get(webinar.cover_image.url)
    body = b"".join(served.streaming_content)
    assert (served.status_code, served["Content-Type"], served["X-Content-Type-Options"]) == (
        200,
        "image/webp",
        "nosniff",
    )
    assert served["Content-Security-Policy"].startswith("default-src 'none'")
    assert served["Cache-Control"] == "public, max-age=2592000, immutable"
    assert (Image.open(io.BytesIO(body)).format, Image.open(io.BytesIO(body)).size) == ("WEBP", (40, 20))


def test_nothing_of_the_file_is_kept_but_the_picture():
    hidden = b"<script>alert(1)</script>"

    kept = CoverField().clean(upload(with_place() + hidden)).read()

    image = Image.open(io.BytesIO(kept))
    assert (image.size, dict(image.getexif()), image.info.get("exif")) == ((20, 40), {}, None)
    assert hidden not in kept
    assert b"taken at home" not in kept


def test_what_is_larger_than_a_screen_is_made_smaller():
    kept = CoverField().clean(upload(picture("JPEG", size=(4000, 1000)))).read()

    assert Image.open(io.BytesIO(kept)).size == (1920, 480)


def test_a_see_through_picture_stays_so():
    kept = CoverField().clean(upload(picture("PNG", mode="RGBA"))).read()

    assert Image.open(io.BytesIO(kept)).mode == "RGBA"


SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!doctype html><script>alert(1)</script>"
BAD = {
    "svg": SVG,
    "html": HTML,
    "a GIF's first bytes only": b"GIF89a/*" + HTML,
    "a PNG cut short": picture("PNG", size=(400, 400))[:60],
    "a JPEG cut short": picture("JPEG", size=(400, 400))[:200],
    "a claim without pixels": bomb(4000),
    "bmp": picture("BMP"),
    "tiff": picture("TIFF"),
    "icns": picture("ICO", size=(32, 32)),
    "postscript": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n",
    "noise": bytes(range(256)) * 20,
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_picture_is_told_beside_the_field(save, what):
    response, webinar = save(upload(BAD[what], name="cover.png"))

    assert response.status_code == 200
    assert response.context["adminform"].form.errors.keys() == {"cover_image"}
    assert webinar.cover_image.name == ""
    assert default_storage.exists("covers") is False


TOO_MUCH = {
    "an enormous claim": (bomb(60_000), "too_large"),
    "a large claim": (bomb(6_000), "too_large"),
    "many bytes": (picture() + b"\0" * (5 * 1024 * 1024), "too_heavy"),
    "nothing": (b"", "empty"),
}


@pytest.mark.parametrize("what", TOO_MUCH)
def test_what_is_too_much_is_told(save, what):
    data, code = TOO_MUCH[what]

    response, webinar = save(upload(data))

    (problem,) = response.context["adminform"].form.errors.as_data()["cover_image"]
    assert (response.status_code, problem.code, webinar.cover_image.name) == (200, code, "")


def test_a_name_of_any_length_is_no_reason_to_refuse(save):
    response, webinar = save(upload(picture(), name="이름" * 5000 + ".exe"))

    assert (response.status_code, bool(webinar.cover_image)) == (302, True)


@pytest.mark.parametrize(
    "name",
    [
        "../settings.py", "..%2f..%2fsettings.py", "x.webp", f"{'a' * 32}.svg", f"{'A' * 32}.webp",
        f"{'a' * 32}.webp%00", f"{'a' * 32}.webp%0a", f"{'a' * 32}.webp",
    ],
)  # fmt: skip
def test_nothing_else_is_served(client, name):
    assert client.get(f"/media/covers/{name}").status_code == 404


@pytest.mark.parametrize(
    ("path", "length", "status"),
    [
        ("/accounts/login/", 2_621_441, 413),
        ("/i18n/setlang/", 10**12, 413),
        ("/api/webinars/x/messages", 10**12, 413),
        ("/console/webinars/webinar/add/", 25 * 1024 * 1024 + 1, 413),
        ("/console/webinars/webinar/add/", "9" * 5000, 413),
        ("/accounts/login/", "-1", 403),
    ],
)
def test_a_request_that_brings_too_much_is_not_read(path, length, status):
    response = Browser(enforce_csrf_checks=True).generic(
        "POST", path, b"x=1", content_type="application/x-www-form-urlencoded", CONTENT_LENGTH=str(length)
    )

    assert response.status_code == status


@pytest.mark.parametrize("language", ["ko", "en"])
def test_too_much_is_said_in_words(client, language):
    response = client.post("/accounts/login/", CONTENT_LENGTH=str(10**9), headers={"Accept-Language": language})
    call = client.post("/api/webinars/x/token", CONTENT_LENGTH=str(10**9), headers={"Accept-Language": language})

    assert (response.status_code, response["Content-Type"]) == (413, "text/html; charset=utf-8")
    assert f'<html lang="{language}">' in response.text
    assert (call.status_code, call.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/signup/"])
def test_more_fields_than_any_form_has(client, path):
    response = client.post(path, {f"field{number}": "x" for number in range(1100)})

    assert response.status_code == 413


def covers() -> list[str]:
    return [f"covers/{name}" for name in default_storage.listdir("covers")[1]]


@pytest.mark.parametrize("instead", ["another", "none"])
def test_a_replaced_cover_is_deleted_once_nothing_undoes_it(
    save, client, webinar, instead, django_capture_on_commit_callbacks
):
    save(upload(picture()))
    (first,) = covers()

    with django_capture_on_commit_callbacks() as after_commit:
        if instead == "another":
            save(upload(picture("GIF")))
        else:
            change(client, webinar, **{"cover_image": "", "cover_image-clear": "on"})
    before_commit = covers()
    for call in after_commit:
        call()

    webinar.refresh_from_db()
    assert first in before_commit
    assert covers() == ([webinar.cover_image.name] if instead == "another" else [])
    assert webinar.cover_image.name != first


def test_a_deleted_webinars_cover_is_deleted_unless_another_shows_it(
    save, webinar, django_capture_on_commit_callbacks
):
    _response, webinar = save(upload(picture()))
    other = WebinarFactory(cover_image=webinar.cover_image.name)

    with django_capture_on_commit_callbacks(execute=True):
        webinar.delete()
    shown = covers()
    with django_capture_on_commit_callbacks(execute=True):
        other.delete()

    assert (shown, covers()) == ([other.cover_image.name], [])
