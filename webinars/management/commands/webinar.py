from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction
from django.utils import timezone

from webinars.models import Webinar
from webinars.services.webinar_life import WrongState, end, open_doors, start

ACTS = {"open": open_doors, "start": start, "end": end}


class Command(BaseCommand):
    help = "Open the doors of a webinar, start it, or end it. Open pages are told at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("act", choices=ACTS)
        parser.add_argument("webinar", help="slug or UUID")
        parser.add_argument("--dry-run", action="store_true", help="say what would become of it, change nothing")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        webinar = Webinar.objects.by_ref(options["webinar"]).first()
        if webinar is None:
            raise CommandError(f"There is no webinar {options['webinar']}.")
        try:
            with transaction.atomic():
                webinar = ACTS[options["act"]](webinar, now=timezone.now())
                transaction.set_rollback(options["dry_run"])
        except WrongState as error:
            raise CommandError(str(error.message)) from error
        self.stdout.write(f"{webinar.slug}: {'would be ' if options['dry_run'] else ''}{webinar.state}")
