from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction
from django.utils import timezone

from webinars.models import Webinar
from webinars.services.webinar_life import EXTENSION_MINUTES, WrongState, end, extend, open_doors, start

ACTS: dict[str, Callable[..., Webinar]] = {"open": open_doors, "start": start, "extend": extend, "end": end}
MOST_MINUTES = 24 * 60


class Command(BaseCommand):
    help = "Open the doors of a webinar, start it, extend it, or end it. Open pages are told at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=ACTS)
        parser.add_argument("webinar", help="slug or UUID")
        parser.add_argument(
            "--minutes",
            type=int,
            help=f"extend by that many, again and again until the end lies ahead (default {EXTENSION_MINUTES})",
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would become of it, change nothing")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        extent = self._extent(options["act"], options["minutes"])
        webinar = Webinar.objects.by_ref(options["webinar"]).first()
        if webinar is None:
            raise CommandError(f"There is no webinar {options['webinar']}.")
        try:
            with transaction.atomic():
                webinar = ACTS[options["act"]](webinar, now=timezone.now(), **extent)
                transaction.set_rollback(options["dry_run"])
        except WrongState as error:
            raise CommandError(str(error.message)) from error
        became: str = webinar.state
        if options["act"] == "extend" and webinar.webinar_scheduled_end_time is not None:
            became += f" until {webinar.webinar_scheduled_end_time.astimezone(webinar.zone).isoformat()}"
        self.stdout.write(f"{webinar.slug}: {'would be ' if options['dry_run'] else ''}{became}")

    def _extent(self, act: str, minutes: int | None) -> dict[str, int]:
        if minutes is None:
            return {}
        if act != "extend":
            raise CommandError("--minutes goes with extend only.")
        if not 1 <= minutes <= MOST_MINUTES:
            raise CommandError(f"--minutes must be from 1 to {MOST_MINUTES}.")
        return {"minutes": minutes}
