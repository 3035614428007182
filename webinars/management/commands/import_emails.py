import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations
from django.db import transaction
from django.utils import timezone

from webinars.addresses.encoding import ENCODINGS
from webinars.addresses.files import kind_of, read_file
from webinars.addresses.found import CannotRead
from webinars.addresses.reports import in_words, report_bytes
from webinars.models import AllowedEmailImport, Webinar
from webinars.services.allowed_emails import ListIsBusy, import_addresses

PROGRESS_EVERY_SECONDS = 1.0
SHOWN = 20
REFUSED, SOME_REJECTED = 2, 3


class Command(BaseCommand):
    help = (
        "Put the addresses of a CSV or Excel file on a webinar's list of who gets in: all of them, or none. Says what "
        "became of the lines that added nothing. Exits with 0 when every line was taken, with 1 when there is no such "
        "webinar or file, with 2 when the file cannot be read (nothing was added), with 3 when some lines were "
        "rejected (all others were added)."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("webinar", help="slug or UUID")
        parser.add_argument("file", type=Path, help="CSV (comma, semicolon or tab) or XLSX, up to 100,000 addresses")
        parser.add_argument("--column", metavar="NAME", help="the column's heading, its number from 1, or its letter")
        parser.add_argument("--encoding", choices=ENCODINGS, help="of a CSV file; found where it is not given")
        parser.add_argument("--report", type=Path, metavar="FILE", help="write every line that added nothing as CSV")
        parser.add_argument("--dry-run", action="store_true", help="say what would be added, change nothing")

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        webinar = Webinar.objects.by_ref(options["webinar"]).first()
        if webinar is None:
            raise CommandError(f"There is no webinar {options['webinar']}.")
        with transaction.atomic():
            made = self._import(webinar, options)
            if options["report"]:
                self._write_report(made, options["report"])
            self._tell(webinar, made, dry_run=options["dry_run"])
            transaction.set_rollback(options["dry_run"])
        if made.rejected:
            sys.exit(SOME_REJECTED)

    def _import(self, webinar: Webinar, options: dict[str, Any]) -> AllowedEmailImport:
        path: Path = options["file"]
        try:
            with path.open("rb") as file:
                kind = kind_of(file, size=path.stat().st_size)
                return import_addresses(
                    webinar=webinar,
                    found=read_file(file, kind, column=options["column"], encoding=options["encoding"]),
                    source=kind,
                    actor_id=None,
                    now=timezone.now(),
                    progress=self._progress(),
                )
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror or error}") from error
        except (CannotRead, ListIsBusy) as refusal:
            raise CommandError(str(refusal.message), returncode=REFUSED) from refusal

    def _write_report(self, made: AllowedEmailImport, path: Path) -> None:
        try:
            with path.open("wb") as file:
                file.writelines(report_bytes(made.lines.iterator(1000)))
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}. Nothing was added.") from error

    def _tell(self, webinar: Webinar, made: AllowedEmailImport, *, dry_run: bool) -> None:
        verb = "would be added" if dry_run else "added"
        self.stdout.write(f"{webinar.slug}: {made.added:,} {verb}")
        for name, count in (("on the list already", made.known), ("repeated", made.repeated)):
            self.stdout.write(f"  {name}: {count:,}")
        self.stdout.write(f"  rejected: {made.rejected:,}")
        for line in made.lines.filter(outcome="rejected")[:SHOWN]:
            self.stdout.write(f"    line {line.line}: {line.text or '–'} – {in_words(line)}")
        if made.rejected > SHOWN:
            self.stdout.write(f"    and {made.rejected - SHOWN:,} more; --report FILE has them all")

    def _progress(self) -> Callable[[int], None]:
        """Says how far it is, once a second at most."""
        said = time.monotonic()

        def progress(lines: int) -> None:
            nonlocal said
            if time.monotonic() - said >= PROGRESS_EVERY_SECONDS:
                said = time.monotonic()
                self.stderr.write(f"{lines:,} lines")

        return progress
