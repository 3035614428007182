import sys
import time
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from webinars.models import Webinar
from webinars.services.dropping import Drop, NoAnswer

PER_SECOND = 300
UNFINISHED = 2


class Command(BaseCommand):
    help = (
        "Close sockets one after another, so that before a deploy their pages move to other servers in good order. "
        "Pages come back by themselves and miss nothing. Exits with 1 when a webinar does not exist or nothing was "
        "confirmed, with 2 when Redis or a socket server does not answer."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("webinars", nargs="*", metavar="WEBINAR", help="slug or UUID")
        parser.add_argument("--all", action="store_true", help="the sockets of every webinar")
        parser.add_argument(
            "--per-second", type=float, default=PER_SECOND, help=f"of all servers together (default {PER_SECOND})"
        )
        parser.add_argument("--dry-run", action="store_true", help="say how many there are, close none")
        parser.add_argument("--yes", action="store_true", help="do not ask")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        if not options["per_second"] > 0:  # which also refuses "nan"
            raise CommandError("--per-second must be more than 0.")
        drop = Drop.of_rooms(self._rooms(options["webinars"])) if self._named(options) else Drop.of_all()
        try:
            found = drop.count()
            seconds = found.sockets / options["per_second"]
            take = "would take" if options["dry_run"] else "takes"
            self.stdout.write(f"Sockets: {found.sockets}, servers: {found.servers}. Closing {take} {seconds:.0f} s.")
            if found.sockets and not options["dry_run"]:
                if not options["yes"]:
                    self._ask()
                drop.begin(per_second=options["per_second"])
                self._watch(drop)
            if found.silent:
                raise NoAnswer(f"Servers that did not answer: {found.silent}. Theirs are neither counted nor closed.")
        except NoAnswer as error:
            raise CommandError(str(error), returncode=UNFINISHED) from error

    def _named(self, options: dict[str, Any]) -> bool:
        if options["all"] == bool(options["webinars"]):
            raise CommandError("Name webinars, or say --all.")
        return bool(options["webinars"])

    def _rooms(self, refs: list[str]) -> list[Webinar]:
        rooms = {}  # each once, whether by its slug or its UUID
        for ref in refs:
            webinar = Webinar.objects.by_ref(ref).first()
            if webinar is None:
                raise CommandError(f"There is no webinar {ref}.")
            rooms[webinar.pk] = webinar
        return list(rooms.values())

    def _ask(self) -> None:
        if not sys.stdin.isatty():
            raise CommandError("Without a terminal this needs --yes.")
        self.stdout.write("Close them? [y/N] ", ending="")
        self.stdout.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise CommandError("Nothing was closed.")

    def _watch(self, drop: Drop) -> None:
        """Shows how far it is. Interrupting this ends the watching only."""
        told_at = time.monotonic()
        for closed, total in drop.progress():
            if closed == total or time.monotonic() - told_at >= 1:
                told_at = time.monotonic()
                self.stdout.write(f"{closed} of {total} closed")
