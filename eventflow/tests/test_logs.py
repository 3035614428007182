"""What the log says of requests and jobs, and what it does not (spec 18)."""

import io
import json
import logging
import re

import pytest
import structlog
from django.conf import settings
from django.core import mail
from django.core.handlers.base import BaseHandler
from django.test import Client as Browser

from eventflow.celery import app
from eventflow.logs import JsonFormatter
from webinars.invitation_links import token_of
from webinars.models import Registration, User
from webinars.tests.factories import InvitationFactory, WebinarFactory

ADDRESS = "203.0.113.77"
EMAIL = "minji.kim@people.example"
NAME = "김민지비밀"
PHONE = "010-1234-5678"
WORD = "only-for-the-room"
PASSWORD = "a-Password-nobody-knows-7"
# Who writes a line when a server runs: each has the handler of its own that production gives it.
WRITERS = ("", "django", "django.server", "uvicorn", "_granian")


@pytest.fixture
def log():
    """Everything that would be written, from DEBUG up, as the servers format it."""
    written = io.StringIO()
    handler = logging.StreamHandler(written)
    handler.setFormatter(JsonFormatter())
    loggers = [logging.getLogger(name) for name in WRITERS]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
    yield written
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(handler)
        logger.setLevel(level)
    structlog.contextvars.clear_contextvars()


def lines(log):
    return [json.loads(line) for line in log.getvalue().splitlines()]


def test_the_writers_are_those_of_the_settings():
    assert set(WRITERS) == {"", *settings.LOGGING["loggers"]}


@pytest.mark.django_db
def test_a_request_has_one_line_with_an_id_of_ours(client, log):
    logging.getLogger("django_structlog").setLevel(logging.INFO)
    given = "forged-id\n{}"

    client.get("/healthz?name=kim", headers={"X-Request-ID": given, "X-Correlation-ID": given, "User-Agent": NAME})

    logging.getLogger("django_structlog").setLevel(logging.WARNING)
    (finished,) = [line for line in lines(log) if line["event"] == "request_finished"]
    assert (finished["request"], finished["code"]) == ("GET /healthz", 200)
    assert re.fullmatch(r"[0-9a-f-]{36}", finished["request_id"])
    assert "forged-id" not in log.getvalue()


def signing_up(browser: Browser) -> str:
    """With an account of one's own; answers the code that was mailed."""
    browser.post("/accounts/signup/", {"email": EMAIL, "display_name": NAME, "password1": PASSWORD})
    code = re.search(r"^\s*([A-Z0-9]{4,}-?[A-Z0-9]*)\s*$", mail.outbox[-1].body, flags=re.MULTILINE)[1]
    browser.post("/accounts/confirm-email/", {"code": "WRONG1"})
    browser.post("/accounts/confirm-email/", {"code": code})
    return code


def in_the_room(browser: Browser, webinar) -> str:
    """Registers, enters, speaks; answers the pass."""
    registered = browser.post(
        f"/api/webinars/{webinar.slug}/registrations",
        {"answers": {"phone": PHONE}},
        content_type="application/json",
    )
    assert registered.status_code == 201
    token = browser.post(f"/api/webinars/{webinar.slug}/token").json()["data"]["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    for path, body in (
        ("access/track", {"session_id": "session-of-a-page", "referrer": f"https://x.example/?mail={EMAIL}"}),
        ("presence/ping", {"session_id": "session-of-a-page"}),
        ("messages", {"body": WORD, "client_id": "client-1"}),
        ("messages", {"body": "\x00" + WORD, "client_id": "client-2"}),
        ("questions", {"body": WORD, "client_id": "client-3"}),
        ("access/exit", {"session_id": "session-of-a-page"}),
    ):
        browser.post(f"/api/webinars/{webinar.slug}/{path}", body, content_type="application/json", headers=bearer)
    return token


def wrong_ways(browser: Browser, webinar, token: str) -> None:
    browser.post("/accounts/logout/")
    browser.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD + "x"})
    browser.post("/accounts/login/code/", {"email": EMAIL})
    browser.post("/accounts/password/reset/", {"email": EMAIL})
    browser.post(f"/webinars/{webinar.slug}/register/?source={EMAIL}", {"email": EMAIL, "name": NAME})
    browser.get(
        f"/nothing/{EMAIL}/?name={NAME}", headers={"User-Agent": NAME, "Referer": f"https://x.example/{EMAIL}"}
    )
    browser.get(f"/accounts/password/reset/key/1-{WORD}/")
    browser.get("/", headers={"Host": f"{ADDRESS}.{WORD}"})
    browser.post(f"/api/webinars/{webinar.slug}/messages", {}, headers={"Authorization": f"Bearer {token}x"})
    browser.get("/api/cron/prune", headers={"Authorization": "Bearer " + settings.CRON_SECRET[:-1]})
    browser.get("/api/cron/prune", headers={"Authorization": "Bearer " + settings.CRON_SECRET})
    strict = Browser(enforce_csrf_checks=True, REMOTE_ADDR=ADDRESS)
    strict.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})


@pytest.mark.django_db
def test_a_whole_visit_leaves_nobody_in_the_log(log, monkeypatch):
    logging.getLogger("django_structlog").setLevel(logging.INFO)
    webinar = WebinarFactory(access_policy="auth")
    browser = Browser(REMOTE_ADDR=ADDRESS, raise_request_exception=False)
    code = signing_up(browser)
    token = in_the_room(browser, webinar)
    person = User.objects.get(email=EMAIL)
    session = browser.cookies[settings.SESSION_COOKIE_NAME].value
    wrong_ways(browser, webinar, token)
    link = token_of(InvitationFactory(email=EMAIL).pk)
    browser.get(f"/invitations/{link}/")
    browser.get(f"/invitations/{link}x/")
    browser.get("/invitations/")
    monkeypatch.setattr(BaseHandler, "resolve_request", fail_with_values)
    failed = browser.post("/accounts/login/", {"login": EMAIL, "password": PASSWORD})
    logging.getLogger("django_structlog").setLevel(logging.WARNING)

    text = log.getvalue()
    events = [line["event"] for line in lines(log)]
    assert Registration.objects.filter(user=person).exists()
    assert (events.count("request_finished") > 15, events.count("request_failed")) == (True, 1)
    secrets = {
        "email": EMAIL, "its first half": "minji.kim", "name": NAME, "phone": PHONE, "text": WORD, "code": code,
        "password": PASSWORD, "pass": token, "its signature": token.rpartition(".")[2], "address": ADDRESS,
        "person": str(person.pk), "cron": settings.CRON_SECRET[:-1], "session": session, "link": link,
        "signing key": settings.SECRET_KEY,
    }  # fmt: skip
    assert [what for what, secret in secrets.items() if secret in text] == []
    assert failed.status_code == 500
    assert [what for what, secret in secrets.items() if secret in failed.text] == []


def fail_with_values(self, request):
    password = request.POST["password"]
    raise ValueError(f"cannot let in {NAME} <{EMAIL}> with '{password}' from {ADDRESS}: {WORD}")


@app.task(name="tests.fails_with_values")
def fails(email, name):
    raise ValueError(f"no mail for {email} ('{name}'): {name}")


def test_a_job_that_fails_does_not_tell_for_whom(log):
    fails.apply(args=[EMAIL, NAME], kwargs={})

    (told,) = [line for line in lines(log) if line["logger"] == "celery.app.trace"]
    assert told["level"] == "error"
    assert "in fails" in told["exception"]
    assert [secret for secret in (EMAIL, NAME) if secret in log.getvalue()] == []
