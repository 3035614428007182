from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction
from django.utils import timezone

from stats.services.snapshots import minute_job, take_snapshot


class Command(BaseCommand):
    help = (
        "Count the people in every webinar and add the sample to its timeline. Beat runs this every minute; a second "
        "run within the same minute changes nothing."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count, and add nothing")

    def handle(self, *args: Any, **options: Any) -> None:
        sampled = self._count() if options["dry_run"] else minute_job(now=timezone.now())
        self.stdout.write(f"{sampled} webinars {'would be ' if options['dry_run'] else ''}sampled")

    def _count(self) -> int:
        with transaction.atomic():
            sampled = take_snapshot(now=timezone.now())
            transaction.set_rollback(True)
        return sampled
