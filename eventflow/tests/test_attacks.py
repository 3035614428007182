"""Bad input gets a clear answer, and never a 500 (spec 17)."""

import pytest
from django.test import Client as Browser
from django.test import RequestFactory
from django.test.client import ClientHandler

from eventflow.wsgi import read_as_utf8
from presence.models import UserSession
from webinars.models import Registration, Webinar
from webinars.services.live_pass import LONGEST_TOKEN, InvalidPass, verify_pass
from webinars.services.webinar_life import end
from webinars.tests.factories import ClientFactory

pytestmark = pytest.mark.django_db

SESSION = "0b7d1e9c-1111-4222-8333-444455556666"
DEEP = "[" * 60_000


PERSON = "0b7d1e9c-1111-4222-8333-444455556666"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "access/track"),
        ("POST", "presence/ping"),
        ("POST", "access/exit"),
        ("POST", "messages"),
        ("POST", f"members/{PERSON}/mute"),
        ("PATCH", "room"),
        ("PUT", "notice"),
    ],
)
@pytest.mark.parametrize(
    ("body", "status"), [(DEEP, 400), ("NaN", 400), ('{"a": Infinity}', 400), (" " * 70_000, 413), ("\ud800", 400)]
)
def test_bodies(call, webinar, attendee, method, path, body, status):
    response = call(webinar, attendee).send(method, path, body.encode("utf-8", "surrogatepass"))

    assert (response.status_code, response.json()["success"]) == (status, False)


@pytest.mark.parametrize(
    ("method", "path"), [("POST", f"members/{PERSON}/mute"), ("PATCH", "room"), ("PUT", "notice")]
)
def test_forms_are_no_json(call, webinar, organizer, method, path):
    response = call(webinar, organizer).send(
        method, path, "minutes=5", content_type="application/x-www-form-urlencoded"
    )

    assert (response.status_code, response.json()["code"]) == (415, "unsupported_media_type")


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "'); DROP TABLE messages; --", "\u202eevil", "x" * 100])
def test_names_and_texts_of_any_kind_are_kept_as_they_are(call, webinar, attendee, name):
    attendee.display_name = name
    attendee.save()
    caller = call(webinar, attendee)

    posted = caller.post("messages", {"body": name, "client_id": "client-1"}).json()["data"]["message"]

    assert (posted["body"], posted["authorName"]) == (name, name)
    assert caller.get("messages").json()["data"]["messages"] == [posted]


@pytest.mark.parametrize("path", ["presence/ping", "messages"])
def test_a_body_in_pieces_is_asked_for_its_length(call, webinar, attendee, path):
    response = call(webinar, attendee).post(
        path, {"session_id": SESSION}, headers={"Transfer-Encoding": "chunked", "Accept-Language": "en"}
    )

    assert (response.status_code, response.json()["code"]) == (411, "length_required")
    assert response.json()["error"] == "Say how long the body is, with Content-Length."


@pytest.mark.parametrize("text", ["a\x00b", "\ud800"])
def test_text_that_cannot_be_stored(call, webinar, attendee, text):
    caller = call(webinar, attendee)

    message = caller.post("messages", {"body": text, "client_id": "client-1"})
    referrer = caller.post("access/track", {"session_id": SESSION, "referrer": text})

    assert (message.status_code, referrer.status_code) == (400, 400)


@pytest.mark.parametrize(
    "answers",
    [{"a": "\x00"}, {"\x00": 1}, {"a": "\ud800"}, {"a": "x" * 20_000}, [1], "text"],
)
def test_answers_that_cannot_be_stored(webinar, stranger, answers):
    browser = Browser()
    browser.force_login(stranger)

    response = browser.post(
        f"/api/webinars/{webinar.slug}/registrations", {"answers": answers}, content_type="application/json"
    )

    assert (response.status_code, [*response.json()["fields"]]) == (400, ["answers"])
    assert Registration.objects.count() == 0


def test_an_endless_number_in_the_answers(webinar, stranger):
    browser = Browser()
    browser.force_login(stranger)

    response = browser.post(
        f"/api/webinars/{webinar.slug}/registrations", '{"answers": {"a": 1e999}}', content_type="application/json"
    )

    assert response.status_code == 400


@pytest.mark.parametrize("path", ["/webinars/%00/", "/webinars/%00/live/", "/webinars/%00/register/"])
def test_odd_addresses_of_pages(client, stranger, path):
    client.force_login(stranger)

    assert client.get(path).status_code == 404
    assert client.post("/api/webinars/%00/token").status_code == 404


def test_a_source_of_any_length(client, webinar, stranger):
    client.force_login(stranger)

    response = client.post(f"/webinars/{webinar.slug}/register/?source=%00" + "x" * 500)

    assert response.status_code == 302
    assert Registration.objects.get().source == "x" * 100


FORM = b'--x\r\nContent-Disposition: form-data; name="name"\r\n\r\nx\\ud800\r\n--x--\r\n'


@pytest.mark.parametrize("codec", ["=unicode_escape", "=utf-7", "=zlib", '="undefined"', "*=utf-8''zlib"])
def test_callers_name_no_codec_to_read_texts_by(webinar, codec):
    """Of any that Python has, some make no text of bytes, others half surrogate pairs."""
    path, handler = f"/webinars/{webinar.slug}/", ClientHandler()
    application = read_as_utf8(lambda environ, _start: handler(environ))

    def status(method, path, body=b""):
        environ = RequestFactory().generic(method, path, body).environ
        return application(
            {**environ, "CONTENT_TYPE": f"multipart/form-data; Charset{codec}; boundary=x"}, None
        ).status_code

    assert status("GET", f"{path}?source=x%5Cud800") == 200
    assert status("POST", f"{path}register/", FORM) == 403  # without a token of its own
    assert status("POST", f"/api{path}token", FORM) == 403


def test_an_address_with_a_scope(call, webinar, attendee):
    response = call(webinar, attendee).post("access/track", {"session_id": SESSION}, REMOTE_ADDR="fe80::1%eth0")

    assert response.status_code == 200
    assert UserSession.objects.get().ip_address == "fe80::1"


def test_tokens_of_any_length_are_not_remembered():
    with pytest.raises(InvalidPass):
        verify_pass("x" * (LONGEST_TOKEN + 1))


@pytest.mark.parametrize(("language", "text"), [("en", "A session id has 8 to 100"), ("ko", "세션")])
def test_fields_are_explained_in_the_callers_language(call, webinar, attendee, language, text):
    caller = call(webinar, attendee)
    caller.post("presence/ping", {"session_id": "x"}, headers={"Accept-Language": "ko" if language == "en" else "en"})

    response = caller.post("presence/ping", {"session_id": "x"}, headers={"Accept-Language": language})

    assert text in response.json()["fields"]["session_id"][0]


def test_a_webinar_that_moves_while_people_are_in(call, webinar, attendee):
    caller = call(webinar, attendee)
    webinar.client = ClientFactory()
    webinar.save()

    entered = caller.post("access/track", {"session_id": SESSION})
    pinged = caller.post("presence/ping", {"session_id": SESSION})

    assert (entered.status_code, pinged.status_code) == (200, 204)
    assert UserSession.objects.get().client_id == webinar.client_id


def test_a_slug_that_changes_while_people_are_in(call, webinar, attendee):
    caller = call(webinar, attendee)
    Webinar.objects.update(slug="renamed")

    assert caller.post("token").status_code == 200


def test_people_and_webinars_that_vanish(call, webinar, attendee, organizer):
    host = call(webinar, organizer)
    caller = call(webinar, attendee)
    organizer.delete()
    attendee.delete()
    gone = [
        caller.post("access/track", {"session_id": SESSION}).status_code,
        caller.post("presence/ping", {"session_id": SESSION}).status_code,
        host.post("messages", {"body": "hello", "client_id": "client-1"}).status_code,
    ]
    webinar.delete()
    nowhere = [
        caller.post("access/track", {"session_id": SESSION}).status_code,
        caller.post("presence/ping", {"session_id": SESSION}).status_code,
        caller.post("access/exit", {"session_id": SESSION}).status_code,
        caller.post("messages", {"body": "hello", "client_id": "client-1"}).status_code,
        caller.get("state").status_code,
        caller.post("token").status_code,
    ]

    assert gone == [403, 403, 403]
    assert nowhere == [404, 410, 204, 404, 404, 404]


def test_nobody_registers_after_the_end(webinar, stranger, client):
    end(webinar, now=webinar.webinar_start_time)
    Webinar.objects.update(post_window_minutes=0)
    client.force_login(stranger)

    by_page = client.post(f"/webinars/{webinar.slug}/register/")
    by_api = client.post(f"/api/webinars/{webinar.slug}/registrations", {}, content_type="application/json")

    assert (by_page.status_code, by_api.status_code) == (302, 410)
    assert Registration.objects.count() == 0


def test_members_enter_without_registering(webinar, organizer, client):
    client.force_login(organizer)

    by_page = client.post(f"/webinars/{webinar.slug}/register/")
    by_api = client.post(f"/api/webinars/{webinar.slug}/registrations", {}, content_type="application/json")

    assert (by_page.status_code, by_api.status_code, by_api.json()["code"]) == (302, 403, "is_member")
    assert Registration.objects.count() == 0
