"""`manage.py demo`: all of EventFlow on this machine, with sample data and simulated attendees, until Ctrl-C."""

import os
import sys
import time
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import Error, connection
from django.utils import timezone

from eventflow.checkup import database_state, redis_state
from eventflow.data_dir import StartError, say
from eventflow.demo import programs, sample_data
from eventflow.demo.programs import Child
from eventflow.demo.serving import Addresses, serving
from eventflow.demo.static_files import collect_static_when_changed
from eventflow.demo.supervisor import Stopped, Supervisor
from eventflow.demo.surroundings import HOST, attendee_count, check_ports, http_port, prepare, where

KEEP_LIVE_SECONDS = 300
TERMINAL = 1


class Command(BaseCommand):
    help = (
        "Runs all of EventFlow on this machine with sample data and simulated attendees, until Ctrl-C. "
        "By environment: PORT (8000; sockets on the next), WEB (1; with more, so many web and so many socket servers "
        "on the ports that follow, behind a balancer), ATTENDEES (25), EVENTFLOW_DATA_DIR (.data), "
        "and DATABASE_URL or REDIS_URL to use servers of your own."
    )
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        began = time.monotonic()
        servers = prepare()
        supervisor = Supervisor(servers=servers)
        supervisor.listen_for_signals()
        try:
            servers.data_dir.claim()
        except StartError as error:
            sys.exit(str(error))
        try:
            supervisor.end_leftovers()
            check_ports()
            self.bring_up(supervisor)
            say(f"Started in {time.monotonic() - began:.0f} s. Logs are in {servers.data_dir.path / 'logs'}.")
            self.stdout.write(f"EventFlow is ready: http://{HOST}:{http_port()}/")
            self.stdout.write(sign_in_table(os.environ["DEMO_PASSWORD"]))
            say("Mail, such as codes for signing in, is shown here.")
            self.stdout.flush()
            supervisor.run(now_and_then=keep_live, every=KEEP_LIVE_SECONDS)
        except StartError as error:
            sys.exit(str(error))
        except Stopped:
            pass
        finally:
            if supervisor.started:
                say("Stopping …")
            supervisor.stop()
        say("Stopped. The data stays; `make demo` finds it again.")

    def bring_up(self, supervisor: Supervisor) -> None:
        logs = supervisor.servers.data_dir.path / "logs"
        names = [server.name for server in supervisor.servers.servers]
        if names:
            say(f"Starting {listed(names)} …")
        supervisor.servers.start()
        for finding, name in ((database_state(), "DATABASE_URL"), (redis_state(), "REDIS_URL")):
            if not finding.ok:
                raise StartError(f"{finding.name} cannot be used ({finding.state}): check {name}.")
        say("Preparing the database and the static files …")
        try:
            call_command("migrate", interactive=False, verbosity=0)
            collect_static_when_changed()
            sample_data.load(password=os.environ["DEMO_PASSWORD"], now=timezone.now())
        except Error as error:
            raise StartError(f"The database refused: {str(error).strip()} Check DATABASE_URL.") from None
        connection.close()
        supervisor.pause(0)

        at = where()
        say(f"Starting {described(at)}, the worker and beat …")
        # What web servers print is what they mail (eventflow/demo/mail.py).
        servers = serving(at, logs=logs, web_output=TERMINAL)
        worker = Child("worker", programs.worker(), log=logs / "worker.log")
        beat = Child("beat", programs.beat(), log=logs / "beat.log")
        for child in (*servers.children, worker, beat):
            supervisor.start(child)
        for child in servers.children:
            supervisor.wait_until_ready(child, servers.ready[child.name])
        if count := attendee_count():
            command = programs.attendees(
                webinar=sample_data.LIVE_SLUG, count=count, http=at.http_url, sockets=at.sockets_url
            )
            supervisor.start(Child("attendees", command, log=logs / "attendees.log"))


def listed(names: list[str]) -> str:
    return " and ".join([part for part in (", ".join(names[:-1]), names[-1]) if part])


def described(at: Addresses) -> str:
    if not at.balanced:
        return "the web server, the socket server"
    web, sockets = (", ".join(map(str, ports)) for ports in (at.web, at.sockets))
    return (
        f"{len(at.web)} web servers (on {web}) and {len(at.sockets)} socket servers (on {sockets}) behind a balancer"
    )


def keep_live() -> None:
    try:
        sample_data.extend_live_webinar(now=timezone.now())
    except Error as error:  # the database is being restarted; the next call comes soon enough
        say(f"The live webinar was not extended: {str(error).strip()}")
    finally:
        connection.close()


def sign_in_table(password: str) -> str:
    rows = [("sign in as", "email", "password")]
    rows += [(person.part, person.email, password) for person in sample_data.SIGN_INS]
    widths = [max(len(row[column]) for row in rows) for column in range(3)]
    return "\n".join(
        "  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
