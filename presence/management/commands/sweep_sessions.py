from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from presence.models import UserSession
from presence.selectors.live import stale_before
from presence.services.sessions import close_stale_sessions


class Command(BaseCommand):
    help = "Close the sessions that went silent, at their last heartbeat. Beat runs this every 10 minutes."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count them, close none")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        if options["dry_run"]:
            count = UserSession.objects.silent_since(stale_before(now)).count()
            self.stdout.write(f"{count} sessions would be closed")
        else:
            self.stdout.write(f"{close_stale_sessions(now=now)} sessions closed")
