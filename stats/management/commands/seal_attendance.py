from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction
from django.utils import timezone

from eventflow.api.errors import ApiError
from stats.services.sealing import seal_attendance
from webinars.models import User, Webinar
from webinars.selectors.permissions import may


class Command(BaseCommand):
    help = (
        "Seal the attendance of a webinar whose collect window is over, or correct what is sealed by another version. "
        "Beat seals what is due every minute; a webinar that is sealed keeps its seal unless a reason is given."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("webinar", help="slug or UUID")
        parser.add_argument("--reason", default="", help="why the sealed attendance is corrected")
        parser.add_argument("--author", metavar="EMAIL", help="who corrects it: a person who may run the webinar")
        parser.add_argument("--dry-run", action="store_true", help="say what would be sealed, seal nothing")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        webinar = Webinar.objects.by_ref(options["webinar"]).first()
        if webinar is None:
            raise CommandError(f"There is no webinar {options['webinar']}.")
        if options["reason"].strip() and not options["author"]:
            raise CommandError("--reason needs --author: somebody answers for a correction.")
        author = self._author(options["author"], webinar)
        now = timezone.now()
        try:
            with transaction.atomic():
                seal = seal_attendance(webinar=webinar, now=now, author=author, reason=options["reason"])
                transaction.set_rollback(options["dry_run"])
        except ApiError as error:
            raise CommandError(str(error.message)) from error
        if seal.sealed_at != now:
            state = f"sealed before, at {seal.sealed_at.isoformat()}"
        else:
            state = "would be sealed" if options["dry_run"] else "sealed"
        # The salts are made anew each time, so a hash that was only tried says nothing.
        sha256 = "" if state == "would be sealed" else f", SHA-256 {seal.sha256}"
        self.stdout.write(f"{webinar.slug}: version {seal.version} {state}, {seal.people_count} people{sha256}")

    def _author(self, email: str | None, webinar: Webinar) -> User | None:
        if not email:
            return None
        author = User.objects.filter(email__iexact=email).first()
        if author is None or not may(author, "run", webinar):
            raise CommandError(f"{email} is nobody who may run this webinar.")
        return author
