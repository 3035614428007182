"""Fixtures named after people's parts, for every app's tests."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import connection
from django.test import Client as Browser
from django.utils import timezone
from django_celery_beat.models import PeriodicTask

from eventflow import redis
from webinars.models import User, Webinar
from webinars.selectors.access import Access, RoomRole, decide_access, webinar_and_person
from webinars.services.live_pass import issue_pass
from webinars.tests.factories import (
    AgencyMemberFactory,
    RegistrationFactory,
    UserFactory,
    WebinarFactory,
)

_scheduled: dict[str, PeriodicTask] = {}


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Transactional tests empty every table when they end, those too that otherwise cannot be emptied."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE attendance_seals DISABLE TRIGGER seal_stays_whole")
        cursor.execute("ALTER TABLE sealed_attendance DISABLE TRIGGER sealed_rows_stay_whole")
        cursor.execute("ALTER TABLE audit_log DISABLE TRIGGER audit_log_stays_whole")
        _scheduled.update({job.task: job for job in PeriodicTask.objects.select_related("crontab", "interval")})


@pytest.fixture
def scheduled() -> dict[str, PeriodicTask]:
    """The jobs that migrations schedule, by task, as they were before any test emptied the tables."""
    return _scheduled


@pytest.fixture(autouse=True)
def _fresh_redis() -> None:
    redis.pause.end()
    redis.client().flushdb()


@pytest.fixture(scope="session")
def _no_files(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("no-static-files"))


@pytest.fixture(autouse=True)
def _plain_static_files(settings: Any, _no_files: str) -> None:
    """Pages are rendered without `collectstatic`; the browser tests' servers have the real thing."""
    settings.STATIC_ROOT = _no_files
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def webinar(db: None) -> Webinar:
    return WebinarFactory()


@pytest.fixture
def organizer(webinar: Webinar) -> User:
    """Owner of the webinar's agency."""
    return AgencyMemberFactory(agency=webinar.agency, role="owner", user=UserFactory(is_staff=True)).user


@pytest.fixture
def attendee(webinar: Webinar) -> User:
    """Registered in the webinar."""
    return RegistrationFactory(webinar=webinar, user=UserFactory(display_name="Attendee")).user


@pytest.fixture
def stranger(db: None) -> User:
    """Signed in, and nothing to this webinar."""
    return UserFactory(display_name="Stranger")


@pytest.fixture
def rival(db: None) -> User:
    """Owner of another agency, with a webinar of its own."""
    other = WebinarFactory()
    return AgencyMemberFactory(agency=other.agency, role="owner", user=UserFactory(is_staff=True)).user


@pytest.fixture
def pass_for() -> Callable[..., str]:
    """A live pass for a user (or a guest, with None) in a webinar, as the page would get it."""

    def make(webinar: Webinar, user: User | None = None, *, now: datetime | None = None) -> str:
        guest_id = None if user else f"guest-{uuid.uuid4().hex}"
        found = webinar_and_person(str(webinar.pk), user_id=user.pk if user else None, guest_id=guest_id)
        assert found is not None
        moment = now or timezone.now()
        access = decide_access(webinar=found[0], person=found[1], now=moment)
        if not access.allowed:  # somebody who was let in once and would not be now
            access = Access(True, access.reason, RoomRole.ATTENDEE)
        return issue_pass(webinar=found[0], access=access, person=found[1], now=moment).token

    return make


@pytest.fixture
def quick_hashing(settings: Any) -> None:
    """Passwords that need not be safe, for tests that sign in often."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


class Caller:
    """Calls a webinar's API with a pass, as a page does."""

    def __init__(self, webinar: Webinar, token: str | None) -> None:
        self.browser = Browser(enforce_csrf_checks=True)
        self.webinar = webinar
        self.token = token

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"} if self.token else {}

    def get(self, path: str, **query: Any) -> Any:
        return self.browser.get(f"/api/webinars/{self.webinar.slug}/{path}", query, headers=self.headers())

    def post(self, path: str, body: Any = None, **options: Any) -> Any:
        return self.send("POST", path, body, **options)

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        return getattr(self.browser, method.lower())(
            f"/api/webinars/{self.webinar.slug}/{path}",
            body if body is not None else {},
            content_type=options.pop("content_type", "application/json"),
            headers={**self.headers(), **options.pop("headers", {})},
            **options,
        )


@pytest.fixture
def call(pass_for: Callable[..., str]) -> Callable[..., Caller]:
    def make(webinar: Webinar, user: User | None = None) -> Caller:
        return Caller(webinar, pass_for(webinar, user))

    return make
