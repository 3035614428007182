"""Asking as one person, and saying in a short code what came of it."""

import io
import re
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection, transaction
from django.http import SimpleCookie
from django.test import Client as Browser
from django.urls import reverse

from eventflow import redis
from tests.matrix.world import AGENCY, CLIENT, PERSON, World
from webinars import unproven

# What is written about visitors and visits, not by them.
BOOKKEEPING = ("django_session", "audit_log", "account_emailconfirmation", "usersessions_usersession")
WRITTEN = f"""
    SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_xact_user_tables
    WHERE relname NOT IN ({", ".join(f"'{name}'" for name in BOOKKEEPING)})
"""
MARKS = ((PERSON, "p"), (CLIENT, "c"), (AGENCY, "a"))
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@dataclass(frozen=True)
class Asked:
    """One request. `carries` is what it is sent with: the person's session, or the pass of their live page in a
    webinar of that state."""

    method: str
    path: str
    query: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    content_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    carries: str = "session"


def cookies_of(world: World, person: str) -> SimpleCookie:
    """Made once for each person: those who can sign in are, a guest has a guest's cookie."""
    if person not in world.cookies:
        browser = Browser()
        user = world.people[person]
        if person == "guest":
            browser.get(f"/webinars/{world.webinars['open'].pk}/live/")
        elif person == "unproven":
            remember_unproven(browser, world)
        elif user is not None:
            sign_in(browser, user)
        world.cookies[person] = browser.cookies
    return SimpleCookie({name: morsel.value for name, morsel in world.cookies[person].items()})


def sign_in(browser: Browser, user: Any) -> None:
    """Without the signals of a sign-in, which are not asked about here."""
    values = {
        SESSION_KEY: str(user.pk),
        BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
        HASH_SESSION_KEY: user.get_session_auth_hash(),
    }
    begin_session(browser, values)


def remember_unproven(browser: Browser, world: World) -> None:
    """Somebody who typed an address into a webinar that takes their word for it."""
    begin_session(browser, {unproven.SESSION_KEY: {str(world.webinars["typed"].pk): str(world.people["unproven"].pk)}})


def begin_session(browser: Browser, values: Mapping[str, Any]) -> None:
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session.update(values)
    session.save()
    browser.cookies[settings.SESSION_COOKIE_NAME] = session.session_key


def ask(
    world: World, person: str, asked: Asked, *, check_csrf: bool = False, look: Callable[[], Any] = lambda: None
) -> tuple[Any, bool]:
    """The response, and whether anything was written. Nothing of it stays; `look` is called while it is there, and its
    answer is the response's `seen`."""
    browser = Browser(enforce_csrf_checks=check_csrf, raise_request_exception=False)
    browser.cookies = cookies_of(world, person)
    headers = dict(asked.headers)
    if asked.carries != "session":
        browser.cookies.clear()
        token = world.passes.get((person, asked.carries))
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
    with undone(world) as written:
        if asked.method == "GET":
            response = browser.get(asked.path, asked.query, headers=headers)
        else:
            options: dict[str, Any] = {"headers": headers, "query_params": asked.query}
            if asked.content_type:
                options["content_type"] = asked.content_type
            response = getattr(browser, asked.method.lower())(asked.path, asked.body or {}, **options)
        response.body = response.getvalue()
        wrote, response.seen = written(), look()
    return response, wrote


WRITES = re.compile(r"\b(INSERT|UPDATE|DELETE|MERGE)\b")


class Pen:
    """Notices whether rows were written. The database counts them for a transaction, also those that a savepoint took
    back; it is asked only when something was said that may write."""

    def __init__(self) -> None:
        self.counted = 0
        self.may_have_written = False

    def watch(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        self.may_have_written = self.may_have_written or WRITES.search(str(sql)) is not None
        return execute(sql, params, many, context)

    def wrote(self) -> bool:
        if not self.may_have_written:
            return False
        before, self.counted, self.may_have_written = self.counted, count_written(), False
        return self.counted != before


def count_written() -> int:
    with connection.cursor() as cursor:
        cursor.execute(WRITTEN)
        return int(cursor.fetchone()[0])


@contextmanager
def undone(world: World) -> Iterator[Callable[[], bool]]:
    """Gives a question: was anything written so far?"""
    pen: Pen = world.__dict__.setdefault("pen", Pen())
    if not pen.counted:
        pen.counted = count_written()
    with transaction.atomic():
        with connection.execute_wrapper(pen.watch):
            yield pen.wrote
        transaction.set_rollback(True)


def code_of(response: Any, wrote: bool) -> str:
    """`in` for the way to the sign-in, else the status, with what was shown (people, client, agency); `!` when
    something was written."""
    ways_in = (reverse("account_login"), reverse("account_reauthenticate"), reverse("admin:login"))
    if response.status_code == 302 and response["Location"].split("?")[0] in ways_in:
        return "in" + ("!" if wrote else "")
    return str(response.status_code) + shown(text_of(response)) + ("!" if wrote else "")


def shown(text: str) -> str:
    return next((mark for word, mark in MARKS if word in text), "")


def text_of(response: Any) -> str:
    """Everything that left the server, in small letters."""
    if response.get("Content-Type") == XLSX:
        with zipfile.ZipFile(io.BytesIO(response.body)) as book:
            content = b"".join(book.read(name) for name in book.namelist())
    else:
        content = response.body
    heads = " ".join(f"{name}: {value}" for name, value in response.items())
    cookies = response.cookies.output()
    return f"{heads} {cookies} {content.decode('utf-8', 'replace')}".lower()


def forget() -> None:
    """Limits and answers that are kept for a while."""
    redis.client().flushdb()


def filled(route: str, values: Mapping[str, Any]) -> str:
    return re.sub(r"<(\w+)>", lambda found: str(values[found[1]]), route)
