from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from stats.services.snapshots import run_minute


class Command(BaseCommand):
    help = (
        "Count the people in every webinar and add the sample to its timeline. Beat runs this every minute; a second "
        "run within the same minute changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and add nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        with transaction.atomic():
            sampled = run_minute(now=timezone.now())
            transaction.set_rollback(options["dry_run"])
        self.stdout.write(f"{sampled} webinars {'would be ' if options['dry_run'] else ''}sampled")
