from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from stats.services.snapshots import take_snapshot


class Command(BaseCommand):
    help = (
        "Count the people in every webinar and add the sample to its timeline. Beat runs this every minute; a second "
        "run within the same minute changes nothing."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"{take_snapshot(now=timezone.now())} webinars sampled")
