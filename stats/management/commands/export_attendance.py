import os
import tempfile
import time
from argparse import ArgumentTypeError
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from stats.exports.contents import contents_of
from stats.exports.file_names import file_name
from stats.models import Export
from stats.selectors.attendance import AttendanceQuery
from stats.services.exports import write_file
from stats.sql import exports as sql
from webinars.models import Webinar

PROGRESS_EVERY_SECONDS = 1


def known_language(text: str) -> str:
    if text not in dict(settings.LANGUAGES):
        raise ArgumentTypeError(f"there is no {text}; there are: {', '.join(dict(settings.LANGUAGES))}")
    return text


class Command(BaseCommand):
    help = (
        "Write a webinar's attendance to a file, names and addresses among it: sealed if it is sealed, else as it is "
        "now. The file appears when it is whole, and an older one of that name is replaced by it."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("webinar", help="slug or UUID")
        parser.add_argument("--format", choices=Export.Format.values, help="by default, what --output ends with")
        parser.add_argument("--output", type=Path, help="a file or a folder (default: here, named by the webinar)")
        parser.add_argument("--language", type=known_language, help="of its texts (default: the webinar's)")
        parser.add_argument("--without-people", action="store_true", help="sums and definitions only, nobody's name")

    def handle(self, *args: Any, **options: Any) -> None:
        webinar = Webinar.objects.select_related("client").by_ref(options["webinar"]).first()
        if webinar is None:
            raise CommandError(f"There is no webinar {options['webinar']}.")
        output: Path = options["output"] or Path()
        file_format = options["format"] or output.suffix.removeprefix(".").lower()
        if file_format not in Export.Format.values:
            raise CommandError("Say --format csv or --format xlsx, or give an --output that ends with one of them.")
        with translation.override(options["language"] or webinar.language), sql.one_moment():
            contents = contents_of(
                webinar=webinar,
                query=AttendanceQuery(),
                personal=not options["without_people"],
                now=timezone.now(),
            )
            target = output / file_name(contents, file_format) if output.is_dir() else output
            size = sql.size(webinar.pk)
            total = size.people + size.sessions if file_format == Export.Format.XLSX else size.people
            rows = self._write(contents, target, file_format, total)
        self.stdout.write(f"{target}: {rows:,} rows")

    def _write(self, contents: Any, target: Path, file_format: str, total: int) -> int:
        try:
            with tempfile.TemporaryDirectory(prefix=".export-", dir=target.parent) as folder:
                unfinished = Path(folder, "attendance")
                rows = write_file(contents, unfinished, file_format=file_format, report=self._report(total))
                os.replace(unfinished, target)  # noqa: PTH105  says that an older file is replaced
        except OSError as error:
            raise CommandError(f"{target} cannot be written: {error.strerror or error}") from error
        return rows

    def _report(self, total: int) -> Any:
        """Says how far it is, once a second at most."""
        said = time.monotonic()

        def report(rows: int) -> None:
            nonlocal said
            if time.monotonic() - said >= PROGRESS_EVERY_SECONDS:
                said = time.monotonic()
                self.stderr.write(f"{rows:,} of {max(rows, total):,} rows")

        return report
