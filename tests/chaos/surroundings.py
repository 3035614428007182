"""What is disturbed: PostgreSQL, two Redis servers, two web and two socket servers behind a balancer, all in a folder
of their own, and a webinar with people in it."""

import asyncio
import os
import signal
import tempfile
import time
import uuid
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from eventflow.demo.programs import Child
from eventflow.demo.serving import Addresses, Serving, serving
from eventflow.demo.supervisor import answers
from eventflow.embedded import EmbeddedServers, Server, free_port

HOST = "127.0.0.1"
READY_SECONDS = 120
NOT_OURS = ("DATABASE_URL", "REDIS_URL", "REALTIME_REDIS_URLS", "SECRET_KEY", "LIVE_PASS_KEYS", "CRON_SECRET")
PROCESSES = 2


@dataclass(frozen=True)
class Pass:
    user_id: str
    session_id: str
    token: str


@dataclass(frozen=True)
class People:
    """Of one webinar. `browsers` are session cookies of signed-in attendees."""

    webinar_id: uuid.UUID
    slug: str
    pages: list[Pass]
    posters: list[Pass]
    moderator: Pass
    browsers: list[str]


class Surroundings:
    """`start`, then `people`; `stop` leaves nothing behind."""

    def __init__(self) -> None:
        self.kept = ExitStack()
        folder = self.kept.enter_context(
            tempfile.TemporaryDirectory(prefix="eventflow-chaos-", ignore_cleanup_errors=True)
        )
        self.folder = Path(folder)
        self.folder.chmod(0o711)  # PostgreSQL may run as another user
        self.logs = self.folder / "logs"
        for name in NOT_OURS:
            os.environ.pop(name, None)
        os.environ.update(
            EVENTFLOW_DATA_DIR=folder,
            DJANGO_SETTINGS_MODULE="eventflow.settings",
            DEBUG="false",
            SECURE_COOKIES="false",
            SOCKET_PORT="0",
            EMAIL_BACKEND="django.core.mail.backends.dummy.EmailBackend",
        )
        self.servers = EmbeddedServers(folder, durable=True, report=lambda sentence: None)
        self.servers.configure(os.environ, shards=2)
        ports = [free_port() for _ in range(1 + 2 * PROCESSES)]
        self.at = Addresses(HOST, ports[0], tuple(ports[1 : 1 + PROCESSES]), tuple(ports[1 + PROCESSES :]))
        self.serving: Serving = serving(self.at, logs=self.logs)

    @property
    def postgres(self) -> Server:
        return self.servers.servers[0]

    @property
    def shards(self) -> list[Server]:
        return self.servers.servers[1:]

    def start(self) -> None:
        self.servers.start()
        import django
        from django.core.management import call_command

        django.setup()
        from eventflow.demo.static_files import collect_static_when_changed

        call_command("migrate", interactive=False, verbosity=0)
        collect_static_when_changed()
        for child in self.serving.children:
            child.start()

    async def wait_until_ready(self, children: list[Child] | None = None) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for child in children or self.serving.children:
            while not await asyncio.to_thread(answers, self.serving.ready[child.name]):
                if not child.alive() or time.monotonic() > deadline:
                    raise RuntimeError(f"{child.name} does not answer. It said:\n  {child.last_words()}")
                await asyncio.sleep(0.1)

    async def kill(self, child: Child) -> None:
        """As a machine that goes: everything it started dies with it. It is not started again here."""
        assert child.process is not None
        os.killpg(child.process.pid, signal.SIGKILL)
        await asyncio.to_thread(child.process.wait)

    def people(self, *, pages: int, posters: int, browsers: int) -> People:
        from django.utils import timezone

        from webinars.models import Agency, Client, Registration, Webinar
        from webinars.selectors.access import Access, Person, Reason, RoomRole
        from webinars.services.live_pass import issue_pass
        from webinars.services.sample_people import issue_sample_passes, make_sample_people

        now = timezone.now()
        agency = Agency.objects.create(slug="chaos", name="Chaos")
        client = Client.objects.create(agency=agency, slug="chaos", name="Chaos")
        webinar = Webinar.objects.create(
            slug="chaos",
            title="Chaos",
            agency=agency,
            client=client,
            access_policy=Webinar.AccessPolicy.AUTH,
            state=Webinar.State.LIVE,
            questions_moderated=False,
            webinar_start_time=now - timedelta(minutes=5),
            webinar_scheduled_end_time=now + timedelta(hours=2),
        )

        def passes(group: str, count: int) -> list[Pass]:
            made = issue_sample_passes(webinar=webinar, count=count, group=group, now=now)
            return [Pass(str(one.user_id), one.session_id, one.token) for one in made]

        [host] = make_sample_people(count=1, group="host", now=now)
        Registration.objects.create(
            webinar=webinar, client=client, agency=agency, user=host, role="moderator", registered_at=now
        )
        token = issue_pass(
            webinar=webinar,
            access=Access(True, Reason.OK, RoomRole.MODERATOR),
            person=Person(user_id=host.id, name=host.display_name, registration_role="moderator"),
            now=now,
        ).token
        return People(
            webinar.id,
            webinar.slug,
            passes("page", pages),
            passes("poster", posters),
            Pass(str(host.id), str(uuid.uuid4()), token),
            [self._signed_in(one.user_id) for one in passes("browser", browsers)],
        )

    @staticmethod
    def _signed_in(user_id: str) -> str:
        from django.conf import settings
        from django.test import Client as Browser

        from webinars.models import User

        browser = Browser()
        browser.force_login(User.objects.get(pk=user_id), backend="django.contrib.auth.backends.ModelBackend")
        return browser.cookies[settings.SESSION_COOKIE_NAME].value

    def stop(self) -> None:
        for child in reversed(self.serving.children):
            child.ask_to_end()
        for child in reversed(self.serving.children):
            child.end(seconds=4)
        self.servers.stop()
        self.kept.close()


def client(url: str) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=400, max_keepalive_connections=400)
    return httpx.AsyncClient(base_url=url, timeout=LONGEST_WAIT, limits=limits, trust_env=False)


LONGEST_WAIT = 25.0  # more than any limit that is checked, so that a breach is measured and not cut off
