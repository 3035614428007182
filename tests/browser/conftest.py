"""Browser tests: the real servers on the test database, and the system's Chromium."""

import os
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from playwright.sync_api import Browser

from eventflow import redis
from eventflow.demo import programs
from eventflow.demo.programs import Child
from eventflow.demo.static_files import collect_static_when_changed
from eventflow.demo.supervisor import answers
from eventflow.embedded import free_port
from eventflow.testing.chromium import launch_options
from tests.browser.visitors import DESKTOP, Visitor

HOST = "127.0.0.1"
READY_SECONDS = 60

# Playwright's synchronous API keeps an event loop running in this thread, which Django takes for asynchronous code.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Browser tests come last: Playwright's event loop stays in this thread, and asynchronous tests want their own."""
    here = Path(__file__).parent
    items.sort(key=lambda item: here in item.path.parents)


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    options = launch_options()
    given = browser_type_launch_args.get("args", [])
    return {**browser_type_launch_args, **options, "args": [*given, *options["args"]]}  # type: ignore[misc]


@dataclass(frozen=True)
class LiveSite:
    """`url` has no slash at its end. The two servers may be stopped and started by tests of outages."""

    url: str
    web: Child
    sockets: Child

    def wait_until_ready(self) -> None:
        for child, port in ((self.web, self.url.rsplit(":", 1)[1]), (self.sockets, self.web.environ["SOCKET_PORT"])):
            wait_until_it_answers(child, f"http://{HOST}:{port}/healthz")


@pytest.fixture(scope="session")
def site_servers(
    django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LiveSite]:
    """granian and uvicorn as the demo runs them, on ports of their own, against the test database."""
    with django_db_blocker.unblock():
        collect_static_when_changed()
        database = str(connection.settings_dict["NAME"])
    logs = tmp_path_factory.mktemp("servers")
    http, sockets = free_port(), free_port()
    environ = {
        "DATABASE_URL": url_of(database),
        "SOCKET_PORT": str(sockets),
        "DEBUG": "false",
        "EMAIL_BACKEND": "django.core.mail.backends.console.EmailBackend",  # mails are read from the web server's log
        **{f"{name}_CLIENT_{what}": "a-test" for name in ("KAKAO", "NAVER", "GOOGLE") for what in ("ID", "SECRET")},
    }
    web = Child("web", programs.http_server(host=HOST, port=http), log=logs / "web.log", environ=environ)
    room = Child("sockets", programs.socket_server(host=HOST, port=sockets), log=logs / "sockets.log", environ=environ)
    site = LiveSite(f"http://{HOST}:{http}", web, room)
    try:
        for child in (web, room):
            child.start()
        site.wait_until_ready()
        yield site
    finally:
        for child in (web, room):
            child.ask_to_end()
        for child in (web, room):
            child.end(seconds=4)


@pytest.fixture(scope="session")
def content_types(django_db_setup: None, django_db_blocker: Any) -> list[dict[str, Any]]:
    with django_db_blocker.unblock():
        return list(ContentType.objects.values())


@pytest.fixture
def live_site(site_servers: LiveSite, content_types: list[dict[str, Any]], transactional_db: None) -> LiveSite:
    """The running site with an empty database and an empty Redis. What a test commits, the servers see."""
    let_late_requests_lose()
    keep_numbers(content_types)
    redis.client().flushdb()
    for child in (site_servers.web, site_servers.sockets):
        if not child.alive():
            child.end(seconds=0)
            child.start()
    site_servers.wait_until_ready()
    return site_servers


def let_late_requests_lose() -> None:
    """
    A page that was just closed may still have a request under way, such as its goodbye, and meet the emptying of the
    tables in a deadlock. PostgreSQL ends whoever looks first whether there is one: the servers do after a second.
    """
    with connection.cursor() as cursor:
        cursor.execute("SET deadlock_timeout = '1min'")


def keep_numbers(content_types: list[dict[str, Any]]) -> None:
    """Emptying the database numbers its content types anew, but the servers remember them by their first numbers."""
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE django_content_type CASCADE")
    ContentType.objects.bulk_create(ContentType(**row) for row in content_types)
    ContentType.objects.clear_cache()


def url_of(database: str) -> str:
    """DATABASE_URL, with the test database's name in place of its own."""
    address, _, options = os.environ["DATABASE_URL"].partition("?")
    return f"{address.rsplit('/', 1)[0]}/{database}" + (f"?{options}" if options else "")


def wait_until_it_answers(child: Child, url: str) -> None:
    assert child.process is not None
    for _ in range(READY_SECONDS * 10):
        if answers(url):
            return
        try:
            code = child.process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
        pytest.fail(f"{child.name} ended with code {code}:\n{child.last_words()}")
    pytest.fail(f"{child.name} did not answer at {url} within {READY_SECONDS} s:\n{child.last_words()}")


@pytest.fixture(scope="session")
def base_url(site_servers: LiveSite) -> str:
    """Lets `page.goto("/webinars/demo/")` find the site."""
    return site_servers.url


@pytest.fixture
def visitor(browser: Browser, live_site: LiveSite) -> Iterator[Callable[..., Visitor]]:
    """Makes visitors, each with a browser context of their own; at the end none of them may have seen an error."""
    visitors: list[Visitor] = []

    def arrive(**options: Any) -> Visitor:
        settings = {"locale": "ko-KR", "timezone_id": "Asia/Seoul", "viewport": DESKTOP} | options
        new = Visitor(browser.new_context(**settings), url=live_site.url)
        new.context.set_default_timeout(15_000)
        visitors.append(new)
        return new

    yield arrive
    for each in visitors:
        each.context.close()
    for each in visitors:
        each.check()
