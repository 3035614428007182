"""Health, the API's description, and errors in the caller's language (spec 17, 18)."""

import pytest
from asgiref.testing import ApplicationCommunicator
from django.db import OperationalError
from django.test import RequestFactory
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.validation import validate_schema

from eventflow import redis
from eventflow.api.errors import answer_error
from eventflow.asgi import application
from eventflow.failures import DatabaseUnavailableMiddleware, _page, server_error


def test_healthz_asks_nobody(client):
    response = client.get("/healthz")

    assert (response.status_code, response.content) == (200, b"ok\n")


@pytest.mark.django_db
def test_readyz(client):
    response = client.get("/readyz")

    assert (response.status_code, response.json()) == (
        200,
        {"ready": True, "database": "ok", "redis": "ok", "migrations": "ok"},
    )


@pytest.mark.django_db
def test_readyz_names_what_is_away(client, monkeypatch):
    monkeypatch.setattr(redis, "client", lambda: redis.redis.Redis(port=1, socket_connect_timeout=0.2))

    response = client.get("/readyz")

    assert response.status_code == 503
    assert (response.json()["ready"], response.json()["database"]) == (False, "ok")
    assert response.json()["redis"] == "away"


def test_the_schema_is_valid_and_names_every_path():
    schema = SchemaGenerator().get_schema(request=None, public=True)

    validate_schema(schema)
    assert sorted(schema["paths"]) == [
        "/api/campaigns/{c}",
        "/api/campaigns/{c}/entries",
        "/api/cron/attendance-seal",
        "/api/cron/prune",
        "/api/cron/session-sweeper",
        "/api/cron/webinar-access-snapshot",
        "/api/webinars/{w}/access/exit",
        "/api/webinars/{w}/access/track",
        "/api/webinars/{w}/members/silenced",
        "/api/webinars/{w}/members/{user_id}/ban",
        "/api/webinars/{w}/members/{user_id}/mute",
        "/api/webinars/{w}/messages",
        "/api/webinars/{w}/messages/{message_id}",
        "/api/webinars/{w}/messages/{message_id}/restore",
        "/api/webinars/{w}/notice",
        "/api/webinars/{w}/presence/ping",
        "/api/webinars/{w}/questions",
        "/api/webinars/{w}/questions/{question_id}",
        "/api/webinars/{w}/questions/{question_id}/answer",
        "/api/webinars/{w}/questions/{question_id}/upvote",
        "/api/webinars/{w}/registrations",
        "/api/webinars/{w}/room",
        "/api/webinars/{w}/state",
        "/api/webinars/{w}/stats",
        "/api/webinars/{w}/stats/access",
        "/api/webinars/{w}/stats/attendance",
        "/api/webinars/{w}/stats/curves",
        "/api/webinars/{w}/stats/exports/{export_id}",
        "/api/webinars/{w}/stats/exports/{export_id}/file",
        "/api/webinars/{w}/stats/reconciliation",
        "/api/webinars/{w}/token",
    ]


def test_every_operation_documents_its_failures():
    schema = SchemaGenerator().get_schema(request=None, public=True)

    operations = [(path, verb, op) for path, verbs in schema["paths"].items() for verb, op in verbs.items()]

    assert {(path, verb) for path, verb, op in operations if "503" not in op["responses"]} == set()
    for_everybody = {("/api/campaigns/{c}", "get")}
    assert {(path, verb) for path, verb, op in operations if "401" not in op["responses"]} == for_everybody
    assert {(path, verb) for path, verb, op in operations if not op.get("summary")} == set()


def test_a_lost_database_is_a_503():
    request = RequestFactory().get("/api/webinars/demo/messages", headers={"Accept-Language": "en"})

    response = answer_error(OperationalError("connection refused"), {"request": request})

    assert (response.status_code, response["Retry-After"]) == (503, "2")
    assert response.data == {
        "success": False,
        "error": "The service is catching its breath. Please try again in a moment.",
        "code": "unavailable",
    }


def test_a_bug_is_not_hidden():
    assert answer_error(ZeroDivisionError(), {"request": RequestFactory().get("/")}) is None


@pytest.mark.parametrize(("path", "content_type"), [("/api/x", "application/json"), ("/", "text/html; charset=utf-8")])
def test_pages_and_api_answer_503_when_a_view_loses_the_database(path, content_type):
    middleware = DatabaseUnavailableMiddleware(lambda request: None)

    response = middleware.process_exception(RequestFactory().get(path), OperationalError())

    assert (response.status_code, response["Content-Type"], response["Retry-After"]) == (503, content_type, "2")
    assert middleware.process_exception(RequestFactory().get(path), ValueError()) is None


def test_middleware_that_loses_the_database_is_answered_too():
    request = RequestFactory().get("/api/x")

    try:
        raise OperationalError
    except OperationalError:
        response = server_error(request)

    assert response.status_code == 503


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("get", "presence/ping", 405, "method_not_allowed"),
        ("put", "messages", 405, "method_not_allowed"),
        ("post", "stats/access", 405, "method_not_allowed"),
        ("post", "room", 405, "method_not_allowed"),
        ("post", "notice", 405, "method_not_allowed"),
        ("get", "messages/0b7d1e9c-1111-4222-8333-444455556666", 405, "method_not_allowed"),
        ("get", "members/not-an-id/mute", 404, "not_found"),
        ("delete", "messages/0b7d1e9c", 404, "not_found"),
        ("post", "members/silenced/ban", 404, "not_found"),
    ],
)
def test_wrong_methods(call, webinar, attendee, method, path, status, code):
    caller = call(webinar, attendee)

    response = getattr(caller.browser, method)(f"/api/webinars/{webinar.slug}/{path}", headers=caller.headers())

    assert (response.status_code, response.json()["code"]) == (status, code)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("path", "options", "status", "code"),
    [
        ("/api/nothing", {}, 404, "not_found"),
        ("/api/webinars/demo/nothing", {}, 404, "not_found"),
        ("/api/nothing", {"headers": {"Host": "elsewhere.example"}}, 400, "malformed"),
    ],
)
def test_what_never_reaches_an_api_view_is_answered_in_its_envelope(client, path, options, status, code):
    response = client.get(path, **options)

    assert (response.status_code, response.json()["success"], response.json()["code"]) == (status, False, code)


@pytest.mark.django_db
def test_people_get_a_page(client):
    response = client.get("/nothing-here/")

    assert (response.status_code, response["Content-Type"]) == (404, "text/html; charset=utf-8")


@pytest.mark.parametrize(("path", "kind"), [("/api/x", "application/json"), ("/x", "text/html; charset=utf-8")])
def test_a_bug_is_answered_without_its_trace(path, kind):
    request = RequestFactory().get(path, headers={"Accept-Language": "en"})

    try:
        raise ZeroDivisionError("secret detail")
    except ZeroDivisionError:
        response = server_error(request)

    assert (response.status_code, response["Content-Type"]) == (500, kind)
    assert b"secret detail" not in response.content


async def test_the_socket_server_tells_its_health_and_serves_no_pages():
    answers = {}
    for path in ("/healthz", "/", "/api/webinars/demo/messages"):
        page = ApplicationCommunicator(application, {"type": "http", "path": path, "method": "GET", "headers": []})
        answers[path] = (await page.receive_output())["status"]

    assert answers == {"/healthz": 200, "/": 404, "/api/webinars/demo/messages": 404}


@pytest.mark.parametrize("template", ["500.html", "503.html"])
def test_an_error_page_that_fails_is_put_into_words(settings, template):
    settings.TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": []}]

    response = _page(template, int(template[:3]))

    assert (response.status_code, response["Content-Type"]) == (int(template[:3]), "text/plain; charset=utf-8")
