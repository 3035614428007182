from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from stats.services.retention import due, prune
from webinars.services import audit


class Command(BaseCommand):
    help = (
        "Delete what is kept no longer: presence of webinars that are over (PRESENCE_RETENTION_DAYS), raw sessions of "
        "webinars whose attendance is sealed (SESSION_RETENTION_DAYS), samples (ACCESS_LOG_RETENTION_MONTHS), "
        "exported files (EXPORT_RETENTION_HOURS), allowed addresses of webinars that are over "
        "(ALLOWED_EMAIL_RETENTION_DAYS), reports of their imports (IMPORT_REPORT_RETENTION_HOURS), invitations that "
        "ended (INVITATION_RETENTION_DAYS), what people wrote when they registered for webinars that are over, where "
        "that is set (REGISTRATION_RETENTION_DAYS), accounts that nobody ever proved or used "
        "(UNUSED_ACCOUNT_RETENTION_DAYS), sign-ins that ran out. Beat runs this every night."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="count the rows, delete none")

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        counts = due(now=now) if options["dry_run"] else prune(now=now)
        if not options["dry_run"]:
            audit.record_in(
                "data.pruned", agency_id=None, actor_id=None, now=now, details={"by": "command", "rows": counts}
            )
        verb = "would be deleted" if options["dry_run"] else "deleted"
        for name, count in counts.items():
            self.stdout.write(f"{name}: {count} {verb}")
